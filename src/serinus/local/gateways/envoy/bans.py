"""Who must be left out when Envoy refuses a configuration."""

from collections.abc import Iterable, Mapping

from serinus.local.gateways.envoy.httproute import Route as GatewayRoute
from serinus.local.gateways.envoy.model import Mesh, Route, Routing
from serinus.local.gateways.envoy.virtualservice import VirtualService

Versions = Mapping[str, str]
"""Per object ("Kind namespace/name") its resource version."""


class Bans:
    """Objects that Envoy refuses as they stand; each is tried again when it changes."""

    def __init__(self) -> None:
        self._bans: dict[str, tuple[str, str]] = {}
        self._sound: dict[str, str] = {}

    def reasons(self, versions: Versions) -> dict[str, str]:
        """Who is left out now, and why."""
        self._bans = {key: ban for key, ban in self._bans.items() if versions.get(key) == ban[0]}
        return {key: reason for key, (_, reason) in self._bans.items()}

    def accepted(self, versions: Versions) -> None:
        """Note that everything that is not left out is in effect."""
        self._sound = {key: version for key, version in versions.items() if key not in self._bans}

    def suspects(self, routing: Routing, versions: Versions) -> dict[str, list[Route]]:
        """Who may have brought a refusal about: those that changed since the last success."""
        found: dict[str, list[Route]] = {}
        for route in _routes(routing):
            if self._is_new(route.owner, versions):
                found.setdefault(route.owner, []).append(route)
        return found

    def add(self, owner: str, versions: Versions, message: str) -> None:
        """Leave out an object until it changes."""
        self._bans[owner] = (versions[owner], f"Envoy refuses it: {message}")

    def _is_new(self, owner: str, versions: Versions) -> bool:
        return owner in versions and versions[owner] != self._sound.get(owner)


def versions_of(mesh: Mesh) -> dict[str, str]:
    """The versions of all objects that routes are made from."""
    kinds: dict[str, tuple[VirtualService | GatewayRoute, ...]] = {
        "VirtualService": mesh.virtual_services,
        "HTTPRoute": mesh.http_routes,
        "GRPCRoute": mesh.grpc_routes,
    }
    return {
        f"{kind} {one.metadata.namespace}/{one.metadata.name}": one.metadata.resource_version
        for kind, several in kinds.items()
        for one in several
    }


def _routes(routing: Routing) -> Iterable[Route]:
    for hosts in (routing.outside, *(hosts for _, hosts in routing.inside)):
        for host in hosts:
            yield from host.routes
