"""The decision about one Experiment."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from msgspec import to_builtins
from msgspec.structs import replace

from serinus.analysis.phases import COMPLETED
from serinus.api import keys
from serinus.api.experiment import Experiment, ExperimentStatus
from serinus.api.kinds import ANALYSIS_RUN, REPLICA_SET, SERVICE
from serinus.api.moments import earliest_of, timestamp, whole_second
from serinus.api.patches import exact_difference
from serinus.api.workload import ReplicaSet
from serinus.experiment.conditions import invalid, progressing
from serinus.experiment.events import events_of
from serinus.experiment.fleets import Fleet, fleets_of, replica_set_manifest, service_manifest
from serinus.experiment.progress import Progress, advance, deadline_of, end_of
from serinus.experiment.validate import problem
from serinus.plan import Create, Created, Delete, Patch, Plan, Ref, SeenExperiment, Write

_DELAY = 30
"""Seconds that pods stay after the end, where the user does not say: time for traffic to leave them."""
_RETRY = timedelta(seconds=20)
"""After how long a ReplicaSet that was refused for the moment is tried again."""


def plan_experiment(seen: SeenExperiment, now: datetime) -> Plan:
    """Say what must change for this Experiment to move one step forward."""
    experiment = seen.experiment
    if wrong := problem(experiment):
        return refuse(experiment, wrong, now)
    fleets = fleets_of(seen)
    progress = advance(seen, fleets, now)
    status = replace(
        experiment.status,
        phase=progress.phase,
        message=progress.message,
        available_at=progress.available_at,
        template_statuses=progress.templates,
        analysis_runs=progress.analyses.statuses,
    )
    status = replace(status, conditions=progressing(experiment, status, now))
    writes = tuple(_writes(seen, fleets, progress, now))
    return Plan(
        writes=writes,
        status=_patch(experiment.status, status),
        events=events_of(experiment, status, writes),
        wake=_wake(seen, fleets, progress, now),
        why=tuple(_why(fleets, progress)),
    )


def refuse(experiment: Experiment, message: str, now: datetime) -> Plan:
    """Say what is wrong with an Experiment, and touch nothing else."""
    status = replace(experiment.status, conditions=invalid(experiment, message, now))
    return Plan(status=_patch(experiment.status, status), why=(message,))


def _writes(seen: SeenExperiment, fleets: tuple[Fleet, ...], progress: Progress, now: datetime) -> Iterator[Write]:
    """What makes comes before what takes away."""
    wanted = [fleet for fleet in fleets if _is_wanted(fleet, progress)]
    for fleet in wanted:
        yield from _grown(seen, fleet)
    for manifest in progress.analyses.made:
        yield Create(_ref(seen, ANALYSIS_RUN, manifest["metadata"]["name"]), manifest)
    if progress.is_over or progress.is_ending:
        for run in seen.runs:
            if run.status.phase not in COMPLETED and not run.spec.terminate:
                body = {"metadata": {"uid": run.metadata.uid}, "spec": {"terminate": True}}
                yield Patch(_ref(seen, ANALYSIS_RUN, run.name), body)
    for fleet in fleets:
        if fleet not in wanted:
            yield from _shrunk(seen, fleet, now)


def _is_wanted(fleet: Fleet, progress: Progress) -> bool:
    status = next(item.status for item in progress.templates if item.name == fleet.template.name)
    return not (progress.is_ending or progress.is_over or status in COMPLETED or fleet.trouble)


def _grown(seen: SeenExperiment, fleet: Fleet) -> Iterator[Write]:
    found = fleet.found
    if found is None:
        yield Create(_ref(seen, REPLICA_SET, fleet.name), replica_set_manifest(seen.experiment, fleet))
    elif found.replicas != fleet.replicas or found.has_deadline:
        yield _resized(seen, found, fleet.replicas)
    if fleet.service_name and fleet.service is None:
        yield Create(_ref(seen, SERVICE, fleet.service_name), service_manifest(seen.experiment, fleet))


def _shrunk(seen: SeenExperiment, fleet: Fleet, now: datetime) -> Iterator[Write]:
    """Pods outlive the verdict by a delay; the end of it stands on the ReplicaSet, so it survives a restart."""
    found, service = fleet.found, fleet.service
    if found is not None and found.replicas and found.has_deadline:
        if found.deadline is None or now >= found.deadline:
            yield _resized(seen, found, 0)
    elif found is not None and found.replicas:
        yield _noted(seen, found, now) if _delay(seen.experiment) else _resized(seen, found, 0)
    is_empty = found is None or (found.replicas == 0 and found.available == 0)
    if service is not None and is_empty and service.metadata.is_controlled_by(seen.experiment.metadata):
        yield Delete(_ref(seen, SERVICE, fleet.service_name), service.metadata.uid)


def _resized(seen: SeenExperiment, found: ReplicaSet, replicas: int) -> Patch:
    body: dict[str, Any] = {"spec": {"replicas": replicas}}
    if found.has_deadline:
        body["metadata"] = {"annotations": {keys.SCALE_DOWN_DEADLINE: None}}
    return Patch(_ref(seen, REPLICA_SET, found.name), body)


def _noted(seen: SeenExperiment, found: ReplicaSet, now: datetime) -> Patch:
    end = whole_second(now) + timedelta(seconds=_delay(seen.experiment))
    note = {keys.SCALE_DOWN_DEADLINE: timestamp(end)}
    return Patch(_ref(seen, REPLICA_SET, found.name), {"metadata": {"annotations": note}})


def _delay(experiment: Experiment) -> int:
    delay = experiment.spec.scale_down_delay_seconds
    return _DELAY if delay is None else delay


def _ref(seen: SeenExperiment, kind: Any, name: str) -> Ref:
    return Ref(kind, seen.experiment.metadata.namespace, name)


def _patch(old: ExperimentStatus, new: ExperimentStatus) -> dict[str, Any]:
    return exact_difference(to_builtins(old), to_builtins(new))


def _wake(seen: SeenExperiment, fleets: tuple[Fleet, ...], progress: Progress, now: datetime) -> datetime | None:
    experiment = seen.experiment
    sets = [fleet.found for fleet in fleets if fleet.found is not None and fleet.found.replicas]
    moments = [item.deadline for item in sets]
    if not progress.is_over:
        moments += [end_of(experiment, progress.available_at)]
        moments += [deadline_of(experiment, item) for item in progress.templates]
    if any(Created(fleet.name) in seen.answers for fleet in fleets):
        moments += [now + _RETRY]
    return earliest_of(moment for moment in moments if moment is not None and moment > now)


def _why(fleets: tuple[Fleet, ...], progress: Progress) -> Iterator[str]:
    if progress.message:
        yield progress.message
    if progress.is_over:
        return
    for fleet, status in zip(fleets, progress.templates, strict=True):
        if status.status == "Progressing":
            yield f"template {status.name} has {status.available_replicas} of {fleet.replicas} available"
    for run in progress.analyses.statuses:
        if run.phase not in COMPLETED:
            yield f"analysis {run.name} is {run.phase or 'Pending'}"
