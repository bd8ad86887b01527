"""The weighted targets of a VirtualRouter."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from serinus.api.workload import Foreign
from serinus.traffic.router import Traffic

Route = dict[str, Any]
Target = dict[str, Any]

_TYPES = ("httpRoute", "tcpRoute", "http2Route", "grpcRoute")


class Nodes(Struct, frozen=True):
    """The VirtualNodes of the two versions."""

    canary: str
    stable: str


def router_ref(service: Foreign) -> Mapping[str, str]:
    """Which VirtualRouter serves a VirtualService; empty when none does."""
    provider = (service.raw.get("spec") or {}).get("provider") or {}
    return (provider.get("virtualRouter") or {}).get("virtualRouterRef") or {}


def split(router: Foreign, traffic: Traffic, nodes: Nodes, names: Sequence[str]) -> list[Route]:
    """All routes, with the decided weights in those that are named (in each, when none is)."""
    weights = {nodes.canary: traffic.weight, nodes.stable: traffic.stable_weight}
    return [_weighted(route, weights) if _is_asked(route, names) else route for route in _routes(router)]


def has_weight(router: Foreign, node: str, names: Sequence[str]) -> bool:
    """Whether any weight leads to a VirtualNode."""
    return any(
        _node(target) == node and target.get("weight")
        for route in _routes(router)
        if _is_asked(route, names)
        for target in _targets(route)
    )


def problem(router: Foreign, nodes: Nodes, names: Sequence[str]) -> str:
    """What is wrong with the routes; empty when nothing is."""
    found = [route for route in _routes(router) if _is_asked(route, names)]
    known = {route.get("name") for route in found}
    if unknown := [name for name in names if name not in known]:
        return f"VirtualRouter `{router.metadata.name}` has no route {unknown[0]}"
    if not found:
        return f"VirtualRouter `{router.metadata.name}` has no routes"
    return next(_unfit(found, nodes), "")


def _unfit(found: Sequence[Route], nodes: Nodes) -> Iterator[str]:
    for route in found:
        if _type(route) is None:
            yield f"route {route.get('name')} has unsupported route type: there are {', '.join(_TYPES)}"
        elif len(_targets(route)) != 2 or {_node(target) for target in _targets(route)} != {nodes.canary, nodes.stable}:
            yield f"route {route.get('name')} needs exactly two weightedTargets: {nodes.canary} and {nodes.stable}"


def _weighted(route: Route, weights: Mapping[str, int]) -> Route:
    kind = _type(route)
    if kind is None:
        return route
    targets = [
        target | {"weight": weights[_node(target)]} if _node(target) in weights else target
        for target in _targets(route)
    ]
    rule = route[kind]
    return route | {kind: rule | {"action": rule["action"] | {"weightedTargets": targets}}}


def _targets(route: Route) -> list[Target]:
    kind = _type(route)
    return ((route[kind].get("action") or {}).get("weightedTargets") or []) if kind else []


def _type(route: Route) -> str | None:
    return next((kind for kind in _TYPES if route.get(kind)), None)


def _node(target: Target) -> str:
    return str((target.get("virtualNodeRef") or {}).get("name", ""))


def _is_asked(route: Route, names: Sequence[str]) -> bool:
    return not names or route.get("name") in names


def _routes(router: Foreign) -> list[Route]:
    return (router.raw.get("spec") or {}).get("routes") or []
