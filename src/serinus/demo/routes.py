"""Whether nginx sends traffic as it is wanted."""

from fractions import Fraction

from serinus.demo.scenario import Wanted
from serinus.demo.sight import Sight
from serinus.local.gateways.routing import Location, Routing


def is_in_effect(routing: Routing, host: str, wanted: Wanted, sight: Sight) -> bool:
    """Whether every request to a host is sent as wanted: to these pods, in these shares.

    `routing` must be what the gateway has in effect, not what it was told.
    """
    location = _root(routing, host)
    if location is None or location.backend is None:
        return False
    old, new = sight.addresses_of(wanted.stable), sight.addresses_of(wanted.new)
    main, split = frozenset(location.backend.addresses), location.split
    if wanted.weight in {0, 100}:
        whole = new if wanted.weight else old
        return split is None and bool(whole) and main == whole
    is_split = split is not None and split.rule.share == Fraction(wanted.weight, 100)
    return is_split and split is not None and main == old and frozenset(split.backend.addresses) == new


def _root(routing: Routing, host: str) -> Location | None:
    servers = (server for server in routing.servers if server.host == host)
    return next((location for server in servers for location in server.locations if location.path == ""), None)
