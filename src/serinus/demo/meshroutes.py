"""Whether Envoy sends traffic as it is wanted, from outside and between services."""

from collections import Counter
from collections.abc import Iterable
from fractions import Fraction

from serinus.demo.scenario import Door, Wanted
from serinus.demo.sight import Sight
from serinus.local.gateways.envoy.model import Forward, Host, Routing

NAMESPACE = "default"
Shares = dict[frozenset[str], Fraction]
"""Which part of the requests goes to which addresses."""


def is_in_effect(routing: Routing, door: Door, wanted: Wanted, sight: Sight) -> bool:
    """Whether every request is sent as wanted: to these pods, in these shares.

    `routing` must be what the gateway has in effect, not what it was told.
    """
    if _shares(routing, routing.outside, door.host) != _wanted(wanted, wanted.weight, sight):
        return False
    inside = dict(routing.inside).get(NAMESPACE, ())
    return wanted.second is None or _shares(routing, inside, door.service) == _wanted(wanted, wanted.second, sight)


def _wanted(wanted: Wanted, weight: int, sight: Sight) -> Shares | None:
    """The shares by the pods that are ready; None while a version has none."""
    parts = {wanted.stable: Fraction(100 - weight, 100), wanted.new: Fraction(weight, 100)}
    shares = {sight.addresses_of(image): part for image, part in parts.items() if part}
    return shares if all(shares) else None


def _shares(routing: Routing, hosts: Iterable[Host], name: str) -> Shares:
    """The shares of requests for a name that no condition of a route concerns; nothing where nobody serves it."""
    routes = (route for host in hosts if name in host.domains for route in host.routes)
    action = next((route.action for route in routes), None)
    if not isinstance(action, Forward):
        return {}
    addresses = {cluster.name: frozenset(cluster.addresses) for cluster in routing.clusters}
    parts: Counter[frozenset[str]] = Counter()
    for share in action.shares:
        parts[addresses.get(share.cluster, frozenset())] += share.weight
    whole = parts.total()
    return {place: Fraction(part, whole) for place, part in parts.items() if part}
