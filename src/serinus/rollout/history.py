"""Which old versions are forgotten."""

from serinus.api.rollout import Rollout
from serinus.api.workload import ReplicaSet
from serinus.rollout.fleet import Fleet


def surplus(rollout: Rollout, fleet: Fleet) -> tuple[ReplicaSet, ...]:
    """The ReplicaSets beyond ``revisionHistoryLimit``, oldest first: only those without any pod."""
    count = len(fleet.others) - rollout.history_limit
    idle = [item for item in fleet.others if _is_idle(item)]
    return tuple(idle[: max(0, count)])


def _is_idle(item: ReplicaSet) -> bool:
    is_observed = item.status.observed_generation >= item.metadata.generation
    return item.replicas == 0 and item.status.replicas == 0 and is_observed
