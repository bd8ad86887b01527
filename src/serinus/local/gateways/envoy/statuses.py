"""What the objects of Gateway API shall say about themselves. Pure.

A route's parents are told only after its routes are in effect, with the
generation that is: who reads `observedGeneration` may rely on it. Entries of
other controllers stay as they are.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from msgspec import Struct

from serinus.local.gateways.envoy.attachment import CONTROLLER, is_ours, kinds_of
from serinus.local.gateways.envoy.httproute import GROUP, Gateway, GatewayClass, Listener
from serinus.local.gateways.envoy.httproute import Route as GatewayRoute
from serinus.local.gateways.envoy.model import Mesh, Report, Routing

PLURALS = {"HTTPRoute": "httproutes", "GRPCRoute": "grpcroutes"}
PREFIX = f"/apis/{GROUP}/v1"
SUCCESS = frozenset({"Accepted", "ResolvedRefs", "Programmed", "NoConflicts"})

Json = dict[str, Any]


class Patch(Struct, frozen=True):
    """A status that differs from what stands there, and where it belongs."""

    path: str
    body: Json


def patches(mesh: Mesh, routing: Routing, now: datetime) -> Iterator[Patch]:
    """Say which statuses must change."""
    for one in mesh.classes:
        if one.spec.controller_name == CONTROLLER:
            yield from _changed(f"{PREFIX}/gatewayclasses/{one.metadata.name}", one, _class_status(one, now))
    attached = dict(routing.attached)
    for gateway in mesh.gateways:
        if is_ours(gateway, mesh):
            yield from _changed(_path("gateways", gateway), gateway, _gateway_status(gateway, attached, now))
    for kind, routes in (("HTTPRoute", mesh.http_routes), ("GRPCRoute", mesh.grpc_routes)):
        for route in routes:
            reports = [each for each in routing.reports if _is_about(each, kind, route)]
            yield from _changed(_path(PLURALS[kind], route), route, _route_status(route, reports, now))


def _is_about(report: Report, kind: str, route: GatewayRoute) -> bool:
    meta = route.metadata
    return (report.kind, report.namespace, report.name) == (kind, meta.namespace, meta.name)


def _changed(path: str, thing: GatewayClass | Gateway | GatewayRoute, status: Json) -> Iterator[Patch]:
    if any(thing.status.get(key) != value for key, value in status.items()):
        metadata = {"resourceVersion": thing.metadata.resource_version}
        yield Patch(f"{path}/status", {"metadata": metadata, "status": status})


def _class_status(one: GatewayClass, now: datetime) -> Json:
    conditions = _Conditions(one.status.get("conditions"), one.metadata.generation, now)
    return {"conditions": [conditions.of("Accepted", ("Accepted", "served by Envoy"))]}


def _gateway_status(gateway: Gateway, attached: dict[str, int], now: datetime) -> Json:
    conditions = _Conditions(gateway.status.get("conditions"), gateway.metadata.generation, now)
    before = {item["name"]: item for item in gateway.status.get("listeners") or ()}
    listeners = [
        _listener_status(gateway, one, (before.get(one.name) or {}).get("conditions"), (attached, now))
        for one in gateway.spec.listeners
    ]
    return {
        "addresses": [{"type": "IPAddress", "value": "127.0.0.1"}],
        "conditions": [
            conditions.of("Accepted", ("Accepted", "served by Envoy")),
            conditions.of("Programmed", ("Programmed", "in effect")),
        ],
        "listeners": listeners,
    }


def _listener_status(gateway: Gateway, one: Listener, before: Any, told: tuple[dict[str, int], datetime]) -> Json:
    attached, now = told
    conditions = _Conditions(before, gateway.metadata.generation, now)
    kinds = kinds_of(one)
    trouble = ("UnsupportedProtocol", f"{one.protocol} is not served, or none of the kinds that it allows")
    return {
        "name": one.name,
        "attachedRoutes": attached.get(f"{gateway.metadata.namespace}/{gateway.metadata.name}/{one.name}", 0),
        "supportedKinds": [{"group": GROUP, "kind": kind} for kind in kinds],
        "conditions": [
            conditions.of("Accepted", ("Accepted", "") if kinds else trouble),
            conditions.of("Programmed", ("Programmed", "") if kinds else ("Invalid", trouble[1])),
            conditions.of("ResolvedRefs", ("ResolvedRefs", "")),
        ],
    }


def _route_status(route: GatewayRoute, reports: list[Report], now: datetime) -> Json:
    """Write our parents anew, behind those of other controllers."""
    before = list(route.status.get("parents") or ())
    ours = [_parent_status(report, before, now) for report in reports]
    return {"parents": [item for item in before if item.get("controllerName") != CONTROLLER] + ours}


def _parent_status(report: Report, before: list[Json], now: datetime) -> Json:
    same = (item for item in before if item["controllerName"] == CONTROLLER and item["parentRef"] == report.parent)
    conditions = _Conditions(next(same, {}).get("conditions"), report.generation, now)
    return {
        "parentRef": dict(report.parent),
        "controllerName": CONTROLLER,
        "conditions": [conditions.of("Accepted", report.accepted), conditions.of("ResolvedRefs", report.resolved)],
    }


class _Conditions:
    """Conditions as they follow from those before: a time changes only with its status."""

    def __init__(self, before: list[Json] | None, generation: int, now: datetime) -> None:
        self._before = {item["type"]: item for item in before or ()}
        self._generation = generation
        self._now = now.strftime("%Y-%m-%dT%H:%M:%SZ")

    def of(self, kind: str, verdict: tuple[str, str]) -> Json:
        reason, message = verdict
        status = "True" if reason in SUCCESS else "False"
        before = self._before.get(kind, {})
        moved = self._now if before.get("status") != status else before["lastTransitionTime"]
        return {
            "type": kind,
            "status": status,
            "reason": reason,
            "message": message,
            "observedGeneration": self._generation,
            "lastTransitionTime": moved,
        }


def _path(plural: str, thing: Gateway | GatewayRoute) -> str:
    return f"{PREFIX}/namespaces/{thing.metadata.namespace}/{plural}/{thing.metadata.name}"
