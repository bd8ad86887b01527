"""How long versions outlive their traffic, for either strategy."""

from msgspec import Struct

from serinus.api.rollout import Rollout

_DEFAULT_SECONDS = 30


class Delays(Struct, frozen=True):
    """Scale-down delays in seconds.

    ``limit`` is how many old versions may wait at once; None for all. ``watched`` are the Services whose traffic
    counts, or none for all of them: a version that one of them selects keeps its pods.
    """

    promoted: int
    aborted: int
    limit: int | None
    watched: tuple[str, ...]


def delays_of(rollout: Rollout) -> Delays | None:
    """The delays of a Rollout; None where pods alone are the traffic, so that no delay is possible."""
    strategy = rollout.spec.strategy
    if strategy.blue_green is not None:
        blue_green = strategy.blue_green
        return Delays(
            promoted=_seconds(blue_green.scale_down_delay_seconds),
            aborted=_seconds(blue_green.abort_scale_down_delay_seconds),
            limit=blue_green.scale_down_delay_revision_limit,
            watched=(blue_green.active_service,),
        )
    canary = strategy.canary
    if canary is None or canary.traffic_routing is None:
        return None
    return Delays(
        promoted=0 if canary.dynamic_stable_scale else _seconds(canary.scale_down_delay_seconds),
        aborted=_seconds(canary.abort_scale_down_delay_seconds),
        limit=canary.scale_down_delay_revision_limit,
        watched=(),
    )


def _seconds(configured: int | None) -> int:
    return _DEFAULT_SECONDS if configured is None else configured
