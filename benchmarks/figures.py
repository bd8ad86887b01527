"""Figures of many measurements."""

import math
from collections.abc import Iterable

import msgspec


class Spread(msgspec.Struct, frozen=True):
    """How measurements are spread; percentiles are measured values (nearest rank)."""

    count: int
    p50: float
    p99: float
    max: float

    @classmethod
    def of(cls, values: Iterable[float], digits: int = 1) -> "Spread":
        """The spread of at least one value, rounded."""
        ordered = sorted(values)
        if not ordered:
            raise ValueError("nothing was measured")
        p50, p99, most = (round(percentile(ordered, share), digits) for share in (0.5, 0.99, 1.0))
        return cls(len(ordered), p50, p99, most)


def percentile(ordered: list[float], share: float) -> float:
    """The smallest value that at least this share of all values does not exceed."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
