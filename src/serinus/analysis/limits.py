"""How many measurements of each kind a metric takes, and bears."""

import re

from msgspec import Struct

from serinus.api.analysis import Metric

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")

CONSECUTIVE_ERRORS = 4


class Limits(Struct, frozen=True):
    """A metric's numbers with their defaults filled in."""

    count: int | None
    """How many measurements are taken; None: no end of them."""
    failed: int
    """-1: any number of failures is borne."""
    inconclusive: int
    consecutive_errors: int
    consecutive_successes: int
    """0: not used."""


def limits_of(metric: Metric) -> Limits:
    """Read a metric's numbers. Raises ValueError, which names the field, for a text that is none."""
    count = number(metric, "count")
    return Limits(
        count=count or (None if metric.interval else 1),
        failed=number(metric, "failureLimit"),
        inconclusive=number(metric, "inconclusiveLimit"),
        consecutive_errors=number(metric, "consecutiveErrorLimit", CONSECUTIVE_ERRORS),
        consecutive_successes=number(metric, "consecutiveSuccessLimit"),
    )


_FIELDS = {
    "count": lambda metric: metric.count,
    "failureLimit": lambda metric: metric.failure_limit,
    "inconclusiveLimit": lambda metric: metric.inconclusive_limit,
    "consecutiveErrorLimit": lambda metric: metric.consecutive_error_limit,
    "consecutiveSuccessLimit": lambda metric: metric.consecutive_success_limit,
}


def number(metric: Metric, field: str, default: int = 0) -> int:
    """One of a metric's numbers, which may stand as text. Raises ValueError."""
    value = _FIELDS[field](metric)
    if value is None:
        return default
    if isinstance(value, str) and not _INTEGER.fullmatch(value):
        raise ValueError(f"{field} {value!r} is not a whole number")
    return int(value)
