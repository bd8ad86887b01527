"""Moments and time zones, with Go's precision and calendar."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from serinus.expr.errors import Failure
from serinus.expr.values import MAX_INT, MIN_INT, Duration

SECOND = 10**9
DAY = 86_400
ERA_DAYS = 719_468
"""Days from March of year 0 to 1970."""

FIRST, LAST = -62_135_510_400, 253_402_214_400
"""Seconds between which Python knows time zones: a day inside of years 1 to 9999."""


@dataclass(frozen=True)
class Location:
    """A time zone: one of the database, or a fixed offset in seconds."""

    go_type: ClassVar[str] = "*time.Location"
    name: str
    zone: ZoneInfo | None = None
    offset: int = 0

    def at(self, seconds: int) -> tuple[int, str, bool]:
        """Offset in seconds, abbreviation and whether it is summer time."""
        if self.zone is None:
            return self.offset, self.name, False
        moment = datetime.fromtimestamp(0, UTC) + timedelta(seconds=max(FIRST, min(seconds, LAST)))
        local = moment.astimezone(self.zone)
        return int((local.utcoffset() or timedelta()).total_seconds()), local.tzname() or "", bool(local.dst())


@cache
def _unnamed(hours: int) -> Location:
    return Location("", None, hours * 3600)


def fixed(name: str, offset: int) -> Location:
    """A zone of one offset in seconds. As in Go, whole hours without a name are one zone."""
    hours, rest = divmod(offset, 3600)
    return _unnamed(hours) if not (name or rest) and -12 <= hours <= 14 else Location(name, None, offset)


ZERO = Location("UTC")
LOCAL = Location("Local")
"""Conditions have no local time: it is UTC under another name."""


@dataclass(frozen=True)
class Time:
    """A time.Time: nanoseconds since 1970, seen from a place."""

    go_type: ClassVar[str] = "time.Time"
    nanoseconds: int
    location: Location = ZERO

    @property
    def seconds(self) -> int:
        """Whole seconds since 1970."""
        return self.nanoseconds // SECOND

    @property
    def local_seconds(self) -> int:
        """What the clock on the wall shows, as seconds since 1970."""
        return self.seconds + self.location.at(self.seconds)[0]

    def date(self) -> tuple[int, int, int]:
        """Year, month and day."""
        return date_of(self.local_seconds // DAY)

    def clock(self) -> tuple[int, int, int]:
        """Hour, minute and second."""
        rest = self.local_seconds % DAY
        return rest // 3600, rest // 60 % 60, rest % 60

    def weekday(self) -> int:
        """0 is Sunday."""
        return (self.local_seconds // DAY + 4) % 7

    def day_of_year(self) -> int:
        """1 is the first of January."""
        year, _, _ = self.date()
        return self.local_seconds // DAY - days_of(year, 1, 1) + 1

    def later(self, duration: int) -> "Time":
        """The moment so many nanoseconds later."""
        return Time(self.nanoseconds + duration, self.location)

    def since(self, other: "Time") -> Duration:
        """The time between two moments; what does not fit is cut off."""
        return Duration(max(MIN_INT, min(self.nanoseconds - other.nanoseconds, MAX_INT)))


def days_of(year: int, month: int, day: int) -> int:
    """Days from 1970 to a date; months and days may be too large or too small."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    year -= month <= 2
    era = year // 400
    of_era = year - era * 400
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year + day - 1 - ERA_DAYS


def date_of(days: int) -> tuple[int, int, int]:
    """Year, month and day that lie so many days after 1970."""
    days += ERA_DAYS
    era, of_era = divmod(days, 146_097)
    year = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    shifted = (5 * of_year + 2) // 153
    month = shifted + (3 if shifted < 10 else -9)
    return year + era * 400 + (month <= 2), month, of_year - (153 * shifted + 2) // 5 + 1


def moment_at(days: int, seconds: int, nanoseconds: int, location: Location) -> Time:
    """The moment at which the clock on the wall shows this."""
    wall = days * DAY + seconds
    offset = location.at(wall)[0]
    if offset and location.at(wall - offset)[0] != offset:
        offset = location.at(wall - offset)[0]
    return Time((wall - offset) * SECOND + nanoseconds, location)


def load_location(name: str) -> Location:
    """A time zone of the database by its name. Raises Failure."""
    if name in {"", "UTC"}:
        return ZERO
    if name == "Local":
        return LOCAL
    if ".." in name or name[0] in "/\\" or "\\" in name:
        raise Failure("time: invalid location name")
    try:
        return Location(name, ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Failure(f"unknown time zone {name}") from None
