"""How many pods new and stable should have at a step, and what is still missing."""

from serinus.api.amounts import int_or_percent
from serinus.api.canary import CanaryStrategy, ReplicaProgressThreshold
from serinus.api.rollout import Rollout
from serinus.api.workload import ReplicaSet
from serinus.rollout import sizing, weight
from serinus.rollout.fleet import Fleet
from serinus.rollout.progress import Progress
from serinus.rollout.sizing import Bounds, Sizes

_QUARTER = "25%"


def canary_of(rollout: Rollout) -> CanaryStrategy:
    """The canary strategy; an empty one where none is set."""
    return rollout.spec.strategy.canary or CanaryStrategy()


def bounds_of(rollout: Rollout) -> Bounds:
    """MaxSurge and maxUnavailable in pods."""
    canary, total = canary_of(rollout), rollout.replicas
    surge = canary.max_surge if canary.max_surge is not None else _QUARTER
    unavailable = canary.max_unavailable if canary.max_unavailable is not None else _QUARTER
    return sizing.bounds(
        total,
        int_or_percent(surge, total, round_up=True),
        int_or_percent(unavailable, total, round_up=False),
    )


def desired_weight(rollout: Rollout, fleet: Fleet, progress: Progress) -> int:
    """The weight that the canary's size follows."""
    canary = canary_of(rollout)
    if progress.promote_full or fleet.stable is None or progress.stable_hash == fleet.hash:
        return canary.max_weight
    return 0 if progress.is_aborted else weight.at_step(canary, progress.index)


def target(rollout: Rollout, fleet: Fleet, progress: Progress) -> Sizes:
    """The sizes at which the current step has the pods that it wants."""
    canary, total = canary_of(rollout), rollout.replicas
    if fleet.stable is None or progress.stable_hash == fleet.hash:
        return Sizes(total, 0 if fleet.stable is not fleet.new else total)
    wanted = desired_weight(rollout, fleet, progress)
    if canary.traffic_routing is None:
        return sizing.approximate(wanted, canary.max_weight, bounds_of(rollout))
    return Sizes(_routed(rollout, progress, wanted), total)


def _routed(rollout: Rollout, progress: Progress, wanted: int) -> int:
    canary, total = canary_of(rollout), rollout.replicas
    is_scaled = not progress.promote_full and (not progress.is_aborted or canary.abort_scale_down_delay_seconds == 0)
    scale = weight.scale_at_step(canary, progress.index) if is_scaled else None
    if scale is not None and scale.replicas is not None:
        return scale.replicas
    if scale is not None and scale.weight is not None:
        wanted = scale.weight
    share = sizing.share(wanted, canary.max_weight, total)
    return sizing.at_least(share, canary.min_pods_per_replica_set, total)


def missing(rollout: Rollout, fleet: Fleet, progress: Progress) -> tuple[str, ...]:
    """What keeps pods from being as the current step wants them."""
    canary, sizes = canary_of(rollout), target(rollout, fleet, progress)
    reasons = []
    if fleet.new is not None and not fleet.new.is_observed:
        reasons.append(f"the size of {fleet.new.name} is not in effect yet")
    elif not is_reached(fleet.new, sizes.new, canary.replica_progress_threshold):
        reasons.append(f"canary has {fleet.new.available if fleet.new else 0} of {sizes.new} available")
    if fleet.stable is not None and not canary.dynamic_stable_scale and not _is_sized(fleet.stable, sizes.stable):
        reasons.append(f"stable has {fleet.stable.status.replicas} of {sizes.stable} pods")
    serving = sum(item.available for item in fleet.others)
    if canary.traffic_routing is None and serving:
        reasons.append(f"older versions still have {serving} pods available")
    return tuple(reasons)


def is_short(rollout: Rollout, fleet: Fleet, progress: Progress) -> bool:
    """Whether pods are still too few for the weight of the current step; too many are no obstacle."""
    canary, sizes = canary_of(rollout), target(rollout, fleet, progress)
    new, stable = fleet.new, fleet.stable
    if new is None or not new.is_observed:
        return True
    if stable is not None and not canary.dynamic_stable_scale and stable.status.replicas < sizes.stable:
        return True
    return new.serving < sizes.new and not is_reached(new, sizes.new, canary.replica_progress_threshold)


def is_reached(item: ReplicaSet | None, wanted: int, threshold: ReplicaProgressThreshold | None) -> bool:
    """Whether enough pods of a version serve (``replicaProgressThreshold``)."""
    if item is None:
        return wanted == 0
    if threshold is None or threshold.value < 0:
        return item.replicas == wanted and item.available == wanted
    if threshold.type == "Pods":
        return item.available >= min(threshold.value, wanted)
    return wanted == 0 or item.available * 100 >= threshold.value * wanted


def _is_sized(item: ReplicaSet, wanted: int) -> bool:
    return item.replicas == wanted and item.status.replicas == wanted
