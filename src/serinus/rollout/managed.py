"""Which header and mirror routes are in force at a step.

They are worked out anew at every look, from the steps alone: a route that somebody took away comes back, and none is
forgotten when a weight changes.
"""

from collections.abc import Iterable
from typing import TypeVar

from serinus.api.canary import CanaryStrategy, HeaderRouteStep, MirrorRouteStep

T = TypeVar("T", HeaderRouteStep, MirrorRouteStep)


def header_routes(canary: CanaryStrategy, index: int | None) -> tuple[HeaderRouteStep, ...]:
    """The header routes that the steps up to and with ``index`` have set, in the order of ``managedRoutes``."""
    end = 0 if index is None else index + 1
    return _in_force(canary, (step.set_header_route for step in canary.steps[:end]))


def mirror_routes(canary: CanaryStrategy, index: int | None) -> tuple[MirrorRouteStep, ...]:
    """The mirror routes that the steps up to and with ``index`` have set, in the order of ``managedRoutes``."""
    end = 0 if index is None else index + 1
    return _in_force(canary, (step.set_mirror_route for step in canary.steps[:end]))


def _in_force(canary: CanaryStrategy, routes: Iterable[T | None]) -> tuple[T, ...]:
    set_: dict[str, T] = {}
    for route in routes:
        if route is not None:
            set_.pop(route.name, None)
        if route is not None and route.match:
            set_[route.name] = route
    routing = canary.traffic_routing
    order = [managed.name for managed in routing.managed_routes] if routing else []
    return tuple(set_[name] for name in order if name in set_)
