"""What is wrong with a Rollout, in words that name the field.

Rules are generators of problems, in the order in which users should mend them; only the first problem is shown. They
read the Rollout and what it refers to, and change nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from serinus.api import keys
from serinus.api.amounts import int_or_percent
from serinus.api.canary import CanaryStep
from serinus.api.meta import labels_of
from serinus.api.rollout import Rollout
from serinus.plan import Seen
from serinus.rollout.target import canary_of
from serinus.traffic.router import Router

Rule = Callable[[Rollout], Iterator[str]]


def problem(seen: Seen, routers: Sequence[Router]) -> str:
    """The first thing that is wrong; empty when nothing is."""
    for rule in _RULES:
        for text in rule(seen.rollout):
            return text
    for text in _references(seen, routers):
        return text
    return ""


def required(path: str, detail: str) -> str:
    """A field that must be set."""
    return f"{path}: Required value: {detail}"


def invalid(path: str, value: Any, detail: str) -> str:
    """A field whose value cannot be used (the text form of apimachinery's ``field.Invalid``)."""
    return f"{path}: Invalid value: {msgspec.json.encode(value).decode()}: {detail}"


def forbidden(path: str, detail: str) -> str:
    """A field that may not be set here."""
    return f"{path}: Forbidden: {detail}"


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
    if spec.workload_ref is not None:
        yield forbidden("spec.workloadRef", "this version of Serinus does not read templates of other workloads")
        return
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
    if strategy.blue_green is not None:
        yield forbidden("spec.strategy.blueGreen", "this version of Serinus serves canary only")


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
    for name, is_set in (("analysis", canary.analysis), ("pingPong", canary.ping_pong)):
        if is_set:
            yield forbidden(f"{path}.{name}", f"this version of Serinus does not serve {name}")
    if canary.dynamic_stable_scale:
        yield forbidden(f"{path}.dynamicStableScale", "this version of Serinus does not serve dynamicStableScale")


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


def _routing(rollout: Rollout) -> Iterator[str]:
    canary, path = canary_of(rollout), "spec.strategy.canary.trafficRouting"
    routing = canary.traffic_routing
    if routing is None:
        return
    for name in ("istio", "alb", "smi", "ambassador", "app_mesh", "traefik", "apisix", "plugins"):
        if getattr(routing, name):
            field = "appMesh" if name == "app_mesh" else name
            yield forbidden(f"{path}.{field}", "this version of Serinus routes by nginx only")
    if routing.nginx is not None and not (canary.stable_service and canary.canary_service):
        yield required("spec.strategy.canary.stableService", "trafficRouting needs stableService and canaryService")
    if routing.nginx is not None and bool(routing.nginx.stable_ingress) == bool(routing.nginx.stable_ingresses):
        yield invalid(
            f"{path}.nginx", routing.nginx.stable_ingress, "set exactly one of stableIngress and stableIngresses"
        )
    if routing.max_traffic_weight is not None and routing.nginx is None:
        yield invalid(f"{path}.maxTrafficWeight", routing.max_traffic_weight, "needs nginx or a plugin")
    if routing.max_traffic_weight is not None and routing.max_traffic_weight <= 0:
        yield invalid(f"{path}.maxTrafficWeight", routing.max_traffic_weight, "must be greater than 0")


_UNSERVED = {
    "analysis": "does not run analysis",
    "experiment": "does not run experiments",
    "set_header_route": "does not route by header",
    "set_mirror_route": "does not mirror traffic",
    "plugin": "has no step plugins",
}


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
    for kind in kinds:
        if kind in _UNSERVED:
            field = "".join(part.title() if number else part for number, part in enumerate(kind.split("_")))
            yield forbidden(f"{path}.{field}", f"this version of Serinus {_UNSERVED[kind]}")
    if step.set_weight is not None and not 0 <= step.set_weight <= canary.max_weight:
        yield invalid(f"{path}.setWeight", step.set_weight, f"SetWeight needs to be between 0 and {canary.max_weight}")
    if step.pause is not None and (step.pause.seconds or 0) < 0:
        yield invalid(
            f"{path}.pause.duration", step.pause.duration, "is no length of time: write seconds, or 30s, 5m, 1h"
        )
    yield from _scale(step, path, rollout)


def _scale(step: CanaryStep, path: str, rollout: Rollout) -> Iterator[str]:
    canary, scale = canary_of(rollout), step.set_canary_scale
    if scale is None:
        return
    if canary.traffic_routing is None:
        yield invalid(f"{path}.setCanaryScale", scale, "SetCanaryScale cannot be used without TrafficRouting")
    given = [scale.weight is not None, scale.replicas is not None, scale.match_traffic_weight]
    if sum(given) != 1:
        yield invalid(f"{path}.setCanaryScale", scale, "set exactly one of weight, replicas and matchTrafficWeight")
    if (scale.replicas or 0) < 0:
        yield invalid(f"{path}.setCanaryScale.replicas", scale.replicas, "must be greater than or equal to 0")
    if not 0 <= (scale.weight or 0) <= 100:
        yield invalid(f"{path}.setCanaryScale.weight", scale.weight, "needs to be between 0 and 100")


_RULES: tuple[Rule, ...] = (_numbers, _template, _strategy, _canary, _routing, _steps)


def _references(seen: Seen, routers: Sequence[Router]) -> Iterator[str]:
    yield from _services(seen)
    rollout = seen.rollout
    routing = canary_of(rollout).traffic_routing
    for router in routers:
        if routing is None or not router.serves(routing):
            continue
        path = f"spec.strategy.canary.trafficRouting.{router.name.lower()}"
        if text := router.problem(rollout, seen.objects):
            yield f"{path}: Invalid value: {text}"


def _services(seen: Seen) -> Iterator[str]:
    canary = canary_of(seen.rollout)
    labels = labels_of(seen.rollout.spec.template or {})
    for field, name in (("canaryService", canary.canary_service), ("stableService", canary.stable_service)):
        path = f"spec.strategy.canary.{field}"
        if not name:
            continue
        service = seen.services.get(name)
        if service is None:
            yield invalid(path, name, f'service "{name}" not found')
            continue
        owner = service.metadata.annotations.get(keys.MANAGED_BY, seen.rollout.name)
        if owner != seen.rollout.name:
            yield invalid(path, name, f'Service "{name}" is managed by another Rollout')
        for key, value in service.spec.selector.items():
            if key != keys.POD_TEMPLATE_HASH and labels.get(key) != value:
                yield invalid(path, name, f'Service "{name}" has unmatch label "{key}" in rollout')
