"""From the decided split to the writes that bring routes to it.

What routers want is merged over what is found: a field that we do not know survives, and a change that somebody makes
meanwhile is never lost, as the write names the version that was seen. An object that the Rollout controls and that no
router wants is deleted, so nothing is left behind when routing is taken out of the spec. Fields of other people's
objects are let go of when the update is over.
"""

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from serinus.api.patches import difference
from serinus.api.workload import Foreign
from serinus.plan import Create, Delete, Event, Patch, Seen, Write
from serinus.rollout.fleet import Fleet
from serinus.rollout.goal import Goal
from serinus.rollout.ownership import INHERITED, letting_go
from serinus.rollout.target import canary_of
from serinus.rollout.traffic import traffic_of
from serinus.traffic.router import Router, Traffic, Wanted


def route_writes(seen: Seen, fleet: Fleet, goal: Goal, routers: Sequence[Router]) -> Iterator[Write]:
    """The writes that give every router the decided split."""
    traffic = _traffic(seen, fleet, goal)
    wanted = set()
    for router in serving_routers(seen, routers):
        for item in router.route(traffic, seen.objects) if traffic else ():
            wanted.add(item.ref)
            if write := _write(seen, goal, item):
                yield replace(write, router=router.name)
    if traffic is not None and traffic.is_settling:
        return
    for ref, found in seen.objects.items():
        if ref not in wanted and _is_ours(found, seen):
            yield Delete(ref, found.metadata.uid)


def serving_routers(seen: Seen, routers: Sequence[Router]) -> tuple[Router, ...]:
    """The routers that the Rollout asks for."""
    routing = canary_of(seen.rollout).traffic_routing
    return tuple(router for router in routers if router.serves(routing)) if routing else ()


def _traffic(seen: Seen, fleet: Fleet, goal: Goal) -> Traffic | None:
    if goal.traffic is None or (fleet.new is None and not goal.traffic.is_returning):
        return None
    return traffic_of(seen, fleet, goal.progress, goal.traffic)


def _write(seen: Seen, goal: Goal, item: Wanted) -> Create | Patch | None:
    found = seen.objects.get(item.ref)
    event = Event(item.event, item.message)
    if found is None:
        return Create(item.ref, item.manifest, event=event)
    is_ours = _is_ours(found, seen)
    if body := difference(found.raw, item.manifest):
        version = "" if is_ours else found.metadata.resource_version
        return Patch(item.ref, body, resource_version=version, event=event)
    is_over = goal.traffic is not None and goal.traffic.over and goal.traffic.until is None
    is_free = is_over and not is_ours and item.ref not in seen.busy
    return letting_go(item.ref, found, INHERITED) if is_free else None


def _is_ours(found: Foreign, seen: Seen) -> bool:
    return found.metadata.is_controlled_by(seen.rollout.metadata) and found.metadata.deletion_timestamp is None
