"""What a run does: its metrics with their arguments filled in, and the rules about them."""

from msgspec import Struct

from serinus.analysis.arguments import ArgumentError, resolved, values_of
from serinus.analysis.rules import RuleError, dry_metrics, retention_limits
from serinus.analysis.validate import condition_problem, problem
from serinus.api.analysis import AnalysisRun, Metric

UNRESOLVED = "Unable to resolve metric arguments: "
INVALID = "Analysis spec invalid: "


class CourseError(Exception):
    """A run cannot be carried out as it stands; the text becomes its message."""


class Course(Struct, frozen=True):
    """The metrics of a run, in order; secrets are masked."""

    metrics: tuple[Metric, ...]
    dry: frozenset[str]
    """The names of those that never decide."""
    retention: dict[str, int]

    def is_dry(self, metric: Metric) -> bool:
        """Whether a metric is measured only to see what it would say."""
        return metric.name in self.dry


def course_of(run: AnalysisRun) -> Course:
    """Read a run. Raises CourseError."""
    try:
        values = values_of(run.spec.args)
        metrics = tuple(resolved(metric, values) for metric in run.spec.metrics)
    except ArgumentError as error:
        raise CourseError(f"{UNRESOLVED}{error}") from error
    if wrong := problem(metrics):
        raise CourseError(f"{INVALID}{wrong}")
    try:
        dry = dry_metrics(run.spec.dry_run, metrics)
        retention = retention_limits(run.spec.measurement_retention, metrics)
    except RuleError as error:
        raise CourseError(f"{INVALID}{error}") from error
    for index, metric in enumerate(metrics):
        if metric.name not in dry and (wrong := condition_problem(metric)):
            raise CourseError(f"{INVALID}metrics[{index}]: {wrong}")
    return Course(metrics, dry, retention)
