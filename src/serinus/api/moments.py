"""Moments as the API keeps them: in whole seconds, UTC."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta


def whole_second(now: datetime) -> datetime:
    """The moment, rounded up to the whole seconds that statuses and annotations hold: no wait is cut short by it."""
    return now if now.microsecond == 0 else now.replace(microsecond=0) + timedelta(seconds=1)


def timestamp(moment: datetime) -> str:
    """The form that annotations and arguments take (RFC 3339)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def earliest(*moments: datetime | None) -> datetime | None:
    """The first of some moments, where those that never come count last."""
    return earliest_of(moments)


def earliest_of(moments: Iterable[datetime | None]) -> datetime | None:
    """The first of many moments, where those that never come count last."""
    return min((moment for moment in moments if moment is not None), default=None)
