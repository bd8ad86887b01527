"""Header and mirror routes, on top of the routes that carry weights."""

from typing import Any

from msgspec import Struct

from serinus.api.canary import HeaderRouteStep, MirrorMatch, MirrorRouteStep, StringMatch
from serinus.traffic.istio_selection import Route
from serinus.traffic.istio_split import destination
from serinus.traffic.router import Traffic


class CanaryHost(Struct, frozen=True):
    """Where the new version alone is reached."""

    host: str
    subset: str = ""


def with_managed(routes: list[Route], managed: tuple[str, ...], made: dict[str, Route], weighted: int) -> list[Route]:
    """HTTP routes with those in force on top, in the order of ``managedRoutes``, and without those that are not.

    ``weighted`` is the place of the first weighted route. Where ours already stand before it in their order they stay:
    another Rollout over the same object may have put its own on top of them.
    """
    in_force = [name for name in managed if name in made]
    standing = [name for route in routes[:weighted] if (name := route.get("name", "")) in managed]
    if standing == in_force:
        return [made.get(route.get("name", ""), route) for route in routes if not _is_gone(route, managed, made)]
    others = [route for route in routes if route.get("name", "") not in managed]
    return [*(made[name] for name in in_force), *others]


def _is_gone(route: Route, managed: tuple[str, ...], made: dict[str, Route]) -> bool:
    name = route.get("name", "")
    return name in managed and name not in made


def made_routes(traffic: Traffic, canary: CanaryHost, weighted: Route) -> dict[str, Route]:
    """The header and mirror routes in force, by name; ``weighted`` is the route whose requests they take."""
    target = _target(canary, weighted)
    headers = {step.name: _header_route(step, target) for step in traffic.header_routes}
    return headers | {step.name: _mirror_route(step, target, weighted) for step in traffic.mirror_routes}


def _target(canary: CanaryHost, weighted: Route) -> dict[str, Any]:
    entries = weighted.get("route") or [{}]
    port = destination(entries[0]).get("port")
    subset = {"subset": canary.subset} if canary.subset else {}
    return {"host": canary.host, **({"port": port} if port else {}), **subset}


def _header_route(step: HeaderRouteStep, target: dict[str, Any]) -> Route:
    return {
        "name": step.name,
        "match": [{"headers": {item.header_name: _text_match(item.header_value)}} for item in step.match],
        "route": [{"destination": target, "weight": 100}],
    }


def _mirror_route(step: MirrorRouteStep, target: dict[str, Any], weighted: Route) -> Route:
    return {
        "name": step.name,
        "match": [_mirror_match(item) for item in step.match],
        "route": weighted.get("route") or [],
        "mirror": target,
        "mirrorPercentage": {"value": 100 if step.percentage is None else step.percentage},
    }


def _mirror_match(match: MirrorMatch) -> dict[str, Any]:
    parts: dict[str, Any] = {}
    if match.method is not None:
        parts["method"] = _text_match(match.method)
    if match.path is not None:
        parts["uri"] = _text_match(match.path)
    if match.headers:
        parts["headers"] = {name: _text_match(value) for name, value in match.headers.items()}
    return parts


def _text_match(match: StringMatch) -> dict[str, str]:
    """The first that is set of exact, regex and prefix: Istio takes one."""
    for kind in ("exact", "regex", "prefix"):
        if (text := getattr(match, kind)) is not None:
            return {kind: text}
    return {}
