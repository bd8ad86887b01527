"""The conditions of an Experiment, in the words of Argo Rollouts: clients wait for them."""

from datetime import datetime

from serinus.api.experiment import Experiment, ExperimentStatus
from serinus.api.meta import Condition
from serinus.experiment.progress import end_of

_INVALID, _PROGRESSING = "InvalidSpec", "Progressing"


def invalid(experiment: Experiment, message: str, now: datetime) -> tuple[Condition, ...]:
    """The conditions of an Experiment whose spec is wrong."""
    return _put(experiment.status.conditions, _INVALID, ("True", _INVALID, message), now)


def progressing(experiment: Experiment, status: ExperimentStatus, now: datetime) -> tuple[Condition, ...]:
    """The conditions of an Experiment that stands as ``status`` says."""
    kept = tuple(item for item in experiment.status.conditions if item.type != _INVALID)
    name, end = f'Experiment "{experiment.name}"', end_of(experiment, status.available_at)
    if status.phase == "Successful":
        said = ("False", "ExperimentCompleted", f"{name} has successfully ran and completed.")
    elif _counts(status) != _counts(experiment.status):
        said = ("True", "ReplicaSetUpdated", f"{name} is progressing.")
    elif status.available_at is not None and (end is None or now < end):
        said = ("True", "NewReplicaSetAvailable", f"{name} is running.")
    else:
        return kept
    return _put(kept, _PROGRESSING, said, now)


def _counts(status: ExperimentStatus) -> list[tuple[str, int, int, int]]:
    return [
        (item.name, item.replicas, item.ready_replicas, item.available_replicas) for item in status.template_statuses
    ]


def _put(
    conditions: tuple[Condition, ...], type_: str, said: tuple[str, str, str], now: datetime
) -> tuple[Condition, ...]:
    status, reason, message = said
    old = next((item for item in conditions if item.type == type_), None)
    if old is not None and (old.status, old.reason, old.message) == said:
        return conditions
    moment = now.replace(microsecond=0)
    since = old.last_transition_time if old is not None and old.status == status else moment
    new = Condition(
        type=type_,
        status=status,
        last_update_time=moment,
        last_transition_time=since,
        reason=reason,
        message=message,
    )
    return (*(item for item in conditions if item.type != type_), new)
