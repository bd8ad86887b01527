"""Templates and runs of analyses: what would be wrong once a run is made of them.

Arguments that get their value later stand for 1 here; where a limit or a length of time depends on one, it is left
alone.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from msgspec.structs import replace

from serinus.analysis.arguments import MASK, ArgumentError, is_secret, resolved, values_of
from serinus.analysis.build import run_spec
from serinus.analysis.templates import BuildError, MissingTemplateError, Templates
from serinus.analysis.validate import condition_problem, metric_problem
from serinus.api.analysis import AnalysisRun, AnalysisTemplate, Argument, Metric
from serinus.api.analysis_ref import RolloutAnalysis, TemplateRef
from serinus.api.provider import MetricProvider, WebMetric
from serinus.lint.complaint import Complaint
from serinus.lint.path import parsed, written
from serinus.lint.shape import nearest
from serinus.lint.source import Path

_UNKNOWN = "1"
_FIELDS = re.compile(
    r"\b(count|interval|initialDelay|startDelay|failureLimit|inconclusiveLimit|consecutiveErrorLimit|"
    r"consecutiveSuccessLimit|onNoData|successCondition|failureCondition|provider)s?\b"
)
_WRITTEN = {"startDelay": "initialDelay"}
_ARGUMENT = re.compile(r"\{\{\s*args\.([^}\s]+)\s*\}\}")
_ANYWHERE = MetricProvider(web=WebMetric(url="http://localhost"))
"""Stands for a provider where only the rest of a metric is looked at."""


def of_template(template: AnalysisTemplate, ref: TemplateRef, templates: Templates) -> Iterator[Complaint]:
    """What is wrong with a template; ``templates`` are all that the files hold."""
    elsewhere = {arg.name: arg for item in templates.values() for arg in item.spec.args}
    own = {arg.name: arg for arg in template.spec.args}
    yield from _metrics(template.spec.metrics, (elsewhere | own).values())
    yield from _twice(template.spec.args)
    try:
        declared = [arg for item in (template, *templates.values()) for arg in item.spec.args]
        given = [Argument(name=arg.name, value=_UNKNOWN) for arg in declared if not _has_value(arg)]
        run_spec(RolloutAnalysis(templates=(ref,)), given, {**templates, ref: template})
    except MissingTemplateError:
        return  # the cluster may have it
    except BuildError as error:
        path = _place(str(error))
        yield Complaint(path, f"spec.{error}" if parsed(str(error)) else f"{written(path)}: {error}")


def of_run(run: AnalysisRun) -> Iterator[Complaint]:
    """What is wrong with a run that is made by hand."""
    if not run.spec.metrics:
        yield Complaint(("spec", "metrics"), "spec.metrics: no metrics specified")
    yield from _twice(run.spec.args)
    try:
        values_of(run.spec.args)
    except ArgumentError as error:
        yield Complaint(("spec", "args"), f"spec.args: {error}")
    else:
        yield from _metrics(run.spec.metrics, run.spec.args)
    names = [metric.name for metric in run.spec.metrics]
    for index, name in enumerate(names):
        if name in names[:index]:
            yield Complaint(("spec", "metrics", index, "name"), f"spec.metrics[{index}]: duplicate name '{name}'")


def _metrics(metrics: Sequence[Metric], args: Collection[Argument]) -> Iterator[Complaint]:
    unknown = {arg.name for arg in args if not _has_value(arg)}
    values = {arg.name: MASK if is_secret(arg) else arg.value or "" for arg in args}
    values |= dict.fromkeys(unknown, _UNKNOWN)
    for index, metric in enumerate(metrics):
        path: Path = ("spec", "metrics", index)
        for text in filter(None, _metric(metric, values, unknown)):
            yield Complaint(_field(path, text), f"spec.metrics[{index}]: {text}")


def _metric(metric: Metric, values: Mapping[str, str], unknown: Collection[str]) -> Iterator[str]:
    try:
        known = resolved(metric, values)
    except ArgumentError as error:
        yield f"{error}{_advice(str(error), values)}"
        return
    limits = (metric.count, metric.failure_limit, metric.inconclusive_limit, metric.consecutive_error_limit)
    depends = _depends((*limits, metric.consecutive_success_limit, metric.interval, metric.initial_delay), unknown)
    plain = Metric(name=metric.name, provider=known.provider) if depends else known
    yield metric_problem(plain)
    yield condition_problem(_readable(metric, known))


def _advice(text: str, known: Collection[str]) -> str:
    """Which argument may be meant by one that is not there."""
    unknown = _ARGUMENT.search(text)
    near = nearest(unknown[1], known) if unknown else ""
    return f'; did you mean "args.{near}"?' if near else ""


def _readable(metric: Metric, known: Metric) -> Metric:
    """A metric without the conditions that are nothing but an argument."""
    success, failure = metric.success_condition, metric.failure_condition
    return replace(
        known,
        provider=_ANYWHERE,
        success_condition="" if _ARGUMENT.fullmatch(success.strip()) else known.success_condition,
        failure_condition="" if _ARGUMENT.fullmatch(failure.strip()) else known.failure_condition,
    )


def _depends(fields: Sequence[object], unknown: Collection[str]) -> bool:
    named = {name for field in fields if isinstance(field, str) for name in _ARGUMENT.findall(field)}
    return not named.isdisjoint(unknown)


def _twice(args: Sequence[Argument]) -> Iterator[Complaint]:
    names = [arg.name for arg in args]
    for index, name in enumerate(names):
        if name in names[:index]:
            yield Complaint(("spec", "args", index, "name"), f"spec.args[{index}]: argument '{name}' is there twice")


def _has_value(arg: Argument) -> bool:
    return arg.value is not None or is_secret(arg)


def _field(path: Path, text: str) -> Path:
    """The field of a metric that a text speaks of; the metric itself where it names none."""
    word = _FIELDS.search(text)
    return (*path, _WRITTEN.get(word[1], word[1])) if word else path


def _place(text: str) -> Path:
    """Where in the spec the reason stands for which no run can be made."""
    if path := parsed(text):
        return ("spec", *path)
    return ("spec", "args") if text.startswith("Argument") else ("spec", "metrics")
