"""Session affinity: each user stays on the version that answered first.

The two destinations of a weighted route set a cookie that names their version. In front of the route stand two of our
own, one for each version, that take the requests with its cookie. At weight 0 nobody is kept on the canary, at full
weight nobody on the stable version.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from serinus.api.rollout import Rollout
from serinus.api.routing import SessionAffinity
from serinus.api.scalar import Manifest
from serinus.traffic import cookies
from serinus.traffic.istio_memory import owner_key
from serinus.traffic.istio_selection import Route
from serinus.traffic.istio_split import Roles
from serinus.traffic.router import Traffic

_PREFIX = "serinus-affinity/"
"""How the names of our routes begin; then come namespace, Rollout, weighted route and role."""
_COOKIE = "cookie"


def affinity_of(rollout: Rollout) -> SessionAffinity | None:
    """What the Rollout asks for."""
    canary = rollout.spec.strategy.canary
    routing = canary.traffic_routing if canary else None
    return routing.istio.session_affinity if routing and routing.istio else None


def names_in(manifest: Manifest) -> set[str]:
    """The names of the routes that any Rollout has made for this."""
    routes = (manifest.get("spec") or {}).get("http") or []
    return {name for route in routes if (name := route.get("name", "")).startswith(_PREFIX)}


def is_of(name: str, rollout: Rollout) -> bool:
    """Whether a route of that name is the Rollout's."""
    return name.startswith(f"{_PREFIX}{owner_key(rollout)}/")


def problem(affinity: SessionAffinity, entries: Iterable[Route]) -> str:
    """Why users cannot be told apart at these destinations; empty when they can."""
    for entry in entries:
        value = _added(entry).get(cookies.HEADER)
        if value is not None and not cookies.is_ours(value):
            return f"a destination sets a cookie already, which leaves no place for {affinity.cookie_name}"
    return ""


def unstamped(entries: Iterable[Route]) -> list[Route]:
    """Destinations without our cookie."""
    return [_without_cookie(entry) for entry in entries]


def stamped(entries: Iterable[Route], roles: Roles, traffic: Traffic) -> list[Route]:
    """Destinations of which those of canary and stable say in a cookie which version they are."""
    affinity = affinity_of(traffic.rollout)
    if affinity is None or not cookies.is_kept(traffic):
        return list(entries)
    return [
        _with_cookie(entry, affinity, hash_) if (hash_ := _version(entry, roles, traffic)) else entry
        for entry in entries
    ]


def with_sticky(routes: list[Route], weighted: Collection[int], roles: Roles, traffic: Traffic) -> list[Route]:
    """HTTP routes with ours right in front of each weighted one, where there are two versions."""
    result: list[Route] = []
    for index, route in enumerate(routes):
        if is_of(route.get("name", ""), traffic.rollout):
            continue
        if index in weighted:
            result.extend(_sticky(route, roles, traffic))
        result.append(route)
    return result


def without_others(routes: list[Route], mine: Collection[str]) -> list[Route]:
    """HTTP routes without what was made for Rollouts that do not use them any more."""
    gone = [route for route in routes if _is_gone(route.get("name", ""), mine)]
    patterns = [item["headers"][_COOKIE]["regex"] for route in gone for item in route.get("match") or []]
    return [
        route | {"route": [_without_cookie(entry, patterns) for entry in route["route"]]}
        if route.get("route")
        else route
        for route in routes
        if route not in gone
    ]


def _is_gone(name: str, mine: Collection[str]) -> bool:
    owner = "/".join(name.removeprefix(_PREFIX).split("/")[:2])
    return name.startswith(_PREFIX) and owner not in mine


def _sticky(route: Route, roles: Roles, traffic: Traffic) -> Iterator[Route]:
    affinity = affinity_of(traffic.rollout)
    if affinity is None or not cookies.is_kept(traffic):
        return
    entries = [(entry, _version(entry, roles, traffic)) for entry in unstamped(route["route"])]
    for role, hash_ in (("canary", traffic.canary_hash), ("stable", traffic.stable_hash)):
        target = next((entry for entry, version in entries if version == hash_), None)
        matches = list(_matches(route, cookies.pattern(affinity, hash_)))
        if target is not None and matches:
            name = f"{_PREFIX}{owner_key(traffic.rollout)}/{route.get('name', '')}/{role}"
            yield route | {"name": name, "match": matches, "route": [target | {"weight": 100}]}


def _matches(route: Route, pattern: str) -> Iterator[dict[str, Any]]:
    """What a route matches, with the cookie besides; not where it looks at cookies itself."""
    for match in route.get("match") or [{}]:
        headers = match.get("headers") or {}
        if _COOKIE not in {name.lower() for name in headers}:
            yield match | {"headers": headers | {_COOKIE: {"regex": pattern}}}


def _version(entry: Route, roles: Roles, traffic: Traffic) -> str:
    if roles.is_canary(entry):
        return traffic.canary_hash
    return traffic.stable_hash if roles.is_stable(entry) else ""


def _added(entry: Route) -> dict[str, str]:
    return ((entry.get("headers") or {}).get("response") or {}).get("add") or {}


def _with_cookie(entry: Route, affinity: SessionAffinity, hash_: str) -> Route:
    headers = entry.get("headers") or {}
    response = headers.get("response") or {}
    added = (response.get("add") or {}) | {cookies.HEADER: cookies.text(affinity, hash_)}
    return entry | {"headers": headers | {"response": response | {"add": added}}}


def _without_cookie(entry: Route, patterns: Collection[str] | None = None) -> Route:
    """A destination without our cookie; with ``patterns``, only if one of them is about it."""
    value = _added(entry).get(cookies.HEADER, "")
    is_meant = patterns is None or any(value.partition(";")[0] in item for item in patterns)
    if not (cookies.is_ours(value) and is_meant):
        return entry
    added = {key: item for key, item in _added(entry).items() if key != cookies.HEADER}
    response = _filled(entry["headers"]["response"] | {"add": added})
    headers = _filled(entry["headers"] | {"response": response})
    return _filled(entry | {"headers": headers}, "headers")


def _filled(value: dict[str, Any], name: str = "") -> dict[str, Any]:
    """The same without what is empty."""
    return {key: item for key, item in value.items() if item != {} or (name and key != name)}
