"""Which routes of a VirtualService are weighted."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from msgspec import Struct

from serinus.api.routing import IstioTcpRoute, IstioTlsRoute, IstioVirtualService
from serinus.api.scalar import Manifest

Route = dict[str, Any]

_OMITTED = (
    "spec.{0}[] should be set in VirtualService and it must have exactly one route when omitting "
    "spec.strategy.canary.trafficRouting.istio.virtualService.{1}"
)


class Selected(Struct, frozen=True):
    """A route that is weighted.

    ``key`` names it among all routes of its VirtualService for as long as its name, port and hosts are the same.
    """

    section: str
    """Which list of the spec it is in: http, tls or tcp."""
    index: int
    key: str


class SelectionError(Exception):
    """The routes that the Rollout names are not those of the VirtualService."""

    def __init__(self, section: str, message: str) -> None:
        super().__init__(message)
        self.section = section


def sections_of(manifest: Manifest) -> dict[str, list[Route]]:
    """The lists of routes that a VirtualService has."""
    spec = manifest.get("spec") or {}
    return {name: spec[name] for name in ("http", "tls", "tcp") if spec.get(name)}


def select(asked: IstioVirtualService, manifest: Manifest, managed: Collection[str]) -> tuple[Selected, ...]:
    """The routes that a Rollout weights; those in ``managed`` are its own and carry no weights.

    Raises ``SelectionError`` when a route that is named is not there, or when none is named and it is not clear which
    one is meant.
    """
    chosen = [
        (section, index, _key(section, routes[index]))
        for section, routes in sections_of(manifest).items()
        for index in _indexes(section, asked, routes, managed)
    ]
    return tuple(_distinct(chosen))


def keyed(manifest: Manifest) -> tuple[Selected, ...]:
    """All routes of a VirtualService, under the keys that they have when they are selected."""
    sections = sections_of(manifest).items()
    every = [(name, index, _key(name, route)) for name, routes in sections for index, route in enumerate(routes)]
    return tuple(_distinct(every))


def _indexes(section: str, asked: IstioVirtualService, routes: list[Route], managed: Collection[str]) -> list[int]:
    if section == "http":
        return _http(asked.routes, routes, managed)
    return _by_port(section, asked.tls_routes if section == "tls" else asked.tcp_routes, routes)


def _http(names: tuple[str, ...], routes: list[Route], managed: Collection[str]) -> list[int]:
    if not names:
        free = [index for index, route in enumerate(routes) if route.get("name", "") not in managed]
        if len(free) != 1:
            raise SelectionError("http", _OMITTED.format("http", "routes"))
        return free
    places = {route.get("name", ""): index for index, route in reversed(list(enumerate(routes)))}
    for name in names:
        if name not in places:
            raise SelectionError("http", f"HTTP Route '{name}' is not found in the defined Virtual Service.")
    return [places[name] for name in dict.fromkeys(names)]


def _by_port(section: str, asked: tuple[IstioTlsRoute | IstioTcpRoute, ...], routes: list[Route]) -> list[int]:
    if not asked:
        if len(routes) != 1:
            raise SelectionError(section, _OMITTED.format(section, f"{section}Routes"))
        return [0]
    chosen: dict[int, None] = {}
    for item in asked:
        hosts = frozenset(item.sni_hosts) if isinstance(item, IstioTlsRoute) else frozenset()
        fitting = [index for index, route in enumerate(routes) if _fits(route, item.port, hosts)]
        if not fitting:
            text = f"No matching {section.upper()} routes found in the defined Virtual Service."
            raise SelectionError(section, text)
        chosen |= dict.fromkeys(fitting)
    return list(chosen)


def _fits(route: Route, port: int, hosts: frozenset[str]) -> bool:
    """Whether a route is for one port and exactly these hosts; one for several ports never is."""
    return (_ports(route) or {0}) == {port} and _hosts(route) == hosts


def _ports(route: Route) -> set[int]:
    return {int(match.get("port") or 0) for match in route.get("match") or []}


def _hosts(route: Route) -> frozenset[str]:
    return frozenset(host for match in route.get("match") or [] for host in match.get("sniHosts") or [])


def _key(section: str, route: Route) -> str:
    if section == "http":
        return f"http/{route.get('name', '')}"
    ports = ",".join(str(port) for port in sorted(_ports(route)))
    return "/".join(part for part in (section, ports, ",".join(sorted(_hosts(route)))) if part)


def _distinct(chosen: Iterable[tuple[str, int, str]]) -> Iterator[Selected]:
    """Routes with keys that differ: equal ones are numbered."""
    counts: dict[str, int] = {}
    for section, index, key in chosen:
        counts[key] = counts.get(key, 0) + 1
        yield Selected(section, index, key if counts[key] == 1 else f"{key}#{counts[key]}")
