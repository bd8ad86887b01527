"""What happens while a router cannot do its part.

The update is held where it is, and its status says why. The other routers are kept at the decided weight all the same,
and follow when the update is given up: one layer's trouble never leaves another with traffic for a version that goes.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from serinus.plan import Delete, Event, Plan, Seen, Write
from serinus.rollout.canary import advance, split
from serinus.rollout.fleet import identify
from serinus.rollout.goal import Goal
from serinus.rollout.report import invalid, status_patch
from serinus.rollout.routes import route_writes, serving_routers
from serinus.traffic.router import Router, Trouble

_RETRY = timedelta(seconds=15)
"""When to look again for a kind that is not installed: nothing tells of its coming before it has objects."""


def hold(seen: Seen, now: datetime, routers: Sequence[Router], troubles: Mapping[str, Trouble]) -> Plan:
    """Say what is wrong, and keep the weights of the routers that are well."""
    text = "; ".join(troubles.values())
    status = status_patch(seen.rollout.status, invalid(seen.rollout, text, now))
    events = (Event(item.reason, f"{name}: {item}", "Warning") for name, item in troubles.items())
    well = [router for router in serving_routers(seen, routers) if router.name not in troubles]
    return Plan(
        writes=tuple(_writes(seen, now, well)) if well else (),
        status=status,
        events=tuple(events) if status else (),
        wake=now + _RETRY if seen.unseen else None,
        why=(text,),
    )


def _writes(seen: Seen, now: datetime, well: Sequence[Router]) -> Iterator[Write]:
    fleet = identify(seen)
    if fleet.new is None or fleet.stable is None:
        return
    progress = advance(_halted(seen), fleet, now, well)
    decided = split(seen, fleet, progress)
    goal = Goal(progress=progress, revision=0, sizes={}, services={}, traffic=decided)
    theirs = {ref for router in well for ref in router.reads(seen.rollout)}
    for write in route_writes(seen, fleet, goal, well):
        if write.ref in theirs or not isinstance(write, Delete):
            yield write


def _halted(seen: Seen) -> Seen:
    """The same, as if a person had paused it: an update that is held goes no step further."""
    spec = replace(seen.rollout.spec, paused=True)
    return replace(seen, rollout=replace(seen.rollout, spec=spec))
