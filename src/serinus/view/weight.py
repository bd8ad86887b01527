"""Steps and traffic weights as people are shown them."""

from collections.abc import Iterable

from serinus.api.canary import CanaryStrategy
from serinus.api.rollout import Rollout
from serinus.api.workload import ReplicaSet


def step_text(rollout: Rollout) -> str:
    """The current step and the number of steps, as in ``1/8``; empty without steps."""
    canary, index = rollout.spec.strategy.canary, rollout.status.current_step_index
    return f"{index}/{len(canary.steps)}" if canary and canary.steps and index is not None else ""


def set_weight(rollout: Rollout) -> int | None:
    """The weight that the canary should have now; None for blue-green."""
    canary, status = rollout.spec.strategy.canary, rollout.status
    if canary is None:
        return None
    if not status.stable_rs or status.stable_rs == status.current_pod_hash:
        return canary.max_weight
    if status.abort:
        return 0
    index = status.current_step_index
    return canary.max_weight if _is_past(canary, index) else _last_weight(canary, index or 0)


def actual_weight(rollout: Rollout, owned: Iterable[ReplicaSet]) -> int | None:
    """The weight that the canary has now; None for blue-green.

    Without a traffic router it is the share of available pods, with one it is what the controller last reported.
    """
    canary, status = rollout.spec.strategy.canary, rollout.status
    if canary is None:
        return None
    if _is_past(canary, status.current_step_index):
        return canary.max_weight
    if not status.available_replicas:
        return 0
    if canary.traffic_routing is not None:
        weights = status.canary.weights
        return weights.canary.weight if weights else set_weight(rollout)
    available = sum(item.available for item in owned if is_canary(rollout, item))
    return available * canary.max_weight // status.available_replicas


def is_stable(rollout: Rollout, item: ReplicaSet) -> bool:
    """Whether a ReplicaSet is the version that was last promoted."""
    return bool(item.hash) and item.hash == rollout.status.stable_rs


def is_canary(rollout: Rollout, item: ReplicaSet) -> bool:
    """Whether a ReplicaSet is the version that is being rolled out."""
    return bool(item.hash) and item.hash == rollout.status.current_pod_hash and not is_stable(rollout, item)


def _is_past(canary: CanaryStrategy, index: int | None) -> bool:
    return not canary.steps or (index is not None and index >= len(canary.steps))


def _last_weight(canary: CanaryStrategy, index: int) -> int:
    weights = (step.set_weight for step in reversed(canary.steps[: index + 1]))
    return next((weight for weight in weights if weight is not None), 0)
