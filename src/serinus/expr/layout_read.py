"""Read a time as a Go layout shows it."""

import re
from calendar import isleap, monthrange
from collections.abc import Callable

from serinus.expr.errors import Failure
from serinus.expr.instant import DAY, SECOND, ZERO, Location, Time, days_of, fixed, moment_at
from serinus.expr.layout_text import DAYS, MONTHS, parts

NUMBER = re.compile(r"[0-9]{1,2}")
TWO_DIGITS = re.compile(r"[0-9]{2}")
FOUR_DIGITS = re.compile(r"[0-9]{4}")
THREE_DIGITS = re.compile(r"[0-9]{3}")
UP_TO_THREE = re.compile(r" {0,2}[0-9]{1,3}")
PADDED = re.compile(r" ?[0-9]{1,2}")
FRACTION = re.compile(r"[.,]([0-9]+)")
ZONE_NAME = re.compile(
    r"ChST|MeST|GMT(?:[+-][0-9]+)?|[+-][0-9]+|[A-Z]{4}T(?![A-Z])|(?:[A-Z]{3}T|WITA)(?![A-Z])|[A-Z]{3}(?![A-Z])"
)
OFFSETS = {
    "-07": re.compile(r"([+-])([0-9]{2})"),
    "-0700": re.compile(r"([+-])([0-9]{2})([0-9]{2})"),
    "-07:00": re.compile(r"([+-])([0-9]{2}):([0-9]{2})"),
    "-070000": re.compile(r"([+-])([0-9]{2})([0-9]{2})([0-9]{2})"),
    "-07:00:00": re.compile(r"([+-])([0-9]{2}):([0-9]{2}):([0-9]{2})"),
}


class Reader:
    """A text that is read from left to right, and what was found so far."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.found: dict[str, int] = {}
        self.zone_name = ""

    def take(self, pattern: re.Pattern[str]) -> re.Match[str]:
        """Read what the pattern describes. Raises Failure."""
        match = pattern.match(self.text)
        if match is None:
            raise Failure(f"cannot parse {self.text!r} as a time")
        self.text = self.text[match.end() :]
        return match

    def number(self, name: str, pattern: re.Pattern[str], low: int, high: int) -> None:
        """Read a number between two bounds."""
        value = int(self.take(pattern)[0])
        if not low <= value <= high:
            raise Failure(f"{name} out of range")
        self.found[name] = value

    def word(self, name: str, words: list[str]) -> None:
        """Read one of some words, in any case."""
        for place, word in enumerate(words):
            if self.text[: len(word)].lower() == word.lower():
                self.text = self.text[len(word) :]
                self.found[name] = place
                return
        raise Failure(f"cannot parse {self.text!r} as a {name}")

    def literal(self, text: str) -> None:
        """Read what stands between the parts; spaces may be more or fewer."""
        while text:
            if text[0] == " ":
                if self.text and self.text[0] != " ":
                    raise Failure(f"cannot parse {self.text!r} as a time")
                text, self.text = text.lstrip(" "), self.text.lstrip(" ")
            elif self.text[:1] == text[0]:
                text, self.text = text[1:], self.text[1:]
            else:
                raise Failure(f"cannot parse {self.text!r} as {text!r}")

    def fraction(self, part: str) -> None:
        """Read digits of the second."""
        match = FRACTION.match(self.text)
        if part[1:2] == "0":
            match = re.compile(rf"[.,]([0-9]{{{len(part) - 1}}})").match(self.text)
            if match is None:
                raise Failure(f"cannot parse {self.text!r} as a fraction")
        if match:
            self.found["nanosecond"] = int(match[1][:9].ljust(9, "0"))
            self.text = self.text[match.end() :]

    def second(self, pattern: re.Pattern[str], following: str) -> None:
        """Read seconds, and a fraction even if the layout has none."""
        self.number("second", pattern, 0, 59)
        if following[:1] not in {".", ","}:
            self.fraction("")

    def half(self, names: list[str]) -> None:
        """Read AM or PM."""
        self.found["half"] = names.index(self.take(re.compile("|".join(names)))[0])

    def zone(self, part: str) -> None:
        """Read an offset from UTC."""
        if part[0] == "Z" and self.text[:1] == "Z":
            self.text = self.text[1:]
            self.found["utc"] = 1
            return
        sign, hours, *rest = self.take(OFFSETS["-" + part[1:]]).groups()
        minutes, seconds = ([int(value) for value in rest] + [0, 0])[:2]
        if int(hours) > 24 or minutes > 60 or seconds > 60:
            raise Failure("time zone offset out of range")
        offset = (int(hours) * 60 + minutes) * 60 + seconds
        self.found["offset"] = -offset if sign == "-" else offset

    def name(self) -> None:
        """Read a zone's short name."""
        if self.text.startswith("UTC"):
            self.text = self.text[3:]
            self.found["utc"] = 1
        else:
            self.zone_name = self.take(ZONE_NAME)[0]

    def month_number(self, pattern: re.Pattern[str]) -> None:
        """Read a month as a number."""
        self.number("month", pattern, 1, 12)
        self.found["month"] -= 1

    def short_year(self) -> None:
        """Read two digits of a year between 1969 and 2068."""
        self.number("year", TWO_DIGITS, 0, 99)
        self.found["year"] += 1900 if self.found["year"] >= 69 else 2000


READERS: dict[str, Callable[[Reader], None]] = {
    "2006": lambda reader: reader.number("year", FOUR_DIGITS, 0, 9999),
    "06": Reader.short_year,
    "January": lambda reader: reader.word("month", MONTHS),
    "Jan": lambda reader: reader.word("month", [name[:3] for name in MONTHS]),
    "1": lambda reader: reader.month_number(NUMBER),
    "01": lambda reader: reader.month_number(TWO_DIGITS),
    "Monday": lambda reader: reader.word("weekday", DAYS),
    "Mon": lambda reader: reader.word("weekday", [name[:3] for name in DAYS]),
    "2": lambda reader: reader.number("day", NUMBER, 0, 99),
    "_2": lambda reader: reader.number("day", PADDED, 0, 99),
    "02": lambda reader: reader.number("day", TWO_DIGITS, 0, 99),
    "__2": lambda reader: reader.number("yearday", UP_TO_THREE, 0, 999),
    "002": lambda reader: reader.number("yearday", THREE_DIGITS, 0, 999),
    "15": lambda reader: reader.number("hour", NUMBER, 0, 23),
    "3": lambda reader: reader.number("hour", NUMBER, 0, 12),
    "03": lambda reader: reader.number("hour", TWO_DIGITS, 0, 12),
    "4": lambda reader: reader.number("minute", NUMBER, 0, 59),
    "04": lambda reader: reader.number("minute", TWO_DIGITS, 0, 59),
    "PM": lambda reader: reader.half(["AM", "PM"]),
    "pm": lambda reader: reader.half(["am", "pm"]),
    "MST": Reader.name,
}


def read(layout: str, text: str, location: Location | None = None) -> Time:
    """Read a time; without a zone in the text it is that of the location, or UTC."""
    reader = Reader(text)
    pieces = parts(layout)
    for place, (before, part) in enumerate(pieces):
        reader.literal(before)
        if part[:1] in {"Z", "-"}:
            reader.zone(part)
        elif part[:1] in {".", ","}:
            reader.fraction(part)
        elif part in {"5", "05"}:
            before_next, next_part = pieces[place + 1]
            reader.second(NUMBER if part == "5" else TWO_DIGITS, before_next or next_part)
        elif part:
            READERS[part](reader)
    if reader.text:
        raise Failure(f"extra text: {reader.text!r}")
    return placed(reader, location or ZERO)


def placed(reader: Reader, location: Location) -> Time:
    """Put what was found together."""
    found = reader.found
    days = day_number(found)
    seconds = (hour_of(found) * 60 + found.get("minute", 0)) * 60 + found.get("second", 0)
    nanosecond = found.get("nanosecond", 0)
    if "utc" in found:
        return moment_at(days, seconds, nanosecond, ZERO)
    wall = days * DAY + seconds
    if "offset" in found:
        offset = found["offset"]
        here, name, _ = location.at(wall - offset)
        same = here == offset and reader.zone_name in {"", name}
        zone = location if same else fixed(reader.zone_name, offset)
        return Time((wall - offset) * SECOND + nanosecond, zone)
    if reader.zone_name:
        return named(wall, nanosecond, reader.zone_name, location)
    return moment_at(days, seconds, nanosecond, location)


def named(wall: int, nanosecond: int, name: str, location: Location) -> Time:
    """A time with a zone's short name, which may mean nothing here."""
    for guess in (wall, wall - 182 * DAY, wall + 182 * DAY):
        offset, known, _ = location.at(guess)
        if known == name:
            return Time((wall - offset) * SECOND + nanosecond, location)
    hours = int(name[3:]) if name[:3] == "GMT" and len(name) > 3 else 0
    return Time(wall * SECOND + nanosecond, fixed(name, hours * 3600))


def hour_of(found: dict[str, int]) -> int:
    """The hour, after noon or before."""
    hour, half = found.get("hour", 0), found.get("half")
    if half == 1 and hour < 12:
        return hour + 12
    return 0 if half == 0 and hour == 12 else hour


def day_number(found: dict[str, int]) -> int:
    """Days since 1970. Raises Failure for a day that does not exist."""
    year = found.get("year", 0)
    if "yearday" in found:
        return day_of_year(found, year)
    month, day = found.get("month", 0) + 1, found.get("day", 1)
    if not 1 <= day <= monthrange(year or 2000, month)[1]:
        raise Failure("day out of range")
    return days_of(year, month, day)


def day_of_year(found: dict[str, int], year: int) -> int:
    """Days since 1970 of a numbered day."""
    number = found["yearday"]
    if not 1 <= number <= 365 + isleap(year):
        raise Failure("day-of-year out of range")
    days = days_of(year, 1, 1) + number - 1
    if "month" in found and days_of(year, found["month"] + 1, found.get("day", 1)) > days:
        raise Failure("day-of-year does not match month")
    return days
