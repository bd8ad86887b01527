"""Which pods a request can reach: endpoints and routes, as far as they have taken effect."""

from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction
from functools import partial
from typing import TypeVar

from serinus.api.kinds import INGRESS, POD, SERVICE
from serinus.api.scalar import Manifest
from serinus.plan import Ref
from serinus.world.delays import Delays
from serinus.world.gap import Gap
from serinus.world.ingress import Route, routes_of
from serinus.world.pods import is_ending, ready_since
from serinus.world.server import Server

Outcome = dict[str, Fraction]
"""Pod → the chance that a request reaches it; under ``NOBODY``, that it reaches none."""

NOBODY = ""

_T = TypeVar("_T")


class Network:
    """What proxies know, which is always a little old.

    Each Service and each Ingress takes effect by itself, in any order.
    """

    def __init__(self) -> None:
        self.endpoints: dict[Ref, frozenset[str]] = {}
        """Service → its ready pods, as the endpoints say."""
        self.served: dict[Ref, frozenset[str]] = {}
        """The same, as proxies have heard."""
        self.routes: dict[Ref, tuple[Route, ...]] = {}
        """Ingress → its routes, as proxies have heard."""

    def following(self, server: Server, delays: Delays) -> Iterator[Gap]:
        """What has not yet taken effect."""
        yield from _differences("endpoints", _all_endpoints(server), self.endpoints, delays.endpoints)
        yield from _differences("served", self.endpoints, self.served, delays.routes)
        yield from _differences("route", _all_routes(server), self.routes, delays.ingresses)

    @property
    def hosts(self) -> list[str]:
        """The hosts that are served."""
        return sorted({route.host for route in self._all if not route.is_canary})

    def request(self, host: str, path: str = "/") -> Outcome:
        """Where a request to a host can end."""
        fitting = [route for route in self._all if route.host == host and path.startswith(route.path)]
        stable = [route for route in fitting if not route.is_canary]
        if not stable:
            return {NOBODY: Fraction(1)}
        best = max(stable, key=lambda route: len(route.path))
        canaries = [route for route in fitting if route.is_canary and route.path == best.path]
        return self._split(best, canaries[0] if canaries else None)

    def call(self, service: Ref) -> Outcome:
        """Where a request to a Service can end."""
        pods = self.served.get(service, frozenset())
        return {pod: Fraction(1, len(pods)) for pod in sorted(pods)} or {NOBODY: Fraction(1)}

    @property
    def _all(self) -> list[Route]:
        return [route for routes in self.routes.values() for route in routes]

    def _split(self, stable: Route, canary: Route | None) -> Outcome:
        """A canary without endpoints gets nothing (ingress-nginx, ``balancer.lua``)."""
        outcome = self.call(stable.service)
        if canary is None or not canary.weight or not self.served.get(canary.service):
            return outcome
        share = min(Fraction(1), Fraction(canary.weight, canary.total))
        parts = {pod: chance * (1 - share) for pod, chance in outcome.items() if share < 1}
        for pod, chance in self.call(canary.service).items():
            parts[pod] = parts.get(pod, Fraction(0)) + chance * share
        return parts


def _differences(name: str, wanted: dict[Ref, _T], known: dict[Ref, _T], span: tuple[float, float]) -> Iterator[Gap]:
    for ref in [*wanted, *(ref for ref in known if ref not in wanted)]:
        if wanted.get(ref) != known.get(ref):
            yield Gap((name, ref.name), partial(_follow, ref, wanted, known), span)


def _follow(ref: Ref, wanted: dict[Ref, _T], known: dict[Ref, _T], now: datetime) -> None:  # noqa: ARG001
    if ref in wanted:
        known[ref] = wanted[ref]
    else:
        del known[ref]


def _all_endpoints(server: Server) -> dict[Ref, frozenset[str]]:
    pods = list(server.list(POD))
    return {
        ref: frozenset(pod.name for pod, item in pods if pod.namespace == ref.namespace and _is_picked(service, item))
        for ref, service in server.list(SERVICE)
    }


def _is_picked(service: Manifest, pod: Manifest) -> bool:
    selector = service.get("spec", {}).get("selector") or {}
    labels = pod["metadata"].get("labels", {})
    is_match = bool(selector) and all(labels.get(key) == value for key, value in selector.items())
    return is_match and ready_since(pod) is not None and not is_ending(pod)


def _all_routes(server: Server) -> dict[Ref, tuple[Route, ...]]:
    return {ref: routes_of(ref, ingress) for ref, ingress in server.list(INGRESS)}
