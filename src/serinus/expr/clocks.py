"""Functions of time."""

from collections.abc import Callable
from typing import Any

from serinus.expr.errors import Failure
from serinus.expr.frame import Frame
from serinus.expr.instant import Location, Time, load_location
from serinus.expr.layout_read import read
from serinus.expr.limits import short
from serinus.expr.span import read_duration
from serinus.expr.texts import text
from serinus.expr.values import Duration, Value

LAYOUTS = (
    "2006-01-02",
    "15:04:05",
    "2006-01-02 15:04:05",
    "2006-01-02T15:04:05Z07:00",
    "02 Jan 06 15:04 MST",
    "Monday, 02-Jan-06 15:04:05 MST",
    "Mon, 02 Jan 2006 15:04:05 MST",
)
"""What `date` tries, in this order."""


def now(frame: Frame, location: Value = None) -> Time:
    return Time(frame.now.nanoseconds, location) if isinstance(location, Location) else frame.now


def duration(_frame: Frame, value: Value) -> Duration:
    return read_duration(short(text(value)))


def timezone(_frame: Frame, value: Value) -> Location:
    return load_location(short(text(value)))


def date(_frame: Frame, *arguments: Value) -> Time:
    location = arguments[0] if isinstance(arguments[0], Location) else None
    rest = arguments[1:] if location else arguments
    if not rest:
        raise Failure("invalid number of arguments for date")
    rest = tuple(short(text(part)) for part in rest)
    if len(rest) == 3:
        return read(rest[1], rest[0], load_location(rest[2]))
    if len(rest) == 2:
        return read(rest[1], rest[0], location)
    return guessed(rest[0], location)


def guessed(value: str, location: Location | None) -> Time:
    """The first layout that fits. Raises Failure."""
    for layout in LAYOUTS:
        try:
            return read(layout, value, location)
        except Failure:
            continue
    raise Failure(f"invalid date {value}")


CLOCKS: dict[str, Callable[..., Any]] = {"now": now, "duration": duration, "timezone": timezone, "date": date}
