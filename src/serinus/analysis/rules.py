"""Rules that name metrics by a regular expression: dry runs and retention."""

from collections.abc import Sequence

from serinus.api.analysis import Metric
from serinus.api.analysis_ref import DryRun, MeasurementRetention
from serinus.expr.errors import Failure
from serinus.expr.pattern import matches


class RuleError(Exception):
    """A rule that means no metric."""


def dry_metrics(rules: Sequence[DryRun], metrics: Sequence[Metric]) -> frozenset[str]:
    """The names of the metrics that never decide. Raises RuleError."""
    found: set[str] = set()
    for index, rule in enumerate(rules):
        found |= _matched(f"dryRun[{index}]", rule.metric_name, metrics)
    return frozenset(found)


def retention_limits(rules: Sequence[MeasurementRetention], metrics: Sequence[Metric]) -> dict[str, int]:
    """How many measurements are kept, by the metric's name; the last rule counts. Raises RuleError."""
    found: dict[str, int] = {}
    for index, rule in enumerate(rules):
        found |= dict.fromkeys(_matched(f"measurementRetention[{index}]", rule.metric_name, metrics), rule.limit)
    return found


def _matched(where: str, pattern: str, metrics: Sequence[Metric]) -> set[str]:
    """The metrics in whose names a pattern is found, anywhere."""
    try:
        found = {metric.name for metric in metrics if matches(pattern, metric.name)}
    except Failure as failure:
        raise RuleError(f"{where}: {failure}") from None
    if not found:
        raise RuleError(f"{where}: Rule didn't match any metric name(s)")
    return found
