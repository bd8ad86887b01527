"""What objects shall say about themselves. Pure.

A route's parents are told only after its routes are in effect, with the
generation that is: who reads `observedGeneration` may rely on it. Where a port
of its own is opened, its address stands there: in the status of a Gateway's
listener, and in a condition of a VirtualService. Entries of other controllers
stay as they are.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from serinus.local.gateways.envoy.attachment import CONTROLLER, is_ours, kinds_of
from serinus.local.gateways.envoy.httproute import GROUP, Gateway, GatewayClass, Listener
from serinus.local.gateways.envoy.httproute import Route as GatewayRoute
from serinus.local.gateways.envoy.model import Mesh, Report, Routing
from serinus.local.gateways.envoy.virtualservice import VirtualService

PLURALS = {"HTTPRoute": "httproutes", "GRPCRoute": "grpcroutes", "TCPRoute": "tcproutes", "TLSRoute": "tlsroutes"}
PREFIX = f"/apis/{GROUP}/v1"
ISTIO = "/apis/networking.istio.io/v1"
SUCCESS = frozenset({"Accepted", "ResolvedRefs", "Programmed", "NoConflicts", "Listening"})
LISTENING = "local.serinus.dev/Listening"
"""The condition of a VirtualService that says where its tcp and tls routes are served."""

Json = dict[str, Any]


class Patch(Struct, frozen=True):
    """A status that differs from what stands there, and where it belongs."""

    path: str
    body: Json


class Effect(Struct, frozen=True):
    """What is in effect, and where."""

    routing: Routing
    addresses: Mapping[str, str]
    """Per entrance where it listens; the empty name is that of HTTP."""
    now: datetime


def patches(mesh: Mesh, effect: Effect) -> Iterator[Patch]:
    """Say which statuses must change."""
    now = effect.now
    for one in mesh.classes:
        if one.spec.controller_name == CONTROLLER:
            yield from _changed(f"{PREFIX}/gatewayclasses/{one.metadata.name}", one, _class_status(one, now))
    for gateway in mesh.gateways:
        if is_ours(gateway, mesh):
            yield from _changed(_path("gateways", gateway), gateway, _gateway_status(gateway, effect))
    for kind, routes in _routes(mesh).items():
        for route in routes:
            reports = [each for each in effect.routing.reports if _is_about(each, kind, route)]
            yield from _changed(_path(PLURALS[kind], route), route, _route_status(route, reports, now))
    for service in mesh.virtual_services:
        meta = service.metadata
        path = f"{ISTIO}/namespaces/{meta.namespace}/virtualservices/{meta.name}"
        yield from _changed(path, service, _service_status(service, effect))


def _routes(mesh: Mesh) -> dict[str, tuple[GatewayRoute, ...]]:
    return {
        "HTTPRoute": mesh.http_routes,
        "GRPCRoute": mesh.grpc_routes,
        "TCPRoute": mesh.tcp_routes,
        "TLSRoute": mesh.tls_routes,
    }


def _is_about(report: Report, kind: str, route: GatewayRoute) -> bool:
    meta = route.metadata
    return (report.kind, report.namespace, report.name) == (kind, meta.namespace, meta.name)


def _changed(path: str, thing: GatewayClass | Gateway | GatewayRoute | VirtualService, status: Json) -> Iterator[Patch]:
    if any(thing.status.get(key) != value for key, value in status.items()):
        metadata = {"resourceVersion": thing.metadata.resource_version}
        yield Patch(f"{path}/status", {"metadata": metadata, "status": status})


def _class_status(one: GatewayClass, now: datetime) -> Json:
    conditions = _Conditions(one.status.get("conditions"), one.metadata.generation, now)
    return {"conditions": [conditions.of("Accepted", ("Accepted", "served by Envoy"))]}


def _service_status(service: VirtualService, effect: Effect) -> Json:
    """Say where a VirtualService's ports are; nothing where it has none and never had."""
    before = list(service.status.get("conditions") or ())
    owner = f"VirtualService {service.metadata.namespace}/{service.metadata.name}"
    places = [
        f"{entrance.protocol} port {entrance.number}: {effect.addresses[entrance.door]}"
        for entrance in effect.routing.entrances
        if any(stream.owner == owner for stream in entrance.streams)
    ]
    others = [item for item in before if item.get("type") != LISTENING]
    if not places:
        return {"conditions": others} if others != before else {}
    conditions = _Conditions(before, service.metadata.generation, effect.now)
    ours = conditions.of(LISTENING, ("Listening", ", ".join(places)))
    return {"conditions": [*others, ours]}


def _gateway_status(gateway: Gateway, effect: Effect) -> Json:
    conditions = _Conditions(gateway.status.get("conditions"), gateway.metadata.generation, effect.now)
    before = {item["name"]: item for item in gateway.status.get("listeners") or ()}
    listeners = [
        _listener_status(gateway, one, (before.get(one.name) or {}).get("conditions"), effect)
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


def _listener_status(gateway: Gateway, one: Listener, before: Any, effect: Effect) -> Json:
    conditions = _Conditions(before, gateway.metadata.generation, effect.now)
    kinds = kinds_of(one)
    path = f"{gateway.metadata.namespace}/{gateway.metadata.name}/{one.name}"
    place = f"listens on {effect.addresses.get(path, effect.addresses[''])}"
    trouble = ("UnsupportedProtocol", f"{one.protocol} is not served, or none of the kinds that it allows")
    return {
        "name": one.name,
        "attachedRoutes": dict(effect.routing.attached).get(path, 0),
        "supportedKinds": [{"group": GROUP, "kind": kind} for kind in kinds],
        "conditions": [
            conditions.of("Accepted", ("Accepted", "") if kinds else trouble),
            conditions.of("Programmed", ("Programmed", place) if kinds else ("Invalid", trouble[1])),
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
