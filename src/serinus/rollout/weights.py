"""The weights that the status tells, and whether they are known to be in effect."""

from datetime import datetime, timedelta

from msgspec.structs import replace

from serinus.api.moments import whole_second
from serinus.api.status import RolloutStatus, TrafficWeights, WeightDestination
from serinus.plan import Seen
from serinus.rollout.fleet import Fleet
from serinus.rollout.goal import Goal
from serinus.rollout.target import canary_of
from serinus.rollout.traffic import canary_hash


def weights_of(seen: Seen, fleet: Fleet, goal: Goal, now: datetime) -> tuple[TrafficWeights | None, datetime | None]:
    """The weights, and when something wants to know that they are in effect; both None without a router.

    ``verified`` is false while a router says no, and true when all say yes. Where one cannot tell, it is absent until
    the drain time has passed since the weights changed.
    """
    if goal.traffic is None:
        return None, None
    moved = goal.traffic.until or now  # weights that rest do so until then
    weights = _dated(_decided(seen, fleet, goal), seen.rollout.status.canary.weights, moved)
    drained = weights.since + timedelta(seconds=seen.settings.drain_seconds) if weights.since else None
    if goal.confirmation.doubts:
        return replace(weights, verified=False), None
    if goal.confirmation.is_told or (drained is not None and drained <= now):
        return replace(weights, verified=True), None
    return weights, drained if _is_awaited(seen, fleet, goal) else None


def unhurried(seen: Seen, fleet: Fleet, goal: Goal, status: RolloutStatus) -> RolloutStatus:
    """The status to write: that the drain time has passed is no news by itself, unless something waits for it."""
    weights = status.canary.weights
    if weights is None or not weights.verified or goal.confirmation.is_told or _is_awaited(seen, fleet, goal):
        return status
    later = replace(status, canary=replace(status.canary, weights=replace(weights, verified=None)))
    return later if later == seen.rollout.status else status


def _is_awaited(seen: Seen, fleet: Fleet, goal: Goal) -> bool:
    """Whether the drain time is waited for: by the canary Service, or by an analysis that is to begin with traffic."""
    analysis, progress = canary_of(seen.rollout).analysis, goal.progress
    is_sent = goal.traffic is not None and goal.traffic.weight > 0
    is_to_begin = progress.stable_hash != fleet.hash and progress.runs.background is None
    is_analysed = analysis is not None and analysis.starting_traffic and is_sent and is_to_begin
    return bool(progress.lingering) or is_analysed


def _decided(seen: Seen, fleet: Fleet, goal: Goal) -> TrafficWeights:
    assert goal.traffic is not None
    canary, weight = canary_of(seen.rollout), goal.traffic.weight
    others = goal.traffic.additional
    left = canary.max_weight - weight - sum(item.weight for item in others)
    leads_to = canary_hash(seen, fleet, goal.traffic)
    return TrafficWeights(
        canary=WeightDestination(weight, canary.canary_service, leads_to),
        stable=WeightDestination(left, canary.stable_service, goal.progress.stable_hash),
        additional=tuple(WeightDestination(item.weight, item.service, item.hash) for item in others),
    )


def _dated(weights: TrafficWeights, old: TrafficWeights | None, moved: datetime) -> TrafficWeights:
    """The weights with the moment since which they are so; none where that was not kept (another schema prunes it)."""
    since = whole_second(moved)
    if old is None or _flow(old) != _flow(weights):
        return replace(weights, since=since)
    # The next update ends the rest after a promotion, and moves them at once.
    return replace(weights, since=old.since and min(old.since, since))


def _flow(weights: TrafficWeights) -> TrafficWeights:
    """What of weights is traffic: a version without any may become another one."""
    canary = weights.canary if weights.canary.weight else WeightDestination(0)
    return replace(weights, canary=canary, verified=None, since=None)
