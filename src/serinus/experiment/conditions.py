"""The conditions of an Experiment, in the words of Argo Rollouts: clients wait for them."""

from datetime import datetime

from serinus.api.conditions import Conditions, Said, find, put, without
from serinus.api.experiment import Experiment, ExperimentStatus
from serinus.experiment.progress import end_of

_INVALID, _PROGRESSING = "InvalidSpec", "Progressing"


def invalid(experiment: Experiment, message: str, now: datetime) -> Conditions:
    """The conditions of an Experiment whose spec is wrong."""
    return _put(experiment.status.conditions, Said(_INVALID, "True", _INVALID, message), now)


def progressing(experiment: Experiment, status: ExperimentStatus, now: datetime) -> Conditions:
    """The conditions of an Experiment that stands as ``status`` says."""
    kept = without(experiment.status.conditions, _INVALID)
    name, end = f'Experiment "{experiment.name}"', end_of(experiment, status.available_at)
    if status.phase == "Successful":
        said = Said(_PROGRESSING, "False", "ExperimentCompleted", f"{name} has successfully ran and completed.")
    elif _counts(status) != _counts(experiment.status):
        said = Said(_PROGRESSING, "True", "ReplicaSetUpdated", f"{name} is progressing.")
    elif status.available_at is not None and (end is None or now < end):
        said = Said(_PROGRESSING, "True", "NewReplicaSetAvailable", f"{name} is running.")
    else:
        return kept
    return _put(kept, said, now)


def _counts(status: ExperimentStatus) -> list[tuple[str, int, int, int]]:
    return [
        (item.name, item.replicas, item.ready_replicas, item.available_replicas) for item in status.template_statuses
    ]


def _put(conditions: Conditions, said: Said, now: datetime) -> Conditions:
    old = find(conditions, said.type)
    return put(conditions, said, now, refresh=old is not None and old.message != said.message)
