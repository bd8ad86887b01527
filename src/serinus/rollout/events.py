"""What is told of a decision, for people and for notifications.

Reasons and sentences are those of Argo Rollouts: alerts and notification triggers match them.
"""

from collections.abc import Iterator

from serinus.api import keys
from serinus.api.conditions import find
from serinus.api.kinds import EXPERIMENT, REPLICA_SET, SERVICE
from serinus.api.status import RolloutStatus, StepPluginStatus, WeightDestination
from serinus.api.workload import ReplicaSet
from serinus.plan import Create, Event, Patch, Seen, Write
from serinus.rollout.conditions import ABORTED, PROGRESSING
from serinus.rollout.fleet import Fleet
from serinus.rollout.goal import Goal


def events_of(
    seen: Seen, fleet: Fleet, goal: Goal, status: RolloutStatus, writes: tuple[Write, ...]
) -> tuple[Event, ...]:
    """Every event of a decision, in the order in which things happen."""
    return (
        *(event for write in writes for event in _of_write(seen, fleet, goal, write)),
        *_of_weight(seen, status),
        *(
            Event("WeightVerifyError", f"Failed to verify weight: {why}", "Warning")
            for why in goal.confirmation.refused
        ),
        *_of_plugins(seen.rollout.status, status),
        *goal.progress.events,
        *_of_progress(seen, fleet, goal, status),
    )


def _of_write(seen: Seen, fleet: Fleet, goal: Goal, write: Write) -> Iterator[Event]:
    match write:
        case Create(ref, manifest) if ref.kind is REPLICA_SET:
            yield Event("NewReplicaSetCreated", f"Created ReplicaSet {ref.name} (revision {goal.revision})")
            if size := manifest["spec"]["replicas"]:
                yield _scaled(ref.name, goal.revision, 0, size)
        case Create(ref) if ref.kind is EXPERIMENT:
            yield Event("ExperimentCreated", f"Created Experiment '{ref.name}'")
        case Create(event=Event() as event) | Patch(event=Event() as event):
            yield event
        case Patch(ref, body) if ref.kind is REPLICA_SET and "replicas" in body.get("spec", {}):
            yield from _resized(fleet, goal, ref.name, body["spec"]["replicas"])
        case Patch(ref, body) if ref.kind is SERVICE:
            old, new = seen.services[ref.name].hash, body["spec"]["selector"][keys.POD_TEMPLATE_HASH]
            yield Event("SwitchService", f"Switched selector for service '{ref.name}' from '{old}' to '{new}'")


def _resized(fleet: Fleet, goal: Goal, name: str, size: int) -> Iterator[Event]:
    item = next((item for item in fleet.all if item.name == name), None)
    if item is not None:
        yield _scaled(name, _number(item, fleet, goal), item.replicas, size)


def _number(item: ReplicaSet, fleet: Fleet, goal: Goal) -> int:
    return goal.revision if item is fleet.new else item.revision


def _scaled(name: str, revision: int, old: int, new: int) -> Event:
    direction = "up" if new > old else "down"
    return Event("ScalingReplicaSet", f"Scaled {direction} ReplicaSet {name} (revision {revision}) from {old} to {new}")


def _of_weight(seen: Seen, status: RolloutStatus) -> Iterator[Event]:
    old, new = seen.rollout.status.canary.weights, status.canary.weights
    if new is None:
        return
    changes = []
    if old is None or old.canary.weight != new.canary.weight:
        changes.append(f"to {new.canary.weight}" if old is None else f"from {old.canary.weight} to {new.canary.weight}")
    if old is not None and old.additional != new.additional:
        changes.append(f"additional: [{' '.join(map(_destination, new.additional))}]")
    if changes:
        yield Event("TrafficWeightUpdated", f"Traffic weight updated {', '.join(changes)}")


def _destination(item: WeightDestination) -> str:
    return f"{{{item.weight} {item.service_name} {item.pod_template_hash}}}"


def _of_plugins(old: RolloutStatus, new: RolloutStatus) -> Iterator[Event]:
    """How step plugins go on; the success of a step is told as that of any other step."""
    before = {_place(item): item.phase for item in old.canary.step_plugin_statuses}
    for item in new.canary.step_plugin_statuses:
        is_told_elsewhere = item.disabled or (item.operation == "Run" and item.phase == "Successful")
        if before.get(_place(item)) != item.phase and not is_told_elsewhere:
            text = f"Step plugin {item.name} of step {item.index + 1}: {item.operation} is {item.phase}"
            is_bad = item.phase in {"Failed", "Error"}
            text += f": {item.message}" if item.message else ""
            yield Event("StepPluginTransition", text, "Warning" if is_bad else "Normal")


def _place(item: StepPluginStatus) -> tuple[int, str]:
    return item.index, item.operation


def _of_progress(seen: Seen, fleet: Fleet, goal: Goal, status: RolloutStatus) -> Iterator[Event]:
    progress, old = goal.progress, seen.rollout.status
    if seen.rollout.metadata.annotations.get(keys.REVISION) != str(goal.revision):
        yield Event("RolloutUpdated", f"Rollout updated to revision {goal.revision}")
    if progress.is_fresh and old.stable_rs != fleet.hash and _may_be_complete(old):
        text = f"Rollout not completed, started update to revision {goal.revision} ({status.current_pod_hash})"
        yield Event("RolloutNotCompleted", text)
    aborted = find(status.conditions, PROGRESSING)
    if aborted is not None and aborted.reason == ABORTED and not _has_reason(old, ABORTED):
        yield Event("RolloutAborted", aborted.message, "Warning")
    if old.pauses and not progress.pauses and not progress.is_aborted:
        yield Event("RolloutResumed", "Rollout is resumed")
    if progress.promotion and old.stable_rs != progress.stable_hash:
        text = f"Rollout completed update to revision {goal.revision} ({status.current_pod_hash})"
        yield Event("RolloutCompleted", f"{text}: {progress.promotion}")


def _may_be_complete(status: RolloutStatus) -> bool:
    """Whether nobody has been told yet that it is not."""
    condition = status.condition("Completed")
    return condition is None or condition.status == "True"


def _has_reason(status: RolloutStatus, reason: str) -> bool:
    return any(condition.reason == reason for condition in status.conditions)
