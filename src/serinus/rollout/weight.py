"""How much traffic the canary should have at a step."""

from serinus.api.canary import CanaryScaleStep, CanaryStrategy


def at_step(canary: CanaryStrategy, index: int | None) -> int:
    """The weight of the last ``setWeight`` at or before a step; all traffic past the last step."""
    if index is None or index >= len(canary.steps):
        return canary.max_weight
    return _last(canary, index + 1)


def before_step(canary: CanaryStrategy, index: int | None) -> int:
    """The weight of the last ``setWeight`` before a step: what may be kept while its pods start."""
    return _last(canary, len(canary.steps) if index is None else index)


def scale_at_step(canary: CanaryStrategy, index: int | None) -> CanaryScaleStep | None:
    """The ``setCanaryScale`` in force: the nearest one, unless it hands sizing back to the weight."""
    if index is None or index >= len(canary.steps):
        return None
    steps = reversed(canary.steps[: index + 1])
    scale = next((step.set_canary_scale for step in steps if step.set_canary_scale is not None), None)
    return None if scale is None or scale.match_traffic_weight else scale


def _last(canary: CanaryStrategy, end: int) -> int:
    weights = (step.set_weight for step in reversed(canary.steps[:end]) if step.set_weight is not None)
    return next(weights, 0)
