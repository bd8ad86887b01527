"""Which versions lose traffic by a decision.

A scale-down delay counts from the last loss of traffic. One that began with an earlier loss, of a part only, says
nothing about when the rest has gone.
"""

from collections import Counter

from msgspec.structs import replace

from serinus.api import keys
from serinus.api.status import TrafficWeights
from serinus.api.workload import ReplicaSet
from serinus.plan import Seen
from serinus.rollout.fleet import Fleet
from serinus.rollout.progress import Progress
from serinus.rollout.target import canary_of
from serinus.rollout.traffic import Split, canary_hash


def undelayed(seen: Seen, fleet: Fleet, progress: Progress, split: Split) -> Fleet:
    """The same versions, without the delays of those that lose traffic now: these begin anew."""
    lost = _before(seen.rollout.status.canary.weights) - _after(seen, fleet, progress, split)
    new, stable, *others = (_undelayed(item, lost) for item in (fleet.new, fleet.stable, *fleet.others))
    return Fleet(fleet.hash, new, new if fleet.is_settled else stable, tuple(item for item in others if item))


def _before(weights: TrafficWeights | None) -> Counter[str]:
    shares: Counter[str] = Counter()
    for part in (weights.canary, weights.stable) if weights else ():
        shares[part.pod_template_hash] += part.weight
    return shares


def _after(seen: Seen, fleet: Fleet, progress: Progress, split: Split) -> Counter[str]:
    shares = Counter({canary_hash(seen, fleet, split): split.weight})
    shares[progress.stable_hash] += canary_of(seen.rollout).max_weight - split.weight
    return shares


def _undelayed(item: ReplicaSet | None, lost: Counter[str]) -> ReplicaSet | None:
    if item is None or item.hash not in lost or not item.has_deadline:
        return item
    kept = {key: value for key, value in item.metadata.annotations.items() if key != keys.SCALE_DOWN_DEADLINE}
    return replace(item, metadata=replace(item.metadata, annotations=kept))
