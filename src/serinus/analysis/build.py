"""From templates and arguments to the spec of a run.

Sentences are those of Argo Rollouts: people look for them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from serinus.analysis.templates import BuildError, Templates, flattened
from serinus.api.analysis import AnalysisRunSpec, AnalysisTemplate, Argument, Metric
from serinus.api.analysis_ref import DryRun, MeasurementRetention, RolloutAnalysis
from serinus.expr.errors import Failure
from serinus.expr.pattern import matches


def run_spec(wanted: RolloutAnalysis, args: Sequence[Argument], templates: Templates) -> AnalysisRunSpec:
    """The spec of a run of all templates that an analysis names, with its arguments.

    ``args`` are the analysis' own arguments with their values. Raises ``BuildError``.
    """
    found = flattened(wanted.templates, templates)
    metrics = _metrics(found)
    return AnalysisRunSpec(
        metrics=metrics,
        args=tuple(_merged(_declared(found), args)),
        dry_run=_dry_run((*wanted.dry_run, *(rule for item in found for rule in item.spec.dry_run)), metrics),
        measurement_retention=_retention(
            (*wanted.measurement_retention, *(rule for item in found for rule in item.spec.measurement_retention)),
            metrics,
        ),
    )


def _metrics(found: Iterable[AnalysisTemplate]) -> tuple[Metric, ...]:
    metrics: dict[str, Metric] = {}
    for metric in (metric for item in found for metric in item.spec.metrics):
        if metric.name in metrics:
            raise BuildError(f"two metrics have the same name '{metric.name}'")
        metrics[metric.name] = metric
    if not metrics:
        raise BuildError("no metrics specified")
    return tuple(metrics.values())


def _declared(found: Iterable[AnalysisTemplate]) -> dict[str, Argument]:
    """The arguments that templates take; the first value of several equal ones stays."""
    declared: dict[str, Argument] = {}
    for arg in (arg for item in found for arg in item.spec.args):
        before = declared.setdefault(arg.name, arg)
        if before.value is not None and arg.value is not None and before.value != arg.value:
            values = f"'{before.value}', '{arg.value}'"
            raise BuildError(f"Argument `{arg.name}` specified multiple times with different values: {values}")
        if before.value is None and (arg.value is not None or arg.value_from is not None):
            declared[arg.name] = arg
    return declared


def _merged(declared: Mapping[str, Argument], given: Sequence[Argument]) -> Iterator[Argument]:
    """What is given replaces what is declared; what nobody has declared is not wanted.

    A Secret that a template names stays beside a value that is given, and wins when it is read.
    """
    merged = dict(declared)
    for arg in given:
        known = merged.get(arg.name)
        if known is not None and arg.value is not None:
            merged[arg.name] = replace(known, value=arg.value)
        elif known is not None and arg.value_from is not None:
            merged[arg.name] = replace(known, value_from=arg.value_from)
    for arg in merged.values():
        if arg.value is None and arg.value_from is None:
            raise BuildError(f"args.{arg.name} was not resolved")
        yield arg


def _dry_run(rules: tuple[DryRun, ...], metrics: Sequence[Metric]) -> tuple[DryRun, ...]:
    _check([rule.metric_name for rule in rules], metrics, "dryRun", "Dry-Run")
    return rules


def _retention(rules: tuple[MeasurementRetention, ...], metrics: Sequence[Metric]) -> tuple[MeasurementRetention, ...]:
    _check([rule.metric_name for rule in rules], metrics, "measurementRetention", "Measurement Retention")
    return rules


def _check(patterns: Sequence[str], metrics: Sequence[Metric], field: str, title: str) -> None:
    """Raise ``BuildError`` where a rule is there twice, is no regular expression, or is about no metric."""
    for index, pattern in enumerate(patterns):
        if pattern in patterns[:index]:
            raise BuildError(f"two {title} metric rules have the same name '{pattern}'")
        try:
            is_used = any(matches(pattern, metric.name) for metric in metrics)
        except Failure as failure:
            raise BuildError(f"{field}[{index}]: {failure}") from None
        if not is_used:
            raise BuildError(f"{field}[{index}]: Rule didn't match any metric name(s)")
