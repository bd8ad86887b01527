"""Durations as Go writes and reads them."""

import re

from serinus.expr.errors import Failure
from serinus.expr.values import MAX_INT, MIN_INT, Duration

UNITS = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,
    "μs": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
PIECE = re.compile(r"([0-9]*)(?:\.([0-9]*))?([^0-9.]+)")
SMALL = ((10**3, 1, "ns"), (10**6, 10**3, "µs"), (10**9, 10**6, "ms"))


def read_duration(text: str) -> Duration:
    """Read "1h30m" or "-1.5s". Raises Failure."""
    sign, rest = (-1, text[1:]) if text.startswith("-") else (1, text.removeprefix("+"))
    if rest == "0":
        return Duration(0)
    total, end = 0, 0
    for piece in PIECE.finditer(rest):
        if piece.start() != end or not (piece[1] or piece[2]) or piece[3] not in UNITS:
            raise Failure(f"time: invalid duration {text!r}")
        total += int(piece[1] or 0) * UNITS[piece[3]] + _part(piece[2] or "", UNITS[piece[3]])
        end = piece.end()
    if not rest or end != len(rest) or total > MAX_INT + (sign < 0):
        raise Failure(f"time: invalid duration {text!r}")
    return Duration(max(MIN_INT, sign * total))


def written_duration(duration: int) -> str:
    """Write a duration: "1h0m0s", "1.5s", "250ms"."""
    if duration == 0:
        return "0s"
    sign, size = ("-", -duration) if duration < 0 else ("", duration)
    for below, unit, name in SMALL:
        if size < below:
            return f"{sign}{_decimal(size, unit)}{name}"
    seconds, rest = divmod(size, 10**9)
    minutes, hours = seconds // 60, seconds // 3600
    text = f"{_decimal(seconds % 60 * 10**9 + rest, 10**9)}s"
    if minutes:
        text = f"{minutes % 60}m{text}"
    return f"{sign}{hours}h{text}" if hours else sign + text


def _part(digits: str, unit: int) -> int:
    """The fraction of a unit, cut off to nanoseconds."""
    return int(digits[:18] or 0) * unit // int(10 ** len(digits[:18]))


def _decimal(size: int, unit: int) -> str:
    """A number without zeros at the end."""
    if size % unit == 0:
        return str(size // unit)
    digits = len(str(unit)) - 1
    return f"{size // unit}.{size % unit:0{digits}d}".rstrip("0")
