"""The weights of one route of a VirtualService."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from serinus.api.rollout import Rollout
from serinus.api.routing import IstioDestinationRule
from serinus.traffic.istio_selection import Route
from serinus.traffic.router import services_by_role


class Roles(Struct, frozen=True):
    """Which destinations of a route lead to which version: by Service, or by subset of a DestinationRule."""

    canary: str
    """The Service of the canary; empty where only subsets tell the versions apart."""
    stable: str
    rule: IstioDestinationRule | None = None

    def is_canary(self, entry: Route) -> bool:
        """Whether a destination leads to the new version."""
        return self._leads(entry, self.canary, self.rule.canary_subset_name if self.rule else "")

    def is_stable(self, entry: Route) -> bool:
        """Whether a destination leads to the version that has proved itself."""
        return self._leads(entry, self.stable, self.rule.stable_subset_name if self.rule else "")

    def is_additional(self, entry: Route) -> bool:
        """Whether a destination is one that the user weights by hand."""
        return self.rule is not None and destination(entry).get("subset") in self.rule.additional_subset_names

    def problem(self, entries: list[Route], *, remembers_canary: bool) -> str:
        """Which version has no destination; empty when both have one."""
        if not remembers_canary and not any(map(self.is_canary, entries)):
            return self._missing("Canary", self.canary, self.rule.canary_subset_name if self.rule else "")
        if not any(map(self.is_stable, entries)):
            return self._missing("Stable", self.stable, self.rule.stable_subset_name if self.rule else "")
        return ""

    def _leads(self, entry: Route, service: str, subset: str) -> bool:
        if self.rule is not None:
            return destination(entry).get("subset") == subset
        return bool(service) and host_of(entry) == service

    def _missing(self, role: str, service: str, subset: str) -> str:
        name = f"DestinationRule subset '{subset}'" if self.rule else f"Service '{service}'"
        return f"{role} {name} not found in route"


class Shares(Struct, frozen=True):
    """The decided weights."""

    canary: int
    total: int = 100
    extras: Mapping[str, int] = {}
    """By Service: what other versions get, as those of an experiment."""


def roles_of(rollout: Rollout) -> Roles:
    """The roles of a Rollout's destinations at this time."""
    canary = rollout.spec.strategy.canary
    routing = canary.traffic_routing if canary else None
    istio = routing.istio if routing else None
    return Roles(*services_by_role(rollout), istio.destination_rule if istio else None)


def destination(entry: Route) -> dict[str, Any]:
    """Where an entry leads."""
    return entry.get("destination") or {}


def host_of(entry: Route) -> str:
    """The Service that an entry leads to: the host up to its first dot."""
    return str(destination(entry).get("host", "")).partition(".")[0]


def weight_of(entry: Route) -> int:
    """The weight of an entry: none where it is not said."""
    return int(entry.get("weight") or 0)


def split(entries: list[Route], roles: Roles, shares: Shares) -> list[Route]:
    """The destinations of a route with the decided weights, and all other fields as they are.

    Destinations that nobody knows lose their place when they have weight: the shares would not sum up.
    """
    fixed = sum(weight_of(entry) for entry in entries if _is_fixed(entry, roles))
    stable = max(0, shares.total - shares.canary - sum(shares.extras.values()) - fixed)
    weigh = _Scale(roles, shares, stable)
    weighed = [(entry, weigh(entry)) for entry in entries]
    result = [_with_weight(entry, weight) for entry, weight in weighed if weight is not None]
    result += _missing_extras(entries, shares)
    return entries if _is_all_anyway(entries, result, shares) else result


class _Scale:
    """Gives each destination its weight; of several to one version, the first gets all."""

    def __init__(self, roles: Roles, shares: Shares, stable: int) -> None:
        self._rules: tuple[tuple[Callable[[Route], bool], int], ...] = (
            (roles.is_canary, shares.canary),
            (roles.is_stable, stable),
            *((lambda entry, name=name: host_of(entry) == name, weight) for name, weight in shares.extras.items()),
        )
        self._roles = roles
        self._served: set[int] = set()

    def __call__(self, entry: Route) -> int | None:
        """The weight; None takes the destination out."""
        if _is_fixed(entry, self._roles):
            return weight_of(entry)
        for number, (is_meant, weight) in enumerate(self._rules):
            if is_meant(entry):
                is_first = number not in self._served
                self._served.add(number)
                return weight if is_first else 0
        return None if weight_of(entry) else 0


def _is_fixed(entry: Route, roles: Roles) -> bool:
    return roles.is_additional(entry) and not roles.is_canary(entry) and not roles.is_stable(entry)


def _is_all_anyway(entries: list[Route], result: list[Route], shares: Shares) -> bool:
    """Whether the only destination gets all traffic without saying so; writing it would be noise in somebody's diff."""
    return len(entries) == 1 and "weight" not in entries[0] and result == [entries[0] | {"weight": shares.total}]


def _with_weight(entry: Route, weight: int) -> Route:
    return entry if weight_of(entry) == weight else entry | {"weight": weight}


def _missing_extras(entries: list[Route], shares: Shares) -> Iterator[Route]:
    present = {host_of(entry) for entry in entries}
    for name, weight in sorted(shares.extras.items()):
        if name not in present:
            yield {"destination": {"host": name}, "weight": weight}
