"""Rollouts, looked at as the controller does, with what the files hold for a cluster."""

import re
from collections.abc import Collection, Iterator, Sequence

import msgspec
from msgspec.structs import replace

from serinus.api.kinds import SERVICE
from serinus.api.meta import ObjectMeta
from serinus.api.rollout import Rollout
from serinus.api.routing import TrafficRouting
from serinus.api.workload import Foreign, Service
from serinus.lint.complaint import Complaint, spoken
from serinus.lint.objects import Objects
from serinus.plan import Ref, Seen
from serinus.rollout.target import canary_of
from serinus.rollout.validate import problems
from serinus.rollout.validate_routing import router_troubles
from serinus.rollout.workload import resolved, workload_problem
from serinus.traffic.router import Ability, Found, Router, Traffic, Wanted

_MISSING = re.compile(r'"[^"]+" not found')
_MISSING_TEMPLATE = re.compile(r"AnalysisTemplate '[^']*' not found$")


def of_rollout(rollout: Rollout, objects: Objects, routers: Sequence[Router]) -> Iterator[Complaint]:
    """What the controller would say of a Rollout."""
    seen = _seen(rollout, objects, routers)
    routers = [*routers, *_assumed(rollout, routers)]
    text = workload_problem(seen)
    if text and not _MISSING.search(text):
        yield spoken(text)
    seen = _assuming(resolved(seen))
    for text in problems(seen, routers):
        if not _MISSING_TEMPLATE.search(text):  # the cluster may have it
            yield spoken(text)
    for trouble in router_troubles(seen, routers).values():
        if not _MISSING.search(trouble):
            yield spoken(str(trouble))


def _seen(rollout: Rollout, objects: Objects, routers: Sequence[Router]) -> Seen:
    asked, namespace = canary_of(rollout).traffic_routing, rollout.metadata.namespace
    serving = [router for router in routers if asked is not None and router.serves(asked)]
    found: dict[Ref, Foreign] = {}
    for ref in (ref for router in serving for ref in router.reads(rollout)):
        for item in objects.find(ref):
            found[Ref(ref.kind, ref.namespace, item.metadata.name)] = item
    services = {name: _service(name, namespace, objects) for name in rollout.service_names}
    return Seen(
        rollout=rollout,
        services=services,
        objects=found,
        templates=objects.templates(namespace),
        workload=_workload(rollout, objects),
    )


def _workload(rollout: Rollout, objects: Objects) -> Foreign | None:
    reference = rollout.spec.workload_ref
    kind = reference.referred if reference else None
    if reference is None or kind is None or not reference.name:
        return None
    return next(objects.find(Ref(kind, rollout.metadata.namespace, reference.name)), None)


def _assuming(seen: Seen) -> Seen:
    """Without the pod template, which another file may hold, Services are taken to lead to its pods."""
    if seen.rollout.spec.workload_ref is None or seen.rollout.spec.template:
        return seen
    plain = {name: Service(metadata=service.metadata) for name, service in seen.services.items()}
    return replace(seen, services=plain)


def _service(name: str, namespace: str, objects: Objects) -> Service:
    """The Service of the files, or one that nothing is wrong with."""
    for item in objects.find(Ref(SERVICE, namespace, name)):
        try:
            return msgspec.convert(item.raw, Service)
        except msgspec.ValidationError:
            break  # its shape is told elsewhere
    return Service(metadata=ObjectMeta(name=name, namespace=namespace))


def _assumed(rollout: Rollout, routers: Sequence[Router]) -> Iterator[Router]:
    """Stand-ins for routers by plugin that are not installed where the check runs: the cluster may have them."""
    asked = canary_of(rollout).traffic_routing
    for name, value in (asked.plugins if asked else {}).items():
        if not any(router.serves(TrafficRouting(plugins={name: value})) for router in routers):
            yield _Assumed(name)


class _Assumed:
    """A router that can do everything and finds nothing wrong."""

    supports: frozenset[Ability] = frozenset(
        {"setHeaderRoute", "setMirrorRoute", "experiment", "pingPong", "maxTrafficWeight"}
    )

    def __init__(self, name: str) -> None:
        self.name = name

    def serves(self, routing: TrafficRouting) -> bool:
        return self.name in routing.plugins

    def reads(self, rollout: Rollout) -> Sequence[Ref]:  # noqa: ARG002
        return ()

    def problem(self, rollout: Rollout, found: Found) -> str:  # noqa: ARG002
        return ""

    def route(self, traffic: Traffic, found: Found) -> Sequence[Wanted]:  # noqa: ARG002
        return ()

    def verified(self, traffic: Traffic, found: Found) -> bool | None:  # noqa: ARG002
        return None

    def leave(self, ref: Ref, found: Foreign, users: Collection[Rollout]) -> Wanted | None:  # noqa: ARG002
        return None
