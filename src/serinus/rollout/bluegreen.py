"""The blue-green strategy: two full fleets, and one switch of the active Service."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from serinus.api import keys
from serinus.api.bluegreen import BlueGreenStrategy
from serinus.api.moments import whole_second
from serinus.api.rollout import Rollout
from serinus.api.status import PauseCondition
from serinus.api.workload import ReplicaSet
from serinus.plan import Event, Seen
from serinus.rollout.analyses import consult, kept, post_promotion_hook, pre_promotion_hook
from serinus.rollout.fleet import Fleet
from serinus.rollout.goal import Aim
from serinus.rollout.progress import BLUE_GREEN_PAUSE, Progress, recorded
from serinus.rollout.retire import given_up, old_sizes
from serinus.rollout.rollback import FAST, rollback
from serinus.traffic.router import Router


def blue_green_of(rollout: Rollout) -> BlueGreenStrategy:
    """The blue-green strategy of a Rollout that has one."""
    strategy = rollout.spec.strategy.blue_green
    assert strategy is not None
    return strategy


def advance(seen: Seen, fleet: Fleet, now: datetime, routers: Sequence[Router]) -> Progress:  # noqa: ARG001
    """Bring the preview up, wait as the user wants, switch, and promote."""
    progress = _begin(seen, fleet, now)
    if fleet.stable is None:
        return _promoted(progress, fleet, "Initial deploy")
    if progress.stable_hash == fleet.hash:
        settled = replace(progress, active_hash=fleet.hash, is_previewed=False, promote_full=False)
        return replace(settled, pauses=(), controller_pause=False, runs=kept(seen, progress).over)
    if progress.is_straight:
        progress = replace(progress, runs=kept(seen, progress).over)
    elif not progress.is_aborted:
        progress = _judged(seen, fleet, progress, now)
    if progress.is_aborted:
        back = replace(progress, active_hash=progress.stable_hash, runs=kept(seen, progress).over)
        return back.waiting("the update was aborted")
    if active_hash(seen) == fleet.hash and _is_proved(seen, progress):
        return _promoted(progress, fleet, _reason(progress, "Completed blue-green update"))
    if progress.is_halted:
        return progress.waiting("paused by a person" if seen.rollout.spec.paused else "an analysis was inconclusive")
    if active_hash(seen) == fleet.hash:
        return progress.waiting("users see the new version; the analysis after the switch goes on")
    return _cut_over(seen, fleet, progress, now)


def select(seen: Seen, fleet: Fleet, progress: Progress) -> tuple[dict[str, str], tuple[str, ...]]:
    """Say which hash the preview and the active Service should select, as far as that is safe now."""
    strategy = blue_green_of(seen.rollout)
    sets = {item.hash: item for item in fleet.all}
    wanted = {strategy.active_service: progress.active_hash}
    if strategy.preview_service and not progress.is_halted:
        wanted[strategy.preview_service] = fleet.hash
    chosen, why = {}, []
    for name, hash_ in wanted.items():
        service, item = seen.services.get(name), sets.get(hash_)
        if service is None or item is None or _is_set(service.hash == hash_, service.metadata.annotations):
            continue
        # Previews show whatever is newest, ready or not; what users see is never empty.
        if name == strategy.active_service and not is_saturated(item, seen.rollout.replicas):
            why.append(f"Service {name} waits for all pods of {item.name}")
            continue
        chosen[name] = hash_
    return chosen, tuple(why)


def sizes(
    seen: Seen, fleet: Fleet, progress: Progress, selected: dict[str, str], now: datetime
) -> tuple[int, dict[str, Aim]]:
    """The size of the new version (which may not exist yet), and the aim of every ReplicaSet that does."""
    new_size = preview_size(seen, fleet, progress)
    aims = old_sizes(seen, fleet, progress, selected, now)
    if fleet.stable is not None:
        aims[fleet.stable.name] = Aim(seen.rollout.replicas)
    if fleet.new is not None and not fleet.is_settled:
        is_left = progress.is_aborted and blue_green_of(seen.rollout).abort_scale_down_delay_seconds != 0
        # A way back is short as long as its delay runs: the end of that is kept until the switch.
        aim = Aim(new_size, fleet.new.deadline if progress.rollback == FAST else None)
        aims[fleet.new.name] = given_up(seen, fleet, selected, now) if is_left else aim
    return new_size, aims


def preview_size(seen: Seen, fleet: Fleet, progress: Progress) -> int:
    """How many pods the new version has before users see it (``previewReplicaCount``)."""
    total, count = seen.rollout.replicas, blue_green_of(seen.rollout).preview_replica_count
    is_current = fleet.stable is None or progress.stable_hash == fleet.hash
    is_full = is_current or active_hash(seen) in ("", fleet.hash) or progress.is_straight
    return total if is_full or progress.is_previewed or count is None else count


def is_saturated(item: ReplicaSet, total: int) -> bool:
    """Whether a version can take all traffic."""
    return item.is_observed and item.replicas == total and item.serving == total


def active_hash(seen: Seen) -> str:
    """The version that the active Service leads to."""
    service = seen.services.get(blue_green_of(seen.rollout).active_service)
    return service.hash if service else ""


def _begin(seen: Seen, fleet: Fleet, now: datetime) -> Progress:
    status, is_paused = seen.rollout.status, seen.rollout.spec.paused
    back = rollback(seen.rollout, fleet, now)
    if status.current_pod_hash != fleet.hash:
        kept = _kept(seen, status.stable_rs)
        fresh = Progress(stable_hash=status.stable_rs, active_hash=kept, is_halted=is_paused, is_fresh=True)
        return replace(fresh, rollback=back)
    progress = recorded(seen.rollout, fleet.hash, now)
    if status.current_step_hash:  # it was a canary: the pauses of its steps are over, and nobody has ended one of ours
        progress = replace(progress, pauses=(), controller_pause=False, is_halted=is_paused)
    return replace(
        progress,
        rollback=back,
        active_hash=status.stable_rs if progress.is_aborted else _kept(seen, status.stable_rs),
        is_previewed=status.blue_green.scale_up_preview_check_point,
    )


def _kept(seen: Seen, stable: str) -> str:
    """The active Service stays where it is; one that leads nowhere yet leads to the stable version."""
    return active_hash(seen) or stable


def _judged(seen: Seen, fleet: Fleet, progress: Progress, now: datetime) -> Progress:
    """Heed the analyses before and after the switch, and begin each when it is time."""
    strategy, is_switched = blue_green_of(seen.rollout), active_hash(seen) == fleet.hash
    before, after = strategy.pre_promotion_analysis, strategy.post_promotion_analysis
    if before is not None:
        is_time = not is_switched and not progress.is_previewed and _is_up(seen, fleet, progress)
        progress = consult(seen, fleet, progress, pre_promotion_hook(before, is_due=is_time), now)
    if after is not None and not progress.is_aborted:
        is_time = is_switched and _is_up(seen, fleet, progress)
        progress = consult(seen, fleet, progress, post_promotion_hook(after, is_due=is_time), now)
    if progress.runs.made:
        # Were it left from a pause that was ended, the next one would look as if it had been ended already.
        progress = replace(progress, controller_pause=bool(progress.pauses))
    return progress


def _is_up(seen: Seen, fleet: Fleet, progress: Progress) -> bool:
    """Whether the new version has the pods that it should have before its next move."""
    return fleet.new is not None and is_saturated(fleet.new, preview_size(seen, fleet, progress))


def _is_approved(seen: Seen, progress: Progress) -> bool:
    """Whether the analysis before the switch, if there is one, was good."""
    run, is_wanted = progress.runs.pre_promotion, blue_green_of(seen.rollout).pre_promotion_analysis is not None
    is_passed = progress.is_straight or progress.is_previewed
    return not is_wanted or is_passed or (run is not None and run.status == "Successful")


def _is_proved(seen: Seen, progress: Progress) -> bool:
    """Whether the analysis after the switch, if there is one, was good."""
    run, is_wanted = progress.runs.post_promotion, blue_green_of(seen.rollout).post_promotion_analysis is not None
    return not is_wanted or progress.is_straight or (run is not None and run.status == "Successful")


def _cut_over(seen: Seen, fleet: Fleet, progress: Progress, now: datetime) -> Progress:
    """Everything between a new preview and the switch."""
    wanted = preview_size(seen, fleet, progress)
    serving = fleet.new.serving if fleet.new and fleet.new.is_observed else 0
    if fleet.new is None or fleet.new.replicas != wanted or serving != wanted:
        return progress.waiting(f"preview has {serving} of {wanted} available")
    if not _is_approved(seen, progress):
        return progress.waiting("the analysis before the switch goes on")
    if not _skips_pause(seen, progress):
        progress = _pause(seen, progress, now)
        if progress.pauses:
            return progress
    progress = replace(progress, pauses=(), controller_pause=False)
    if wanted != seen.rollout.replicas:
        return replace(progress, is_previewed=True).waiting("the preview grows to its full size")
    switched = replace(progress, active_hash=fleet.hash)
    if not _is_proved(seen, progress):
        return switched.waiting("users are sent to the new version; the analysis after the switch follows")
    return _promoted(switched, fleet, _reason(progress, "Completed blue-green update"))


def _skips_pause(seen: Seen, progress: Progress) -> bool:
    strategy = blue_green_of(seen.rollout)
    is_wanted = strategy.auto_promotion_enabled is False or strategy.auto_promotion_seconds > 0
    return not is_wanted or progress.is_straight or progress.is_previewed


def _pause(seen: Seen, progress: Progress, now: datetime) -> Progress:
    strategy = blue_green_of(seen.rollout)
    is_timed = strategy.auto_promotion_enabled is not False
    running = next((item for item in progress.pauses if item.reason == BLUE_GREEN_PAUSE), None)
    if running is None and progress.controller_pause:
        return progress  # somebody ended it: by hand there is nothing to wait for, timed or not
    if running is None:
        running = PauseCondition(BLUE_GREEN_PAUSE, whole_second(now))
        progress = replace(progress, pauses=(*progress.pauses, running), controller_pause=True)
        progress = progress.told(Event("RolloutPaused", f"Rollout is paused ({BLUE_GREEN_PAUSE})"))
    if not is_timed:
        return progress.waiting("paused until it is promoted")
    end = running.start_time + timedelta(seconds=strategy.auto_promotion_seconds)
    if now >= end:
        return replace(progress, pauses=())
    return progress.waiting(f"promoted at {end:%H:%M:%S} UTC", wake=end)


def _promoted(progress: Progress, fleet: Fleet, reason: str) -> Progress:
    return replace(
        progress,
        stable_hash=fleet.hash,
        active_hash=fleet.hash,
        pauses=(),
        controller_pause=False,
        aborted_at=None,
        promote_full=False,
        is_previewed=False,
        runs=progress.runs.over,
        promotion=reason,
    )


def _reason(progress: Progress, otherwise: str) -> str:
    return "Full promotion requested" if progress.promote_full else progress.rollback or otherwise


def _is_set(is_there: bool, annotations: dict[str, str]) -> bool:
    return is_there and keys.MANAGED_BY in annotations
