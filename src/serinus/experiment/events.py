"""What is told of a decision about an Experiment, in the words of Argo Rollouts: alerts match them."""

from collections.abc import Iterator

from serinus.api.experiment import Experiment, ExperimentStatus
from serinus.api.kinds import ANALYSIS_RUN, REPLICA_SET
from serinus.plan import Create, Event, Patch, Write

_BAD = {"Failed", "Error"}


def events_of(experiment: Experiment, status: ExperimentStatus, writes: tuple[Write, ...]) -> tuple[Event, ...]:
    """Every event of a decision, in the order in which things happen."""
    return (
        *(event for write in writes for event in _of_write(status, write)),
        *_of_templates(experiment.status, status),
        *_of_runs(experiment.status, status),
        *_of_phase(experiment.status, status),
    )


def _of_write(status: ExperimentStatus, write: Write) -> Iterator[Event]:
    match write:
        case Create(ref) if ref.kind is REPLICA_SET:
            yield Event("NewReplicaSetCreated", f"Created ReplicaSet {ref.name}")
        case Patch(ref, body) if ref.kind is REPLICA_SET and "spec" in body:
            size = body["spec"]["replicas"]
            yield Event("ScalingReplicaSet", f"Scaled {'up' if size else 'down'} ReplicaSet {ref.name} to {size}")
        case Patch(ref, body) if ref.kind is ANALYSIS_RUN and body.get("spec", {}).get("terminate"):
            name = next((item.name for item in status.analysis_runs if item.analysis_run == ref.name), ref.name)
            yield Event("AnalysisRunTerminating", f"Terminating {name} ({ref.name})")


def _of_templates(old: ExperimentStatus, new: ExperimentStatus) -> Iterator[Event]:
    before = {item.name: item.status for item in old.template_statuses}
    for item in new.template_statuses:
        if before.get(item.name) != item.status:
            subject = f"Template '{item.name}'"
            yield _told(f"Template{item.status}", subject, before.get(item.name, ""), item.status, item.message)


def _of_runs(old: ExperimentStatus, new: ExperimentStatus) -> Iterator[Event]:
    before = {item.name: item.phase for item in old.analysis_runs}
    for item in new.analysis_runs:
        if before.get(item.name) != item.phase:
            subject = f"AnalysisRun '{item.name}'"
            yield _told(f"AnalysisRun{item.phase}", subject, before.get(item.name, ""), item.phase, item.message)


def _of_phase(old: ExperimentStatus, new: ExperimentStatus) -> Iterator[Event]:
    if old.phase != new.phase:
        yield _told(f"Experiment{new.phase}", "Experiment", old.phase, new.phase, new.message)


def _told(reason: str, subject: str, old: str, new: str, message: str) -> Event:
    text = f"{subject} transitioned from {old} -> {new}" + (f": {message}" if message else "")
    return Event(reason, text, "Warning" if new in _BAD else "Normal")
