"""When to try again, and how long to wait before it."""

from __future__ import annotations

import random
from collections.abc import Callable

from serinus.kube.errors import ApiError, KubeError, Unreachable

RETRIES = 3
FIRST_PAUSE = 0.1
LONGEST_WAIT = 10.0
"""Seconds; who is told to wait longer hears of it instead of hanging."""

SAFE = frozenset({"GET", "HEAD"})


def pause_before_retry(method: str, error: KubeError, attempt: int) -> float | None:
    """Seconds to wait before the next attempt, or None to give up.

    A read may be repeated after a lost connection, a 5xx or a 429. A write only when it certainly
    did nothing: it was never sent, or the API put it off (429 with Retry-After; an eviction that a
    disruption budget forbids comes without it). `attempt` counts from 0.
    """
    if attempt >= RETRIES or not _harmless(method, error):
        return None
    asked = error.retry_after if isinstance(error, ApiError) else None
    if asked is not None and asked > LONGEST_WAIT:
        return None
    return (asked or 0.0) + jittered(FIRST_PAUSE * 2.0**attempt)


def _harmless(method: str, error: KubeError) -> bool:
    match error:
        case Unreachable():
            return method in SAFE or not error.sent
        case ApiError(status=429):
            return error.retry_after is not None
        case ApiError():
            return error.status >= 500 and method in SAFE
    return False


def jittered(seconds: float) -> float:
    """Between half of it and all of it, so that many do not come back at once."""
    return seconds * random.uniform(0.5, 1.0)  # noqa: S311 - no secret


class Backoff:
    """Waits that double from `first` to `last` seconds until something succeeds."""

    def __init__(self, first: float = 0.5, last: float = 30.0, spread: Callable[[float], float] = jittered) -> None:
        self._first = first
        self._last = last
        self._spread = spread
        self._failures = 0

    def next(self) -> float:
        """How long to wait now, in seconds."""
        seconds = min(self._last, self._first * 2.0 ** min(self._failures, 16))
        self._failures += 1
        return self._spread(seconds)

    def reset(self) -> None:
        """Begin anew: it worked."""
        self._failures = 0
