"""How many pods each version should have now: the sizing rules, applied."""

from datetime import datetime

from serinus.api.workload import ReplicaSet
from serinus.plan import Seen
from serinus.rollout import sizing
from serinus.rollout.dynamic import is_dynamic, is_superseding, stable_size
from serinus.rollout.fleet import Fleet
from serinus.rollout.goal import Aim
from serinus.rollout.progress import Progress
from serinus.rollout.retire import drained, given_up, old_sizes
from serinus.rollout.sizing import Pods, Sizes
from serinus.rollout.target import bounds_of, canary_of, desired_weight, target


def wanted_sizes(
    seen: Seen, fleet: Fleet, progress: Progress, selected: dict[str, str], now: datetime
) -> tuple[int, dict[str, Aim]]:
    """The size of the new version (which may not exist yet), and the aim of every ReplicaSet that does."""
    sizes = _next(seen, fleet, progress)
    aims = old_sizes(seen, fleet, progress, selected, now)
    if fleet.stable is not None:
        aims[fleet.stable.name] = _stable_aim(seen, fleet, progress, Aim(sizes.stable), now)
    if fleet.new is not None and not fleet.is_settled:
        aim = Aim(sizes.new)
        if _is_given_up(seen, fleet, progress):
            aim = given_up(seen, fleet, selected, now)
        elif _loses_traffic(seen, fleet, aim):
            aim = drained(seen, fleet.new, aim, selected, now)
        aims[fleet.new.name] = aim
    return sizes.new, aims


def _next(seen: Seen, fleet: Fleet, progress: Progress) -> Sizes:
    goal = target(seen.rollout, fleet, progress)
    if progress.is_halted and not _is_rescaled(seen, fleet):
        return Sizes(_wanted(fleet.new), _wanted(fleet.stable) if fleet.stable else goal.stable)
    if fleet.stable is None or fleet.is_settled or canary_of(seen.rollout).traffic_routing is not None:
        return goal
    others = sum(item.replicas for item in fleet.others)
    new = _pods(fleet.new) if fleet.new else None
    return sizing.basic(new, _pods(fleet.stable), others, goal, bounds_of(seen.rollout))


def _stable_aim(seen: Seen, fleet: Fleet, progress: Progress, aim: Aim, now: datetime) -> Aim:
    """The stable version's aim; where its size follows its traffic, it shrinks once that is in effect."""
    assert fleet.stable is not None
    if not is_dynamic(seen) or fleet.is_settled or progress.is_aborted or progress.is_halted:
        return aim
    wanted = 0 if is_superseding(seen, fleet) else desired_weight(seen.rollout, fleet, progress)
    smaller = Aim(stable_size(seen, wanted))
    if smaller.replicas >= fleet.stable.replicas:
        return smaller
    return drained(seen, fleet.stable, smaller, {}, now)


def _is_given_up(seen: Seen, fleet: Fleet, progress: Progress) -> bool:
    """Whether the new version stays for a while after an abort, with a router, and then goes."""
    is_routed = canary_of(seen.rollout).traffic_routing is not None
    return progress.is_aborted and is_routed and not _is_kept_by_user(seen, fleet, progress)


def _loses_traffic(seen: Seen, fleet: Fleet, aim: Aim) -> bool:
    """Whether the new version shrinks because a router gives it less; then traffic goes first."""
    is_routed = canary_of(seen.rollout).traffic_routing is not None
    is_smaller = fleet.new is not None and aim.replicas < fleet.new.replicas
    return is_routed and is_smaller and not _is_rescaled(seen, fleet)


def _is_kept_by_user(seen: Seen, fleet: Fleet, progress: Progress) -> bool:
    """An explicit abort delay of 0 with a ``setCanaryScale`` as the first step keeps the canary after an abort."""
    is_zero = canary_of(seen.rollout).abort_scale_down_delay_seconds == 0
    return is_zero and target(seen.rollout, fleet, progress).new > 0


def _is_rescaled(seen: Seen, fleet: Fleet) -> bool:
    """Whether ``spec.replicas`` changed since the versions were sized: a scaler does not wait for people."""
    current = (fleet.new, fleet.stable)
    return any(item.replicas > 0 and item.desired_replicas != seen.rollout.replicas for item in current if item)


def _wanted(item: ReplicaSet | None) -> int:
    return item.replicas if item else 0


def _pods(item: ReplicaSet) -> Pods:
    return Pods(item.replicas, item.available, item.is_observed)
