"""A traffic layer that reports: in the status of each main Ingress stands which canaries are in effect beside it."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial

from serinus.api.kinds import INGRESS
from serinus.plan import Ref
from serinus.world.delays import Delays
from serinus.world.gap import Gap
from serinus.world.ingress import routes_of
from serinus.world.network import Network
from serinus.world.server import Server

Served = dict[str, str]
"""Canary Ingress → the version of it that is in effect."""


def telling(server: Server, network: Network, delays: Delays) -> Iterator[Gap]:
    """Reports that are not made yet; none where the layer makes none."""
    if delays.reports is None:
        return
    for ref, ingress in server.list(INGRESS):
        if any(route.is_canary for route in network.routes.get(ref, ())):
            continue
        before: Served = ingress.get("status", {}).get("served", {})
        now = _served(server, network, ref.namespace, before)
        if now != before or "status" not in ingress:
            gone = dict.fromkeys(name for name in before if name not in now)
            yield Gap(("told", ref.name), partial(_tell, server, ref, now | gone), delays.reports)


def _served(server: Server, network: Network, namespace: str, before: Served) -> Served:
    """The canaries in effect, each under the newest version of which that can be said."""
    served = {}
    for ref, routes in network.routes.items():
        if ref.namespace == namespace and any(route.is_canary for route in routes):
            ingress = server.find(ref)
            if ingress is not None and routes_of(ref, ingress) == routes:
                served[ref.name] = ingress["metadata"]["resourceVersion"]
            else:
                served[ref.name] = before.get(ref.name, "")
    return served


def _tell(server: Server, ref: Ref, served: dict[str, str | None], now: datetime) -> None:  # noqa: ARG001
    server.patch_status(ref, {"served": served})
