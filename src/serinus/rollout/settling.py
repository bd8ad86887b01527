"""What a promotion turns is not in effect everywhere at once: what rests until it is.

Services of fixed roles both look at the new version then, but routers may learn of that later than of a route that is
deleted: with the route gone first, the old version would get all traffic back for a moment. So routes rest for the
drain time. With ping-pong the routes move, and the Service that was the stable one rests: turned at once, it would
lead to pods that its load balancer does not know yet.
"""

from datetime import datetime, timedelta

from msgspec.structs import replace

from serinus.api.moments import earliest
from serinus.plan import Seen
from serinus.rollout.pingpong import has_fixed_roles
from serinus.rollout.progress import Progress
from serinus.rollout.target import canary_of


def settling(seen: Seen, progress: Progress, now: datetime) -> Progress:
    """The same, with how long routes and Services rest after the promotion."""
    promoted = _promoted_at(seen, progress, now)
    if promoted is None:
        return progress
    drain = timedelta(seconds=seen.settings.drain_seconds)
    rest = drain if has_fixed_roles(seen.rollout) else timedelta()
    moved, turned = promoted + rest, promoted + rest + drain
    routes = moved if rest and moved > now else None
    service = turned if canary_of(seen.rollout).ping_pong and turned > now else None
    return replace(progress, settling=routes, resting=service, wake=earliest(progress.wake, service))


def _promoted_at(seen: Seen, progress: Progress, now: datetime) -> datetime | None:
    completed = seen.rollout.status.condition("Completed")
    if completed is None:
        return None
    if progress.promotion:
        return _as_told(now)
    return _as_told(completed.last_transition_time) if completed.status == "True" else None


def _as_told(moment: datetime) -> datetime:
    """The end of the second of a moment: the status tells no more than that second, and no rest may be cut short."""
    return moment.replace(microsecond=0) + timedelta(seconds=1)
