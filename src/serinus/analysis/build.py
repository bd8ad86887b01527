"""From templates and arguments to the spec of a run.

Sentences are those of Argo Rollouts: people look for them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from serinus.analysis.rules import RuleError, dry_metrics, retention_limits
from serinus.analysis.templates import BuildError, Templates, flattened
from serinus.api.analysis import AnalysisRunSpec, AnalysisTemplate, Argument, Metric
from serinus.api.analysis_ref import RolloutAnalysis


def run_spec(wanted: RolloutAnalysis, args: Sequence[Argument], templates: Templates) -> AnalysisRunSpec:
    """The spec of a run of all templates that an analysis names, with its arguments.

    ``args`` are the analysis' own arguments with their values. Raises ``BuildError``.
    """
    found = flattened(wanted.templates, templates)
    spec = AnalysisRunSpec(
        metrics=_metrics(found),
        args=tuple(_merged(_declared(found), args)),
        dry_run=(*wanted.dry_run, *(rule for item in found for rule in item.spec.dry_run)),
        measurement_retention=(
            *wanted.measurement_retention,
            *(rule for item in found for rule in item.spec.measurement_retention),
        ),
    )
    _check(spec)
    return spec


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


def _check(spec: AnalysisRunSpec) -> None:
    """Raise ``BuildError`` where a rule is there twice, is no regular expression, or is about no metric."""
    for rules, title in ((spec.dry_run, "Dry-Run"), (spec.measurement_retention, "Measurement Retention")):
        patterns = [rule.metric_name for rule in rules]
        for index, pattern in enumerate(patterns):
            if pattern in patterns[:index]:
                raise BuildError(f"two {title} metric rules have the same name '{pattern}'")
    try:
        dry_metrics(spec.dry_run, spec.metrics)
        retention_limits(spec.measurement_retention, spec.metrics)
    except RuleError as error:
        raise BuildError(str(error)) from None
