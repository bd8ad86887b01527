"""The decided traffic: what routers are told."""

from datetime import datetime

from msgspec import Struct

from serinus.plan import Seen
from serinus.rollout.fleet import Fleet
from serinus.rollout.managed import header_routes, mirror_routes
from serinus.rollout.pingpong import after
from serinus.rollout.progress import Progress
from serinus.rollout.target import canary_of
from serinus.traffic.router import Destination, Traffic


class Split(Struct, frozen=True):
    """The decided traffic: the canary's weight of ``max_weight``.

    ``over`` says that nothing of the update should be left in the routes; ``until`` that they stay as they are until
    then, since what was just moved may not be in effect everywhere.
    """

    weight: int
    over: bool
    why: tuple[str, ...] = ()
    until: datetime | None = None
    additional: tuple[Destination, ...] = ()
    """What the fleets of an Experiment get."""
    kept: tuple[str, ...] = ()
    """Why the weight is not yet what the step wants: until it is, it needs the pods that it has."""
    is_returning: bool = False
    """Whether the weight is what is left to the version that loses it."""


def traffic_of(seen: Seen, fleet: Fleet, progress: Progress, split: Split) -> Traffic:
    """The decided split with all that routers need to bring it about."""
    canary = canary_of(seen.rollout)
    is_skipped = progress.promote_full or bool(progress.rollback)
    is_bare = split.over or split.is_returning or is_skipped or fleet.new is None or fleet.new.available == 0
    observed = [item for item in fleet.all if item.is_observed and item.serving > 0]
    return Traffic(
        rollout=after(seen.rollout, progress.stable_hash),
        weight=split.weight,
        max_weight=canary.max_weight,
        over=split.over,
        cleanup=seen.settings.traffic_cleanup,
        canary_hash=canary_hash(seen, fleet, split),
        stable_hash=progress.stable_hash,
        additional=split.additional,
        header_routes=() if is_bare else header_routes(canary, progress.index),
        mirror_routes=() if is_bare else mirror_routes(canary, progress.index),
        serving=frozenset(item.hash for item in observed),
        whole=frozenset(item.hash for item in observed if item.serving >= item.replicas),
        is_settling=split.until is not None,
    )


def canary_hash(seen: Seen, fleet: Fleet, split: Split) -> str:
    """The version that the canary's weight leads to: the one that is being left, while it is."""
    weights = seen.rollout.status.canary.weights
    return weights.canary.pod_template_hash if split.is_returning and weights is not None else fleet.hash
