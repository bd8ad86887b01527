"""Which Services get requests, as far as routes decide it."""

from collections.abc import Iterator

from serinus.local.gateways.envoy.destinations import NOWHERE
from serinus.local.gateways.envoy.model import Answer, Forward, Redirect, Routing
from serinus.local.gateways.routing import Receiver


def receivers(routing: Routing) -> frozenset[Receiver]:
    """The Services that some route sends requests to; the direct way to a Service is no route."""
    hosts = (*routing.outside, *(host for _, hosts in routing.inside for host in hosts))
    routes = (route for host in hosts for route in host.routes if not route.owner.startswith("Service "))
    return frozenset(receiver for route in routes for receiver in _of(route.action))


def _of(action: Forward | Redirect | Answer) -> Iterator[Receiver]:
    """Read Services from the names of clusters, which begin with namespace and name."""
    if isinstance(action, Forward):
        used = [share.cluster for share in action.shares if share.weight]
        for cluster in (*used, *(copy.cluster for copy in action.copies)):
            if cluster != NOWHERE:
                namespace, name, *_ = cluster.split("_")
                yield namespace, name
