"""The conditions of a Rollout: one function per condition, applied in the order that clients rely on.

A condition that keeps its status and reason stays as it is. One that changes moves to the end of the list: the phase is
read from the first that says something bad, so the order is part of the interface.
"""

from datetime import datetime

from msgspec import Struct

from serinus.api.bluegreen import BlueGreenStrategy
from serinus.api.conditions import Conditions, Said, find, put, without
from serinus.api.rollout import Rollout
from serinus.api.status import RolloutStatus
from serinus.rollout.fleet import Fleet
from serinus.rollout.goal import Goal

PROGRESSING = "Progressing"
INVALID = "InvalidSpec"
ABORTED = "RolloutAborted"
TIMED_OUT = "ProgressDeadlineExceeded"
PAUSED = "RolloutPaused"
COMPLETED = "RolloutCompleted"

_OPEN = ("", "Pending", "Running")
"""The phases of an AnalysisRun without a verdict."""


class Change(Struct, frozen=True):
    """The status before and after, and what led from one to the other."""

    rollout: Rollout
    fleet: Fleet
    goal: Goal
    new: RolloutStatus
    now: datetime
    abort_message: str = ""

    @property
    def old(self) -> RolloutStatus:
        """The status as it was."""
        return self.rollout.status

    @property
    def is_completed(self) -> bool:
        """Whether the wanted version is the stable one."""
        return bool(self.new.stable_rs) and self.new.stable_rs == self.new.current_pod_hash

    @property
    def is_healthy(self) -> bool:
        """Whether nothing is left to do for the spec as it stands."""
        total = self.rollout.replicas
        counts = (self.new.updated_replicas, self.new.available_replicas)
        if not self.is_completed or any(number != total for number in counts):
            return False
        strategy = self.rollout.spec.strategy
        if strategy.blue_green is not None:
            return self._shows_current(strategy.blue_green)
        count = len(strategy.canary.steps) if strategy.canary else 0
        is_through = not count or self.new.current_step_index == count
        return is_through and self.new.replicas == total

    def _shows_current(self, strategy: BlueGreenStrategy) -> bool:
        """Whether both Services lead to the wanted version."""
        current, shown = self.new.current_pod_hash, self.new.blue_green
        is_previewed = not strategy.preview_service or shown.preview_selector == current
        return shown.active_selector == current and is_previewed

    @property
    def is_paused(self) -> bool:
        """Whether it waits for a person or for a time."""
        return bool(self.new.pauses) or self.rollout.spec.paused

    @property
    def has_progressed(self) -> bool:
        """Whether something moved in the right direction."""
        old, new = self.old, self.new
        moved = new.updated_replicas != (old.updated_replicas or 0)
        fewer = _left(new) < _left(old)
        readier = (new.ready_replicas or 0) > (old.ready_replicas or 0)
        more = (new.available_replicas or 0) > (old.available_replicas or 0)
        both = old.current_step_index is not None and new.current_step_index is not None
        stepped = both and old.current_step_index != new.current_step_index
        renewed = old.stable_rs != new.stable_rs or old.current_step_hash != new.current_step_hash
        renewed = renewed or _switched(old) != _switched(new)
        return moved or fewer or readier or more or stepped or renewed


def settle(change: Change) -> Conditions:
    """All conditions as they should be."""
    conditions = without(change.old.conditions, INVALID)
    for rule in (_found, _progress, _pause, _healthy, _available, _replica_failure, _completed):
        conditions = rule(conditions, change)
    return conditions


def timeout_at(conditions: Conditions, deadline: float) -> float | None:
    """When the update times out, in seconds since the epoch; None while the clock stands."""
    progressing = find(conditions, PROGRESSING)
    if progressing is None or progressing.last_update_time is None:
        return None
    if progressing.reason in {ABORTED, PAUSED, TIMED_OUT}:
        return None
    return progressing.last_update_time.timestamp() + deadline


def _found(conditions: Conditions, change: Change) -> Conditions:
    """A version began: its ReplicaSet was made, or an earlier one was found."""
    if not change.goal.progress.is_fresh:
        return conditions
    name = f"{change.rollout.name}-{change.fleet.hash}"
    if change.fleet.new is None:
        said = Said(PROGRESSING, "True", "NewReplicaSetCreated", f'Created new replica set "{name}"')
    else:
        said = Said(PROGRESSING, "True", "FoundNewReplicaSet", f'Found new replica set "{change.fleet.new.name}"')
    return put(conditions, said, change.now, refresh=True)


def _progress(conditions: Conditions, change: Change) -> Conditions:
    if change.goal.progress.is_aborted:
        return _aborted(conditions, change, change.abort_message)
    current = find(conditions, PROGRESSING)
    if current and current.reason == ABORTED:
        said = Said(PROGRESSING, "Unknown", "RolloutRetry", "Retrying Rollout after abort")
        conditions = put(conditions, said, change.now)
    name = _set_name(change)
    if change.is_healthy:
        message = f'ReplicaSet "{name}" has successfully progressed.'
        return put(conditions, Said(PROGRESSING, "True", "NewReplicaSetAvailable", message), change.now)
    return _unfinished(conditions, change, name)


def _unfinished(conditions: Conditions, change: Change, name: str) -> Conditions:
    was_healthy = _is_true(change.old.conditions, "Healthy")
    if change.is_completed and was_healthy and not change.goal.progress.is_fresh:
        message = "Rollout does not have minimum availability"
        said = Said(PROGRESSING, "True", "ReplicaSetNotAvailable", message)
        return put(conditions, said, change.now, refresh=True)
    if change.has_progressed and not change.goal.progress.is_fresh:
        said = Said(PROGRESSING, "True", "ReplicaSetUpdated", f'ReplicaSet "{name}" is progressing.')
        return put(conditions, said, change.now, refresh=True)
    if _is_late(conditions, change):
        message = f'ReplicaSet "{name}" has timed out progressing.'
        if _gives_up(change):
            return _aborted(conditions, change, message)
        return put(conditions, Said(PROGRESSING, "False", TIMED_OUT, message), change.now)
    return conditions


def _aborted(conditions: Conditions, change: Change, why: str) -> Conditions:
    message = f"Rollout aborted update to revision {change.goal.revision}" + (f": {why}" if why else "")
    return put(conditions, Said(PROGRESSING, "False", ABORTED, message), change.now)


def _gives_up(change: Change) -> bool:
    """Whether an update that is late is aborted (``progressDeadlineAbort``); what is promoted stays."""
    return change.rollout.spec.progress_deadline_abort and not change.is_completed


def _is_late(conditions: Conditions, change: Change) -> bool:
    current = find(conditions, PROGRESSING)
    if current is not None and current.reason == TIMED_OUT and _gives_up(change):
        return True
    end = timeout_at(conditions, change.rollout.progress_deadline)
    return end is not None and may_time_out(change) and change.now.timestamp() > end


def may_time_out(change: Change) -> bool:
    """Whether the clock of the progress deadline runs: not where something else sets the pace."""
    canary, index = change.rollout.spec.strategy.canary, change.new.current_step_index
    steps = canary.steps if canary else ()
    step = steps[index] if index is not None and index < len(steps) else None
    sets_own_pace = step is not None and (step.pause or step.analysis or step.experiment) is not None
    return not (
        sets_own_pace
        or _is_analysed(change)
        or change.is_paused
        or any(item.has_deadline for item in change.fleet.others)
    )


def _is_analysed(change: Change) -> bool:
    """Whether blue-green waits for a verdict: that comes when the measurements say so."""
    shown = change.new.blue_green
    runs = (shown.pre_promotion_analysis_run_status, shown.post_promotion_analysis_run_status)
    return not change.is_completed and any(run is not None and run.status in _OPEN for run in runs)


def _pause(conditions: Conditions, change: Change) -> Conditions:
    current = find(conditions, PROGRESSING)
    reason = current.reason if current else ""
    if reason != ABORTED and not change.is_completed:
        if change.is_paused and reason != PAUSED:
            said = Said(PROGRESSING, "Unknown", PAUSED, "Rollout is paused")
            conditions = put(conditions, said, change.now)
        elif not change.is_paused and reason == PAUSED:
            said = Said(PROGRESSING, "Unknown", "RolloutResumed", "Rollout is resumed")
            conditions = put(conditions, said, change.now)
    if change.is_paused or find(conditions, "Paused"):
        status = "True" if change.is_paused else "False"
        conditions = put(conditions, Said("Paused", status, PAUSED, "Rollout is paused"), change.now)
    return conditions


def _healthy(conditions: Conditions, change: Change) -> Conditions:
    if change.is_healthy and not change.is_paused:
        return put(conditions, Said("Healthy", "True", "RolloutHealthy", "Rollout is healthy"), change.now)
    if find(conditions, "Healthy"):
        return put(conditions, Said("Healthy", "False", "RolloutHealthy", "Rollout is not healthy"), change.now)
    return conditions


def _available(conditions: Conditions, change: Change) -> Conditions:
    is_available = (change.new.available_replicas or 0) >= change.rollout.replicas
    message = "Rollout has minimum availability" if is_available else "Rollout does not have minimum availability"
    return put(conditions, Said("Available", str(is_available), "AvailableReason", message), change.now)


def _replica_failure(conditions: Conditions, change: Change) -> Conditions:
    sets = (change.fleet.new, *change.fleet.all)
    failures = (item for owner in sets if owner for item in owner.status.conditions if item.type == "ReplicaFailure")
    failure = next(failures, None)
    if failure is None:
        return without(conditions, "ReplicaFailure")
    return put(conditions, Said("ReplicaFailure", failure.status, failure.reason, failure.message), change.now)


def _completed(conditions: Conditions, change: Change) -> Conditions:
    status = str(change.is_completed)
    return put(conditions, Said("Completed", status, COMPLETED, COMPLETED), change.now)


def _set_name(change: Change) -> str:
    return change.fleet.new.name if change.fleet.new else f"{change.rollout.name}-{change.fleet.hash}"


def _is_true(conditions: Conditions, type_: str) -> bool:
    item = find(conditions, type_)
    return item is not None and item.status == "True"


def _switched(status: RolloutStatus) -> tuple[str, str]:
    return status.blue_green.active_selector, status.blue_green.preview_selector


def _left(status: RolloutStatus) -> int:
    """Pods of older versions."""
    return (status.replicas or 0) - (status.updated_replicas or 0)
