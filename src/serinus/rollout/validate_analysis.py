"""What is wrong with the analyses of a Rollout: templates that are not there, arguments without a value.

Sentences are those of Argo Rollouts.
"""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from serinus.analysis.build import run_spec
from serinus.analysis.course import CourseError, course_of
from serinus.analysis.templates import BuildError, MissingTemplateError, flattened, named
from serinus.analysis.validate import runs_forever
from serinus.api.analysis import AnalysisRun, Argument, Metric
from serinus.api.analysis_ref import AnalysisRunArgument, RolloutAnalysis, TemplateRef
from serinus.api.kinds import ANALYSIS_RUN
from serinus.api.meta import ObjectMeta
from serinus.api.rollout import Rollout
from serinus.plan import Ref, Seen
from serinus.rollout.arguments import arguments, field_value, is_metadata
from serinus.rollout.complaints import forbidden, invalid, required

_NO_METADATA = "Analyses arguments must refer to valid object metadata supported by downwardAPI"
_A_HASH = "abcdef"
"""Any pod-template hash: which one it will be is of no matter."""
_LATER = "status"
"""The part of a Rollout whose fields come to be while it runs."""


class Asked(Struct, frozen=True):
    """An analysis and where it is asked for."""

    path: str
    wanted: RolloutAnalysis
    is_endless: bool = False
    """Whether its metrics may be measured without end."""


def asked(rollout: Rollout) -> Iterator[Asked]:
    """All analyses that a Rollout asks for."""
    canary, blue_green = rollout.spec.strategy.canary, rollout.spec.strategy.blue_green
    if canary is not None and canary.analysis is not None:
        yield Asked("spec.strategy.canary.analysis", canary.analysis, is_endless=True)
    for index, step in enumerate(canary.steps if canary else ()):
        if step.analysis is not None:
            yield Asked(f"spec.strategy.canary.steps[{index}].analysis", step.analysis)
        for number, item in enumerate(step.experiment.analyses if step.experiment else ()):
            path = f"spec.strategy.canary.steps[{index}].experiment.analyses[{number}]"
            ref = TemplateRef(template_name=item.template_name, cluster_scope=item.cluster_scope)
            yield Asked(path, RolloutAnalysis(templates=(ref,), args=item.args))
    if blue_green is not None and blue_green.pre_promotion_analysis is not None:
        yield Asked("spec.strategy.blueGreen.prePromotionAnalysis", blue_green.pre_promotion_analysis)
    if blue_green is not None and blue_green.post_promotion_analysis is not None:
        yield Asked("spec.strategy.blueGreen.postPromotionAnalysis", blue_green.post_promotion_analysis)


def analyses(seen: Seen) -> Iterator[str]:
    """The complaints about all analyses of a Rollout."""
    missing = seen.unseen.get(Ref(ANALYSIS_RUN, seen.rollout.metadata.namespace, ""))
    for item in asked(seen.rollout):
        if missing:
            yield forbidden(item.path, missing)
        if not item.wanted.templates:
            yield required(f"{item.path}.templates", "an analysis needs at least one template")
        yield from _fields(seen.rollout, item)
        yield from _templates(seen, item)


def _fields(rollout: Rollout, item: Asked) -> Iterator[str]:
    for index, arg in enumerate(item.wanted.args):
        path = _field_path(arg)
        where = f"{item.path}.args[{index}].valueFrom.fieldRef.fieldPath"
        if path.startswith("metadata") and not is_metadata(path):
            yield invalid(where, path, _NO_METADATA)
        elif path and not path.startswith(_LATER):
            try:
                field_value(rollout, path)
            except BuildError as error:
                yield invalid(where, path, str(error))


def _templates(seen: Seen, item: Asked) -> Iterator[str]:
    path = f"{item.path}.templates"
    names = " ".join(ref.template_name for ref in item.wanted.templates)
    try:
        spec = run_spec(item.wanted, [_value(seen.rollout, arg) for arg in item.wanted.args], seen.templates)
        # A field that comes to be later may well be the number that is wrong now.
        if not any(_field_path(arg).startswith(_LATER) for arg in item.wanted.args):
            metrics = course_of(AnalysisRun(metadata=ObjectMeta(), spec=spec)).metrics
            yield from _endless(seen, item, metrics) if not item.is_endless else ()
    except MissingTemplateError as error:
        why = seen.unreadable.get(error.ref)
        text = f"{named(error.ref)} cannot be read: {why}" if why else str(error)
        yield invalid(path, error.ref.template_name, text)
    except (BuildError, CourseError) as error:
        yield invalid(path, f"templateNames: [{names}]", str(error))


def _endless(seen: Seen, item: Asked, metrics: Iterable[Metric]) -> Iterator[str]:
    """Who waits for a verdict needs measurements that come to an end."""
    for metric in (metric for metric in metrics if runs_forever(metric)):
        found = flattened(item.wanted.templates, seen.templates)
        name = next(each.metadata.name for each in found if any(metric.name == own.name for own in each.spec.metrics))
        count = "<nil>" if metric.count is None else metric.count
        text = f"AnalysisTemplate {name} has metric {metric.name} which runs indefinitely."
        yield invalid(f"{item.path}.templates", name, f"{text} Invalid value for count: {count}")


def _value(rollout: Rollout, arg: AnalysisRunArgument) -> Argument:
    """The argument as far as its value is known now."""
    try:
        return next(arguments([arg], rollout, stable=_A_HASH, latest=_A_HASH))
    except BuildError:
        return Argument(name=arg.name, value="")


def _field_path(arg: AnalysisRunArgument) -> str:
    source = arg.value_from
    return source.field_ref.field_path if source is not None and source.field_ref is not None else ""
