"""Lengths of time in kubectl's short form."""

from datetime import datetime

_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
_YEAR = 365 * _DAY

_FORMS = (
    # under this many seconds: the larger unit, the smaller unit (0: none)
    (2 * _MINUTE, 1, 0),
    (10 * _MINUTE, _MINUTE, 1),
    (3 * _HOUR, _MINUTE, 0),
    (8 * _HOUR, _HOUR, _MINUTE),
    (2 * _DAY, _HOUR, 0),
    (8 * _DAY, _DAY, _HOUR),
    (2 * _YEAR, _DAY, 0),
    (8 * _YEAR, _YEAR, _DAY),
)
_LETTERS = {1: "s", _MINUTE: "m", _HOUR: "h", _DAY: "d", _YEAR: "y"}


def short_duration(seconds: float) -> str:
    """Write a length of time with two units at most: 5s, 3m20s, 5h, 2d3h.

    The rules are kubectl's (apimachinery, ``duration.HumanDuration``), so that ages read alike in both.
    """
    if seconds <= -2:
        return "<invalid>"
    whole = max(0, int(seconds))
    large, small = next(((large, small) for limit, large, small in _FORMS if whole < limit), (_YEAR, 0))
    rest = whole % large // small if small else 0
    return f"{whole // large}{_LETTERS[large]}" + (f"{rest}{_LETTERS[small]}" if rest else "")


def age(created: datetime | None, now: datetime) -> str:
    """How long ago something was made; empty when that is not known."""
    return short_duration((now - created).total_seconds()) if created else ""


def remaining(deadline: datetime, now: datetime) -> str:
    """How long until a deadline, or ``passed``."""
    seconds = (deadline - now).total_seconds()
    return short_duration(seconds) if seconds > 0 else "passed"
