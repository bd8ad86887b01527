"""One VirtualService: its weighted routes, and those that it has for a time."""

from collections.abc import Collection

from msgspec.structs import replace

from serinus.api.rollout import Rollout
from serinus.api.routing import IstioVirtualService
from serinus.api.scalar import Manifest
from serinus.api.workload import Foreign
from serinus.plan import Ref
from serinus.traffic import istio_affinity as affinity
from serinus.traffic import istio_memory as memory
from serinus.traffic.istio_managed import CanaryHost, made_routes, with_managed
from serinus.traffic.istio_memory import Kept
from serinus.traffic.istio_selection import Route, Selected, SelectionError, keyed, sections_of, select
from serinus.traffic.istio_split import Roles, Shares, destination, roles_of, split, weight_of
from serinus.traffic.router import Traffic, Wanted

__all__ = [
    "CanaryHost",
    "bare",
    "check",
    "has_canary_traffic",
    "has_weight",
    "http_destinations",
    "wanted",
    "without_others",
]

_UPDATED = "Updated VirtualService"


def wanted(traffic: Traffic, asked: IstioVirtualService, ref: Ref, found: Foreign, host: CanaryHost) -> Wanted:
    """A VirtualService with the decided weights and routes."""
    managed = managed_names(traffic.rollout, asked)
    chosen, roles = _chosen(traffic.rollout, asked, found), roles_of(traffic.rollout)
    sections = {name: list(routes) for name, routes in sections_of(found.raw).items()}
    remembered = memory.read(found)
    mine = dict(remembered.get(memory.owner_key(traffic.rollout), {}))
    for item in chosen:
        route = sections[item.section][item.index]
        entries, kept = _entries(traffic, affinity.unstamped(route.get("route") or []), mine.get(item.key))
        entries = affinity.stamped(entries, roles, traffic) if item.section == "http" else entries
        sections[item.section][item.index] = route | {"route": entries}
        mine |= {item.key: kept} if kept else {}
    http = [item.index for item in chosen if item.section == "http"]
    if http:
        made, first = made_routes(traffic, host, sections["http"][http[0]]), sections["http"][min(http)]
        routes = affinity.with_sticky(sections["http"], http, roles, traffic)
        before = next(index for index, route in enumerate(routes) if route is first)
        sections["http"] = with_managed(routes, managed, made, before)
    notes = memory.annotation(found, remembered | {memory.owner_key(traffic.rollout): mine})
    message = f"VirtualService `{ref.name}` set to desiredWeight '{traffic.weight}'"
    return Wanted(ref, {"spec": sections, **notes}, _UPDATED, message)


def http_destinations(rollout: Rollout, asked: IstioVirtualService, found: Foreign) -> list[Route]:
    """The destinations of the weighted HTTP routes."""
    routes = (
        sections_of(found.raw)["http"][item.index] for item in _chosen(rollout, asked, found) if item.section == "http"
    )
    return [entry for route in routes for entry in route.get("route") or []]


def check(rollout: Rollout, asked: IstioVirtualService, found: Foreign) -> None:
    """Raise ``SelectionError`` with all its words when the routes are not as the Rollout says."""
    if not sections_of(found.raw):
        raise SelectionError("", "Unable to get any of the HTTP, TCP or TLS routes for the Istio VirtualService")
    try:
        _check_routes(rollout, asked, found)
    except SelectionError as error:
        text = f"Istio VirtualService has invalid {error.section.upper()} routes. Error: {error}"
        raise SelectionError(error.section, text) from None


def bare(traffic: Traffic) -> Traffic:
    """The same, with nothing for the new version."""
    return replace(traffic, weight=0, header_routes=(), mirror_routes=())


def has_weight(traffic: Traffic, found: Foreign, asked: IstioVirtualService) -> bool:
    """Whether the canary has the decided weight in every weighted route."""
    roles = roles_of(traffic.rollout)
    routes = _weighted(traffic.rollout, found, asked)
    return all(_canary_weight(entries, roles, traffic.max_weight) == traffic.weight for entries in routes)


def has_canary_traffic(traffic: Traffic, found: Foreign, asked: IstioVirtualService) -> bool:
    """Whether anything in a VirtualService leads to the new version."""
    roles = roles_of(traffic.rollout)
    names = {route.get("name") for route in sections_of(found.raw).get("http", [])}
    routes = _weighted(traffic.rollout, found, asked)
    is_weighted = any(_canary_weight(entries, roles, traffic.max_weight) for entries in routes)
    is_kept = any(affinity.is_of(name, traffic.rollout) for name in affinity.names_in(found.raw))
    return is_weighted or is_kept or not names.isdisjoint(managed_names(traffic.rollout, asked))


def without_others(ref: Ref, found: Foreign, users: Collection[Rollout]) -> Wanted | None:
    """A VirtualService with what was kept for Rollouts that do not use it any more put back, at weight 0."""
    remembered = memory.read(found)
    mine = {memory.owner_key(user) for user in users}
    gone = {name: routes for name, routes in remembered.items() if name not in mine}
    sections = {name: list(routes) for name, routes in sections_of(found.raw).items()}
    is_sticky = affinity.without_others(sections.get("http", []), mine) != sections.get("http", [])
    if not gone and not is_sticky:
        return None
    for item in keyed(found.raw):
        for routes in gone.values():
            if kept := routes.get(item.key):
                _restore(sections, item, kept)
    if is_sticky:
        sections["http"] = affinity.without_others(sections["http"], mine)
    left = {name: routes for name, routes in remembered.items() if name in mine}
    manifest: Manifest = {"spec": sections, **memory.annotation(found, left)}
    return Wanted(ref, manifest, _UPDATED, f"VirtualService `{ref.name}` given back")


def managed_names(rollout: Rollout, asked: IstioVirtualService) -> tuple[str, ...]:
    """The names of routes that are the Rollout's to make and to take away."""
    canary = rollout.spec.strategy.canary
    routing = canary.traffic_routing if canary else None
    names = (managed.name for managed in routing.managed_routes) if routing else ()
    return tuple(name for name in names if name not in asked.routes)


def _check_routes(rollout: Rollout, asked: IstioVirtualService, found: Foreign) -> None:
    roles = roles_of(rollout)
    mine = memory.read(found).get(memory.owner_key(rollout), {})
    sections = sections_of(found.raw)
    for item in _chosen(rollout, asked, found):
        entries = sections[item.section][item.index].get("route") or []
        if text := roles.problem(entries, remembers_canary=item.key in mine):
            raise SelectionError(item.section, text)


def _chosen(rollout: Rollout, asked: IstioVirtualService, found: Foreign) -> tuple[Selected, ...]:
    """The weighted routes: none of those that are made for a time is one."""
    return select(asked, found.raw, {*managed_names(rollout, asked), *affinity.names_in(found.raw)})


def _weighted(rollout: Rollout, found: Foreign, asked: IstioVirtualService) -> list[list[Route]]:
    sections = sections_of(found.raw)
    chosen = _chosen(rollout, asked, found)
    return [sections[item.section][item.index].get("route") or [] for item in chosen]


def _canary_weight(entries: list[Route], roles: Roles, total: int) -> int:
    if len(entries) == 1 and roles.is_canary(entries[0]):
        return total
    return sum(weight_of(entry) for entry in entries if roles.is_canary(entry))


def _entries(traffic: Traffic, entries: list[Route], kept: Kept | None) -> tuple[list[Route], Kept | None]:
    """The destinations of a weighted route, and what of it is to be remembered."""
    roles = roles_of(traffic.rollout)
    at = next((index for index, entry in enumerate(entries) if roles.is_canary(entry)), None)
    if at is None and kept is not None and (traffic.weight or traffic.cleanup == "zero"):
        entries = memory.put_back(entries, kept)
    elif at is not None and traffic.is_complete and traffic.cleanup == "delete" and weight_of(entries[at]):
        kept = Kept(at, entries[at])
        entries = [*entries[:at], *entries[at + 1 :]]
    extras = {item.service: item.weight for item in traffic.additional}
    return split(entries, roles, Shares(traffic.weight, traffic.max_weight, extras)), kept


def _restore(sections: dict[str, list[Route]], item: Selected, kept: Kept) -> None:
    route = sections[item.section][item.index]
    entries = route.get("route") or []
    if all(destination(entry) != destination(kept.route) for entry in entries):
        sections[item.section][item.index] = route | {"route": memory.put_back(entries, kept)}
