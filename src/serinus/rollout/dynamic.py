"""``dynamicStableScale``: the stable version gives pods up as traffic leaves it, and gets them back before it returns.

Weight and pods are worked out together, in both directions: a version never has more traffic than its serving pods
carry.
"""

from serinus.plan import Seen
from serinus.rollout import sizing
from serinus.rollout.fleet import Fleet
from serinus.rollout.progress import Progress
from serinus.rollout.target import canary_of


def is_dynamic(seen: Seen) -> bool:
    """Whether the stable version is sized by its traffic."""
    canary = canary_of(seen.rollout)
    return canary.dynamic_stable_scale and canary.traffic_routing is not None


def returning_weight(seen: Seen, fleet: Fleet, progress: Progress) -> int:
    """What the canary must go on carrying while the stable version gets its pods back; 0 when it has them.

    For an abort, for a template that is set back to the stable one in mid-update, and for one that is replaced: the
    version that has the weight carries on until then.
    """
    weights = seen.rollout.status.canary.weights
    is_back = progress.is_aborted or (progress.stable_hash == fleet.hash and not progress.promotion)
    if not (is_back or is_superseding(seen, fleet)):
        return 0
    if weights is None or weights.canary.weight == 0 or weights.canary.pod_template_hash == "":
        return 0
    canary, total = canary_of(seen.rollout), seen.rollout.replicas
    serving = fleet.stable.serving if fleet.stable and fleet.stable.is_observed else 0
    if weights.canary.pod_template_hash == progress.stable_hash or serving >= total:
        return 0
    return min(weights.canary.weight, sizing.share(total - serving, total, canary.max_weight))


def is_superseding(seen: Seen, fleet: Fleet) -> bool:
    """Whether another version than the new one, and than the stable one, has the canary's weight and can carry it."""
    weights = seen.rollout.status.canary.weights
    carrying = (item.hash for item in fleet.others if item.serving > 0)
    return weights is not None and weights.canary.weight > 0 and weights.canary.pod_template_hash in carrying


def growing_weight(seen: Seen, fleet: Fleet) -> int:
    """On a full promotion the canary gets what its serving pods carry."""
    canary, total = canary_of(seen.rollout), seen.rollout.replicas
    serving = fleet.new.serving if fleet.new else 0
    return min(canary.max_weight, canary.max_weight * serving // total) if total else 0


def stable_size(seen: Seen, wanted: int) -> int:
    """The stable version's pods: enough for what it has, and for what it is to have at ``wanted`` for the canary.

    One stays in any case: a router that finds nothing behind the stable Service answers with errors, even where all
    traffic goes to the canary.
    """
    canary, total = canary_of(seen.rollout), seen.rollout.replicas
    weights = seen.rollout.status.canary.weights
    actual = weights.stable.weight if weights else canary.max_weight
    share = sizing.share(max(canary.max_weight - wanted, actual), canary.max_weight, total)
    return sizing.at_least(max(share, min(1, total)), canary.min_pods_per_replica_set, total)
