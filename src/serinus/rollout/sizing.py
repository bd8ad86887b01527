"""How many pods each version gets: arithmetic only.

Two sets of rules. Without a traffic router the ratio of pods is the ratio of traffic, so canary and stable share N pods
within maxSurge and maxUnavailable. With a router the weight is exact, and the canary only needs enough pods for it.
"""

import math

from msgspec import Struct


class Pods(Struct, frozen=True):
    """Pods of one version: how many are wanted now, and how many serve.

    Where ``is_observed`` is false, some that serve may be about to end.
    """

    wanted: int = 0
    available: int = 0
    is_observed: bool = True


class Bounds(Struct, frozen=True):
    """What sizing must keep to.

    ``total`` pods as the user wants them, at most ``surge`` more, at most ``unavailable`` fewer serving.
    """

    total: int
    surge: int
    unavailable: int

    @property
    def ceiling(self) -> int:
        """The most pods that may exist."""
        return self.total + self.surge

    @property
    def floor(self) -> int:
        """The fewest pods that must serve."""
        return self.total - self.unavailable


class Sizes(Struct, frozen=True):
    """Wanted pods of the two versions."""

    new: int
    stable: int


def bounds(total: int, surge: int, unavailable: int) -> Bounds:
    """Make sense of what the user allows: some pod must be able to move."""
    if total == 0:
        return Bounds(0, surge, 0)
    if surge == 0 and unavailable == 0:
        unavailable = 1
    return Bounds(total, surge, min(unavailable, total))


def approximate(weight: int, max_weight: int, within: Bounds) -> Sizes:
    """The numbers of pods whose ratio is nearest to a weight.

    A version that should have some traffic, but not all, keeps a pod, unless there is one pod in all and no surge.
    """
    total = within.total
    if total == 0:
        return Sizes(0, 0)
    options = list(_options(weight, max_weight, within))
    if not options:
        return Sizes(0, total)
    # Distances are compared as integers: canary/all against weight/max_weight.
    new, all_ = min(options, key=lambda option: abs(option[0] * max_weight / option[1] - weight))
    return Sizes(new, all_ - new)


def _options(weight: int, max_weight: int, within: Bounds) -> list[tuple[int, int]]:
    total, surge = within.total, within.surge
    may_be_empty = weight in (0, max_weight) or (total == 1 and surge == 0)
    options: list[tuple[int, int]] = []
    for all_ in (total, total + 1) if surge > 0 else (total,):
        up = -(-total * weight // max_weight)
        down = total * weight // max_weight
        is_tied = 2 * (all_ * weight % max_weight) == max_weight
        if all_ > total or up < total or may_be_empty:
            options.append((up, all_))
        if not is_tied and (down != 0 or may_be_empty):
            options.append((down, all_))
    return options


def basic(new: Pods | None, stable: Pods | None, others: int, target: Sizes, within: Bounds) -> Sizes:
    """The next sizes on the way to a target, without a router (one safe move, not the whole way).

    ``others`` counts the wanted pods of versions that are neither: while there are some, nothing shrinks, and neither
    while a size is not in effect. Pods that do not serve may go at once; those that do go only while the floor holds.
    """
    if stable is None:
        return Sizes(within.total, 0)
    grown = _grow(new or Pods(), stable, others, target, within)
    if others > 0 or not (stable.is_observed and (new is None or new.is_observed)):
        return grown
    return _shrink(new, stable, grown, target, within)


def _grow(new: Pods, stable: Pods, others: int, target: Sizes, within: Bounds) -> Sizes:
    room = max(0, within.ceiling - new.wanted - stable.wanted - others)
    more_stable = min(room, max(0, target.stable - stable.wanted))
    more_new = min(room - more_stable, max(0, target.new - new.wanted))
    return Sizes(new.wanted + more_new, stable.wanted + more_stable)


def _shrink(new: Pods | None, stable: Pods, grown: Sizes, target: Sizes, within: Bounds) -> Sizes:
    to_new = new is None or target.new >= new.wanted
    serving = _counted(new or Pods(), ignore=not to_new) + _counted(stable, ignore=to_new)
    spare = serving - within.floor
    if spare <= 0:
        return grown
    if to_new:
        drain = grown.stable if grown.stable <= target.stable else max(target.stable, stable.wanted - spare)
        drained, adjusted = _adjust(drain, stable, grown.new, new or Pods(), within)
        return Sizes(adjusted, drained)
    assert new is not None
    drain = grown.new if grown.new <= target.new else max(target.new, new.wanted - spare)
    drained, adjusted = _adjust(drain, new, grown.stable, stable, within)
    return Sizes(drained, adjusted)


def _counted(pods: Pods, *, ignore: bool) -> int:
    """Pods that count as serving: those of the side that shrinks are taken at their wanted number."""
    return pods.wanted if ignore or pods.wanted < pods.available else pods.available


def _adjust(drain: int, draining: Pods, adjust: int, adjusting: Pods, within: Bounds) -> tuple[int, int]:
    """Keep two sizes under the ceiling without falling below the floor."""
    adjust -= max(0, adjust + drain - within.ceiling)
    serving = min(draining.available, drain) + min(adjusting.available, adjust)
    lost = max(0, adjusting.available - adjust)
    adjust += min(lost, max(0, within.floor - serving))
    drain -= max(0, adjust + drain - within.ceiling)
    return drain, adjust


def share(weight: int, max_weight: int, total: int) -> int:
    """With a router: the pods that carry a weight, rounded up."""
    return math.ceil(weight * total / max_weight) if max_weight else 0


def at_least(count: int, floor: int | None, total: int) -> int:
    """``minPodsPerReplicaSet``: a version that has pods has this many, but never more than all."""
    return count if count == 0 or floor is None else max(count, min(floor, total))
