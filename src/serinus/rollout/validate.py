"""What is wrong with a Rollout, in words that name the field.

Rules are generators of problems, in the order in which users should mend them; only the first problem is shown. They
read the Rollout and the Services that it names, and change nothing. What routers find is in ``validate_routing``.
"""

from collections.abc import Callable, Iterator, Sequence

from serinus.api import keys
from serinus.api.amounts import int_or_percent
from serinus.api.canary import CanaryStep
from serinus.api.meta import labels_of
from serinus.api.rollout import Rollout
from serinus.api.workload import Service
from serinus.plan import Seen
from serinus.rollout.abilities import unable
from serinus.rollout.affinity import anti_affinity_of
from serinus.rollout.complaints import invalid, required
from serinus.rollout.target import canary_of
from serinus.rollout.validate_analysis import analyses
from serinus.rollout.validate_routing import route_step, routing, unknown_layers
from serinus.traffic.router import Router

Rule = Callable[[Rollout], Iterator[str]]


def problem(seen: Seen, routers: Sequence[Router]) -> str:
    """The first thing that is wrong, analyses left out; empty when nothing is."""
    return next(_problems(seen, routers), "")


def analysis_problem(seen: Seen) -> str:
    """The first thing that is wrong with analyses; it keeps nobody from going back."""
    return next(analyses(seen), "")


def problems(seen: Seen, routers: Sequence[Router]) -> Iterator[str]:
    """Everything that is wrong, in the order in which users should mend it."""
    yield from _problems(seen, routers)
    yield from analyses(seen)


def _problems(seen: Seen, routers: Sequence[Router]) -> Iterator[str]:
    for rule in _RULES:
        yield from rule(seen.rollout)
    yield from unknown_layers(seen.rollout, routers)
    yield from unable(seen.rollout, routers)
    yield from _steps(seen.rollout)
    yield from _services(seen)


def _numbers(rollout: Rollout) -> Iterator[str]:
    spec = rollout.spec
    for name, value in (
        ("replicas", spec.replicas),
        ("minReadySeconds", spec.min_ready_seconds),
        ("revisionHistoryLimit", spec.revision_history_limit),
        ("progressDeadlineSeconds", spec.progress_deadline_seconds),
    ):
        if value is not None and value < 0:
            yield invalid(f"spec.{name}", value, "must be greater than or equal to 0")
    if rollout.progress_deadline <= spec.min_ready_seconds:
        yield invalid("spec.progressDeadlineSeconds", rollout.progress_deadline, "must be greater than minReadySeconds")


def _template(rollout: Rollout) -> Iterator[str]:
    spec = rollout.spec
    if spec.workload_ref is not None and not spec.template:
        return  # its workload has the template, and was not looked for
    if spec.selector is None:
        yield required("spec.selector", "Rollout has missing field 'spec.selector'")
    elif spec.selector.is_empty:
        yield invalid("spec.selector", {}, "an empty selector would match every pod: name at least one label")
    if not spec.template:
        yield required("spec.template", "Rollout has missing field 'spec.template'")
    elif spec.selector and not spec.selector.matches(labels_of(spec.template)):
        labels = labels_of(spec.template)
        yield invalid(
            "spec.template.metadata.labels", labels, f"`selector` {spec.selector} does not match template labels"
        )


def _strategy(rollout: Rollout) -> Iterator[str]:
    strategy = rollout.spec.strategy
    if strategy.canary is None and strategy.blue_green is None:
        yield required("spec.strategy", "Rollout has missing field '.spec.strategy.canary or .spec.strategy.blueGreen'")
    if strategy.canary is not None and strategy.blue_green is not None:
        yield invalid("spec.strategy", "canary and blueGreen", "exactly one strategy may be set")


def _blue_green(rollout: Rollout) -> Iterator[str]:
    blue_green, path = rollout.spec.strategy.blue_green, "spec.strategy.blueGreen"
    if blue_green is None:
        return
    if not blue_green.active_service:
        yield required(f"{path}.activeService", "blue-green needs the Service that it switches")
    if blue_green.active_service == blue_green.preview_service:
        yield invalid(
            f"{path}.activeService", blue_green.active_service, "active and preview need two different Services"
        )
    limit = blue_green.scale_down_delay_revision_limit
    if limit is not None and limit > rollout.history_limit:
        yield invalid(f"{path}.scaleDownDelayRevisionLimit", limit, "must not be greater than revisionHistoryLimit")


def _canary(rollout: Rollout) -> Iterator[str]:
    canary, path = canary_of(rollout), "spec.strategy.canary"
    if canary.stable_service and canary.stable_service == canary.canary_service:
        yield invalid(f"{path}.stableService", canary.stable_service, "stable and canary need two different Services")
    yield from _surge(rollout, path)
    if canary.traffic_routing is None and canary.scale_down_delay_seconds is not None:
        detail = "needs trafficRouting: without it, pods are the traffic"
        yield invalid(f"{path}.scaleDownDelaySeconds", canary.scale_down_delay_seconds, detail)
    if canary.traffic_routing is None and canary.dynamic_stable_scale:
        yield invalid(f"{path}.dynamicStableScale", True, "needs trafficRouting")
    if canary.dynamic_stable_scale and canary.scale_down_delay_seconds is not None:
        detail = "cannot be used with dynamicStableScale: the stable version shrinks as traffic leaves it"
        yield invalid(f"{path}.scaleDownDelaySeconds", canary.scale_down_delay_seconds, detail)


def _surge(rollout: Rollout, path: str) -> Iterator[str]:
    canary = canary_of(rollout)
    amounts = []
    for name, value, up in (
        ("maxSurge", canary.max_surge, True),
        ("maxUnavailable", canary.max_unavailable, False),
    ):
        if value is None:
            amounts.append(1)
            continue
        try:
            amounts.append(int_or_percent(value, 100, round_up=up))
        except ValueError:
            amounts.append(1)
            yield invalid(f"{path}.{name}", value, "is neither a number nor a percentage such as 25%")
        if amounts[-1] < 0:
            yield invalid(f"{path}.{name}", value, "must be greater than or equal to 0")
    if amounts == [0, 0]:
        yield invalid(f"{path}.maxSurge", canary.max_surge, "MaxSurge and MaxUnavailable both can not be zero")


def _steps(rollout: Rollout) -> Iterator[str]:
    canary = canary_of(rollout)
    for index, step in enumerate(canary.steps):
        yield from _step(step, f"spec.strategy.canary.steps[{index}]", rollout)


def _step(step: CanaryStep, path: str, rollout: Rollout) -> Iterator[str]:
    canary = canary_of(rollout)
    kinds = [name for name in step.__struct_fields__ if getattr(step, name) is not None]
    if not kinds:
        yield invalid(path, step, "a step sets one of setWeight, pause, setCanaryScale, experiment, analysis or plugin")
    if len({"set_weight", "pause", "experiment", "analysis"} & set(kinds)) > 1:
        yield invalid(path, step, "a step sets one thing only: make several steps of it")
    if step.experiment is not None and not step.experiment.templates:
        yield required(f"{path}.experiment.templates", "an experiment needs at least one template")
    for number, item in enumerate(step.experiment.templates if step.experiment else ()):
        if item.spec_ref not in {"canary", "stable"}:
            where = f"{path}.experiment.templates[{number}].specRef"
            yield invalid(where, item.spec_ref, "must be 'canary' or 'stable'")
    if step.set_weight is not None and not 0 <= step.set_weight <= canary.max_weight:
        yield invalid(f"{path}.setWeight", step.set_weight, f"SetWeight needs to be between 0 and {canary.max_weight}")
    if step.pause is not None and (step.pause.seconds or 0) < 0:
        yield invalid(
            f"{path}.pause.duration", step.pause.duration, "is no length of time: write seconds, or 30s, 5m, 1h"
        )
    if step.plugin is not None and not step.plugin.name:
        yield required(f"{path}.plugin.name", "name the plugin that carries the step out")
    yield from route_step(step, path, rollout)
    yield from _scale(step, path, rollout)


def _scale(step: CanaryStep, path: str, rollout: Rollout) -> Iterator[str]:
    canary, scale = canary_of(rollout), step.set_canary_scale
    if scale is None:
        return
    if canary.traffic_routing is None:
        yield invalid(f"{path}.setCanaryScale", scale, "SetCanaryScale cannot be used without TrafficRouting")
    for name, value in (("replicas", scale.replicas), ("weight", scale.weight)):
        if (value or 0) < 0:
            yield invalid(f"{path}.setCanaryScale.{name}", value, "must be greater than or equal to 0")


def _parts(rollout: Rollout) -> Iterator[str]:
    """Ephemeral labels come and go, and the selector does not: a pod must not fall out of it."""
    selector = rollout.spec.selector.match_labels if rollout.spec.selector else {}
    canary, blue_green = rollout.spec.strategy.canary, rollout.spec.strategy.blue_green
    named = {
        "canary.canaryMetadata": canary and canary.canary_metadata,
        "canary.stableMetadata": canary and canary.stable_metadata,
        "blueGreen.activeMetadata": blue_green and blue_green.active_metadata,
        "blueGreen.previewMetadata": blue_green and blue_green.preview_metadata,
    }
    for path, part in named.items():
        for key, value in part.labels.items() if part else ():
            if key == keys.POD_TEMPLATE_HASH or selector.get(key, value) != value:
                yield invalid(
                    f"spec.strategy.{path}.labels[{key}]", value, "spec.selector uses this label: take another"
                )


def _anti_affinity(rollout: Rollout) -> Iterator[str]:
    chosen = anti_affinity_of(rollout)
    if chosen is None:
        return
    path = f"spec.strategy.{'blueGreen' if rollout.spec.strategy.blue_green else 'canary'}.antiAffinity"
    preferred = chosen.preferred_during_scheduling_ignored_during_execution
    required = chosen.required_during_scheduling_ignored_during_execution
    if (preferred is None) == (required is None):
        yield invalid(path, chosen, "AntiAffinity must have exactly one strategy listed")
    if preferred is not None and not 1 <= preferred.weight <= 100:
        path = f"{path}.preferredDuringSchedulingIgnoredDuringExecution.weight"
        yield invalid(path, preferred.weight, "AntiAffinity weight must be between 1-100")


_RULES: tuple[Rule, ...] = (_numbers, _template, _strategy, _blue_green, _canary, _parts, _anti_affinity, routing)


def _services(seen: Seen) -> Iterator[str]:
    for path, name in _named_services(seen.rollout):
        service = seen.services.get(name)
        if service is None:
            yield invalid(path, name, f'service "{name}" not found')
        else:
            yield from _service(seen.rollout, path, service)


def _named_services(rollout: Rollout) -> Iterator[tuple[str, str]]:
    canary, blue_green = rollout.spec.strategy.canary, rollout.spec.strategy.blue_green
    named: list[tuple[str, str]] = []
    if canary is not None:
        named += [("canary.canaryService", canary.canary_service), ("canary.stableService", canary.stable_service)]
    if canary is not None and canary.ping_pong is not None:
        ping_pong = canary.ping_pong
        named += [("canary.pingPong.pingService", ping_pong.ping_service)]
        named += [("canary.pingPong.pongService", ping_pong.pong_service)]
    if blue_green is not None:
        named += [("blueGreen.activeService", blue_green.active_service)]
        named += [("blueGreen.previewService", blue_green.preview_service)]
    return ((f"spec.strategy.{field}", name) for field, name in named if name)


def _service(rollout: Rollout, path: str, service: Service) -> Iterator[str]:
    name, labels = service.metadata.name, labels_of(rollout.spec.template or {})
    if service.metadata.annotations.get(keys.MANAGED_BY, rollout.name) != rollout.name:
        yield invalid(path, name, f'Service "{name}" is managed by another Rollout')
    for key, value in service.spec.selector.items():
        if key != keys.POD_TEMPLATE_HASH and labels.get(key) != value:
            yield invalid(path, name, f'Service "{name}" has unmatch label "{key}" in rollout')
