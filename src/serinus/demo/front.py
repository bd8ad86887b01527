"""The gateway that a scenario's requests go through, as the demo asks it."""

from typing import Protocol

from msgspec.structs import replace

from serinus.demo import meshroutes, routes
from serinus.demo.reading import KINDS, MESH_KINDS
from serinus.demo.scenario import Door, Wanted
from serinus.demo.sight import Sight
from serinus.local.cluster import LocalCluster


class Front(Protocol):
    """Tells what is in effect."""

    name: str
    kinds: tuple[str, ...]
    """The kinds of objects that a row shows, as kubectl names them."""

    def sends(self, wanted: Wanted, sight: Sight) -> bool:
        """Whether every request is sent as wanted: to these pods, in these shares."""


class Nginx:
    """nginx, which serves Ingresses."""

    name = "nginx"
    kinds: tuple[str, ...] = KINDS

    def __init__(self, cluster: LocalCluster, door: Door) -> None:
        self._gateway = cluster.nginx
        self._door = door

    def sends(self, wanted: Wanted, sight: Sight) -> bool:
        hosts = {self._door.host: wanted.weight}
        if self._door.preview and wanted.second is not None:
            hosts[self._door.preview] = wanted.second
        return all(
            routes.is_in_effect(self._gateway.routing, host, replace(wanted, weight=weight), sight)
            for host, weight in hosts.items()
        )


class Envoy:
    """Envoy, which serves VirtualServices to clients outside and to pods."""

    name = "Envoy"
    kinds: tuple[str, ...] = MESH_KINDS

    def __init__(self, cluster: LocalCluster, door: Door) -> None:
        self._gateway = cluster.envoy
        self._door = door

    def sends(self, wanted: Wanted, sight: Sight) -> bool:
        return meshroutes.is_in_effect(self._gateway.routing, self._door, wanted, sight)


def front_of(cluster: LocalCluster, door: Door) -> Front:
    """The gateway that a scenario names."""
    return Envoy(cluster, door) if door.gateway == "envoy" else Nginx(cluster, door)
