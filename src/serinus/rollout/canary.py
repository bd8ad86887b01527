"""The canary strategy: advance step by step, size, select and split."""

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from serinus.api import podhash
from serinus.api.canary import CanaryStep, ReplicaProgressThreshold
from serinus.api.rollout import Rollout
from serinus.api.status import PauseCondition
from serinus.api.workload import ReplicaSet
from serinus.plan import Event, Seen
from serinus.rollout import experiments, weight
from serinus.rollout.analyses import background_hook, consult, step_hook
from serinus.rollout.confirmation import confirmation, lingering
from serinus.rollout.dynamic import growing_weight, is_dynamic, returning_weight
from serinus.rollout.fleet import Fleet, is_carried_out
from serinus.rollout.progress import CANARY_PAUSE, Progress, Runs, Trial, recorded
from serinus.rollout.rollback import rollback
from serinus.rollout.settling import settling
from serinus.rollout.stepplugins import carried_on, cut_short, remembered, taken_back
from serinus.rollout.steps import At, Done, Outcome, Pausing, Waiting, describe, outcome
from serinus.rollout.target import canary_of, is_reached, is_short, missing
from serinus.rollout.traffic import Split
from serinus.traffic.router import Router


def advance(seen: Seen, fleet: Fleet, now: datetime, routers: Sequence[Router]) -> Progress:
    """Move the update on by as many steps as are complete."""
    progress = _advanced(seen, fleet, now, routers)
    return settling(seen, progress, now) if progress.stable_hash == fleet.hash else progress


def _advanced(seen: Seen, fleet: Fleet, now: datetime, routers: Sequence[Router]) -> Progress:
    progress = _begin(seen, fleet, now)
    if fleet.stable is None:
        return _promote(seen, fleet, progress, "Initial deploy")
    if progress.stable_hash == fleet.hash:
        return cut_short(seen, _settled(seen, progress), now)
    if not (progress.is_aborted or progress.is_straight):
        progress = _judged(seen, fleet, progress, now)
    if not progress.is_aborted:
        progress = replace(progress, lingering=lingering(seen, fleet, progress, now, routers))
    if not (progress.is_aborted or progress.is_halted or progress.is_straight):
        progress = _in_background(seen, fleet, _walk(seen, fleet, progress, now, routers), now)
    if progress.is_aborted:
        return taken_back(seen, _given_up(seen, progress), now)
    if progress.is_halted:
        return progress.waiting("paused by a person" if seen.rollout.spec.paused else "an analysis was inconclusive")
    return _finish(seen, fleet, cut_short(seen, progress, now) if progress.is_straight else progress)


def split(seen: Seen, fleet: Fleet, progress: Progress) -> Split:
    """Say how traffic should be divided, once the update is as far as ``progress``."""
    rollout, canary = seen.rollout, canary_of(seen.rollout)
    if is_dynamic(seen) and (kept := returning_weight(seen, fleet, progress)):
        why = "the stable version gets its pods back before its traffic"
        return Split(kept, over=False, why=(why,), is_returning=True)
    if progress.stable_hash == fleet.hash:
        return Split(0, over=True, until=progress.settling)
    if progress.is_aborted:
        return Split(0, over=True)
    if fleet.new is None or fleet.new.serving == 0:
        return Split(0, over=False)
    if progress.lingering:
        return Split(0, over=False, why=progress.lingering)
    wanted = _wanted_weight(seen, fleet, progress)
    serving = fleet.stable.serving if fleet.stable else 0
    others = progress.trial.destinations
    left = canary.max_weight - wanted - sum(item.weight for item in others)
    needed = left * rollout.replicas // canary.max_weight
    if serving < needed and not is_reached(fleet.stable, needed, canary.replica_progress_threshold):
        current = current_weight(seen)
        why = f"stable has {serving} of the {needed} pods that its share of traffic needs"
        return Split(current, False, (why,), additional=others, kept=(why,))
    return Split(wanted, over=False, additional=others)


def current_weight(seen: Seen) -> int:
    """The canary's weight as the status records it."""
    weights = seen.rollout.status.canary.weights
    return weights.canary.weight if weights else 0


def _wanted_weight(seen: Seen, fleet: Fleet, progress: Progress) -> int:
    canary = canary_of(seen.rollout)
    if progress.promote_full or progress.rollback:
        return max(current_weight(seen), growing_weight(seen, fleet)) if is_dynamic(seen) else current_weight(seen)
    if not canary.steps:
        return 0
    at_step = weight.at_step(canary, progress.index)
    if is_short(seen.rollout, fleet, progress):
        return min(at_step, max(weight.before_step(canary, progress.index), _unsettled_weight(seen, fleet)))
    return at_step


def _unsettled_weight(seen: Seen, fleet: Fleet) -> int:
    """The weight that the new version keeps while a new size of it is not in effect: it is no reason to lose any."""
    weights, new = seen.rollout.status.canary.weights, fleet.new
    if weights is None or new is None or new.is_observed or new.serving == 0:
        return 0
    return weights.canary.weight if weights.canary.pod_template_hash == fleet.hash else 0


def _begin(seen: Seen, fleet: Fleet, now: datetime) -> Progress:
    """Where the update stands before this decision; at its start if it is another one."""
    status, canary = seen.rollout.status, canary_of(seen.rollout)
    count, back = len(canary.steps), rollback(seen.rollout, fleet, now)
    if status.current_pod_hash != fleet.hash or not _has_same_steps(seen.rollout):
        return _fresh(seen, fleet, count, back)
    index = min(status.current_step_index or 0, count) if count else None
    progress = replace(recorded(seen.rollout, fleet.hash, now), index=index, rollback=back)
    return remembered(progress, status.canary.step_plugin_statuses)


def _has_same_steps(rollout: Rollout) -> bool:
    """Whether the steps are those in which the status counts.

    They are, if nobody has changed the spec since, whatever name another version of another controller gave them.
    """
    recorded = rollout.status.current_step_hash
    return recorded == podhash.steps_hash(canary_of(rollout).steps) or (bool(recorded) and is_carried_out(rollout))


def _fresh(seen: Seen, fleet: Fleet, count: int, back: str) -> Progress:
    status = seen.rollout.status
    is_back = fleet.is_settled and bool(status.current_pod_hash)
    progress = Progress(
        stable_hash=status.stable_rs,
        index=(count if fleet.is_settled or back else 0) if count else None,
        is_halted=seen.rollout.spec.paused,
        is_fresh=True,
        rollback=back,
    )
    to = "active ReplicaSets within RollbackWindow" if back else "stable ReplicaSets"
    return progress.told(Event("SkipSteps", f"Rollback to {to}")) if (is_back or back) and count else progress


def _settled(seen: Seen, progress: Progress) -> Progress:
    count = len(canary_of(seen.rollout).steps)
    return replace(progress, index=count or None, pauses=(), controller_pause=False, promote_full=False)


def _given_up(seen: Seen, progress: Progress) -> Progress:
    index = 0 if canary_of(seen.rollout).steps else None
    progress = replace(progress, index=index, pauses=(), controller_pause=False, runs=progress.runs.over)
    return progress.waiting("the update was aborted")


def _judged(seen: Seen, fleet: Fleet, progress: Progress, now: datetime) -> Progress:
    """Heed the analyses that are there: a failed one ends the update, even while a person holds it."""
    progress = _in_background(seen, fleet, progress, now)
    steps, index = canary_of(seen.rollout).steps, progress.index
    step = steps[index] if index is not None and index < len(steps) else None
    if step is None or index is None or not progress.is_halted:
        return progress
    if step.experiment is not None:
        return experiments.consult(seen, fleet, progress, step.experiment, now)
    if step.analysis is None:
        return progress
    return consult(seen, fleet, progress, step_hook(index, step.analysis), now)


def _in_background(seen: Seen, fleet: Fleet, progress: Progress, now: datetime) -> Progress:
    wanted = canary_of(seen.rollout).analysis
    if wanted is None or (progress.index is not None and progress.index < (wanted.starting_step or 0)):
        return progress
    is_due = not wanted.starting_traffic or _has_traffic(seen, fleet)
    return consult(seen, fleet, progress, background_hook(wanted, is_due=is_due), now)


def _has_traffic(seen: Seen, fleet: Fleet) -> bool:
    """Whether requests are known to go to the new version.

    With a router that is a weight which an earlier decision has set and which is in effect since; without one, a pod
    that serves.
    """
    weights = seen.rollout.status.canary.weights
    if canary_of(seen.rollout).traffic_routing is None:
        return fleet.new is not None and fleet.new.serving > 0
    is_sent = weights is not None and weights.canary.pod_template_hash == fleet.hash and weights.canary.weight > 0
    return is_sent and weights is not None and weights.verified is True


def _walk(seen: Seen, fleet: Fleet, progress: Progress, now: datetime, routers: Sequence[Router]) -> Progress:
    steps = canary_of(seen.rollout).steps
    while progress.index is not None and progress.index < len(steps):
        step = steps[progress.index]
        if step.pause is None:
            # A pause that was skipped over leaves its condition behind.
            progress = progress.without_pause(CANARY_PAUSE)
        if step.analysis is not None:
            progress = consult(seen, fleet, progress, step_hook(progress.index or 0, step.analysis), now)
        if step.plugin is not None and not progress.is_halted:
            progress = carried_on(seen, fleet, progress, step.plugin, now)
        if step.experiment is not None:
            progress = experiments.consult(seen, fleet, progress, step.experiment, now)
        if progress.is_aborted or progress.is_halted:
            return progress
        unmet = missing(seen.rollout, fleet, progress) or _unrouted(seen, fleet, progress, routers)
        match _judge(seen, progress, At(progress, now, unmet, progress.runs.step, progress.trial)):
            case Done():
                progress = _next_step(progress, step, len(steps))
            case Pausing(start, event):
                pause = PauseCondition(CANARY_PAUSE, start)
                progress = replace(progress, pauses=(*progress.pauses, pause), controller_pause=True).told(event)
            case Waiting(why, wake):
                return progress.waiting(*why, wake=wake)
    return progress


def _next_step(progress: Progress, step: CanaryStep, count: int) -> Progress:
    number = (progress.index or 0) + 1
    done = Event("RolloutStepCompleted", f"Rollout step {number}/{count} completed ({describe(step)})")
    progress = progress.without_pause(CANARY_PAUSE)
    runs = replace(progress.runs, step=None)
    return replace(progress, index=number, controller_pause=False, runs=runs, trial=Trial()).told(done)


def _judge(seen: Seen, progress: Progress, at: At) -> Outcome:
    assert progress.index is not None
    return outcome(canary_of(seen.rollout).steps[progress.index], at)


def _unrouted(seen: Seen, fleet: Fleet, progress: Progress, routers: Sequence[Router]) -> tuple[str, ...]:
    """What keeps the step's weight from being in effect, as far as the routers can tell."""
    canary = canary_of(seen.rollout)
    if canary.traffic_routing is None:
        return ()
    wanted = split(seen, fleet, progress)
    return wanted.why or confirmation(seen, fleet, progress, wanted, routers).doubts


def _finish(seen: Seen, fleet: Fleet, progress: Progress) -> Progress:
    """Promote, when every step is complete and the new version can carry all traffic."""
    canary, total = canary_of(seen.rollout), seen.rollout.replicas
    count = len(canary.steps)
    is_through = progress.promote_full or progress.rollback or progress.index is None or progress.index >= count
    if not is_through:
        return progress
    if progress.promote_full or progress.rollback:
        progress = replace(progress, pauses=(), controller_pause=False, index=count or None)
    if not _is_able(fleet.new, total, canary.replica_progress_threshold):
        return progress.waiting(f"canary has {fleet.new.available if fleet.new else 0} of {total} available")
    reason = progress.rollback or f"Completed all {count} canary steps"
    reason = "Full promotion requested" if progress.promote_full else reason
    return _promote(seen, fleet, progress, reason)


def _is_able(new: ReplicaSet | None, total: int, threshold: ReplicaProgressThreshold | None) -> bool:
    if new is None or not new.is_observed:
        return False
    return new.serving >= total or (threshold is not None and is_reached(new, total, threshold))


def _promote(seen: Seen, fleet: Fleet, progress: Progress, reason: str) -> Progress:
    count = len(canary_of(seen.rollout).steps)
    return replace(
        progress,
        stable_hash=fleet.hash,
        index=count or None,
        pauses=(),
        controller_pause=False,
        aborted_at=None,
        promote_full=False,
        runs=Runs(),
        promotion=reason,
    )
