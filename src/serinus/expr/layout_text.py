"""Go's layouts: the parts of `Mon Jan 2 15:04:05 MST 2006`, and how to write them."""

import re

from serinus.expr.instant import SECOND, Time

MONTHS = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)
DAYS = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split()  # noqa: SIM905

PART = re.compile(
    r"""
    January | Jan(?![a-z]) | Monday | Mon(?![a-z]) | MST
    | 002 | 01 | 02 | 03 | 04 | 05 | 06 | 2006
    | __2 | _2(?!006) | 15 | 1(?!5) | 2 | 3 | 4 | 5
    | PM | pm
    | -07:00:00 | -070000 | -07:00 | -0700 | -07
    | Z07:00:00 | Z070000 | Z07:00 | Z0700 | Z07
    | [.,](?:0+|9+)(?![0-9])
    """,
    re.VERBOSE,
)
UNDERSCORED_YEAR = re.compile("_2006")


def parts(layout: str) -> list[tuple[str, str]]:
    """Split a layout: the text before each part, and the part; last the rest."""
    found: list[tuple[str, str]] = []
    end = 0
    for part in PART.finditer(layout):
        found.append((layout[end : part.start()], part[0]))
        end = part.end()
    return [*found, (layout[end:], "")]


def written(time: Time, layout: str) -> str:
    """Write a time as the layout shows."""
    return "".join(before + (one(time, part) if part else "") for before, part in parts(layout))


def one(time: Time, part: str) -> str:
    """Write one part."""
    if part[0] in ".,":
        return fraction(time, part)
    if part[0] in "Z-":
        return zone(time, part)
    return calendar(time).get(part) or clock(time)[part]


def calendar(time: Time) -> dict[str, str]:
    """The parts that name a day."""
    year, month, day = time.date()
    sign = "-" if year < 0 else ""
    number = time.day_of_year()
    return {
        "2006": f"{sign}{abs(year):04d}",
        "06": f"{year % 100:02d}",
        "January": MONTHS[month - 1],
        "Jan": MONTHS[month - 1][:3],
        "1": str(month),
        "01": f"{month:02d}",
        "Monday": DAYS[time.weekday()],
        "Mon": DAYS[time.weekday()][:3],
        "2": str(day),
        "_2": f"{day:2d}",
        "02": f"{day:02d}",
        "__2": f"{number:3d}",
        "002": f"{number:03d}",
    }


def clock(time: Time) -> dict[str, str]:
    """The parts that name a time of the day, and the zone's name."""
    hour, minute, second = time.clock()
    half = hour % 12 or 12
    return {
        "15": f"{hour:02d}",
        "3": str(half),
        "03": f"{half:02d}",
        "4": str(minute),
        "04": f"{minute:02d}",
        "5": str(second),
        "05": f"{second:02d}",
        "PM": "PM" if hour >= 12 else "AM",
        "pm": "pm" if hour >= 12 else "am",
        "MST": abbreviation(time),
    }


def abbreviation(time: Time) -> str:
    """The zone's short name, or its offset."""
    offset, name, _ = time.location.at(time.seconds)
    if name:
        return name
    minutes = abs(offset) // 60
    return f"{'-' if offset < 0 else '+'}{minutes // 60:02d}{minutes % 60:02d}"


def zone(time: Time, part: str) -> str:
    """The offset from UTC."""
    offset, _, _ = time.location.at(time.seconds)
    if part[0] == "Z" and offset == 0:
        return "Z"
    seconds = abs(offset)
    colon = ":" if ":" in part else ""
    text = f"{'-' if offset < 0 else '+'}{seconds // 3600:02d}"
    digits = len(part.replace(":", ""))
    if digits >= 5:
        text += f"{colon}{seconds // 60 % 60:02d}"
    if digits >= 7:
        text += f"{colon}{seconds % 60:02d}"
    return text


def fraction(time: Time, part: str) -> str:
    """Digits of the second; nines leave zeros away at the end."""
    digits = f"{time.nanoseconds % SECOND:09d}".ljust(len(part) - 1, "0")[: len(part) - 1]
    if part[1] == "0":
        return part[0] + digits
    digits = digits.rstrip("0")
    return part[0] + digits if digits else ""
