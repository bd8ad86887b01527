"""From the decided split to the writes that bring routes to it.

What routers want is merged over what is found: a field that we do not know survives. An object that the Rollout
controls and that no router wants is deleted, so nothing is left behind when routing is taken out of the spec.
"""

from collections.abc import Iterator, Sequence

from serinus.api.patches import difference
from serinus.api.workload import Foreign
from serinus.plan import Create, Delete, Patch, Seen, Write
from serinus.rollout.fleet import Fleet
from serinus.rollout.goal import Goal
from serinus.rollout.managed import header_routes, mirror_routes
from serinus.rollout.target import canary_of
from serinus.traffic.router import Router, Traffic, Wanted


def route_writes(seen: Seen, fleet: Fleet, goal: Goal, routers: Sequence[Router]) -> Iterator[Write]:
    """The writes that give every router the decided split."""
    if goal.traffic is not None and goal.traffic.until is not None:
        return
    wanted = {item.ref: item for item in wanted_routes(seen, fleet, goal, routers)}
    for ref, item in wanted.items():
        found = seen.objects.get(ref)
        if found is None:
            yield Create(ref, item.manifest)
        elif body := difference(found.raw, item.manifest):
            yield Patch(ref, body)
    for ref, found in seen.objects.items():
        if ref not in wanted and _is_ours(found, seen):
            yield Delete(ref, found.metadata.uid)


def wanted_routes(seen: Seen, fleet: Fleet, goal: Goal, routers: Sequence[Router]) -> tuple[Wanted, ...]:
    """The objects that all routers of the Rollout want."""
    canary = canary_of(seen.rollout)
    if goal.traffic is None or canary.traffic_routing is None or fleet.new is None:
        return ()
    is_bare = goal.traffic.over or goal.progress.promote_full or fleet.new.available == 0
    traffic = Traffic(
        rollout=seen.rollout,
        weight=goal.traffic.weight,
        max_weight=canary.max_weight,
        over=goal.traffic.over,
        cleanup=seen.settings.traffic_cleanup,
        canary_hash=fleet.hash,
        stable_hash=goal.progress.stable_hash,
        header_routes=() if is_bare else header_routes(canary, goal.progress.index),
        mirror_routes=() if is_bare else mirror_routes(canary, goal.progress.index),
    )
    serving = [router for router in routers if router.serves(canary.traffic_routing)]
    return tuple(item for router in serving for item in router.route(traffic, seen.objects))


def _is_ours(found: Foreign, seen: Seen) -> bool:
    controller = found.metadata.controller
    is_leaving = found.metadata.deletion_timestamp is not None
    return controller is not None and controller.uid == seen.rollout.metadata.uid and not is_leaving
