"""Where there is no data: what is missing, and whether a condition speaks of it.

Many conditions hold for nothing at all: ``all([], # < 1)`` is true, and NaN is never above a limit. What was not
measured must not count as good because of that, but only where a condition asks for it.
"""

import math
import re
from collections.abc import Iterator
from typing import Any

from serinus.expr import Floats

_SPEAKS_OF_NOTHING = re.compile(
    r"len\s*\(\s*result\b|result\s*\|\s*len\b|isNil\b|default\b|\bnil\b|\?\?|result\s*==\s*\["
)
_SPEAKS_OF_NAN = re.compile(r"isNaN\b")
_EXTREMES = (math.inf, -math.inf, 1e15, -1e15, 0.0)
"""Finite ones too: infinity as an integer is no large number."""


def missing(result: Any) -> str:
    """What is missing in a provider's result, in words; empty where there is data."""
    match result:
        case None:
            return "no value at all"
        case Floats() if not result:
            return "an empty list: no series matched"
        case list() | tuple() if not result:
            return "an empty list"
        case float() if math.isnan(result):
            return "NaN, which is no number"
        case list() | tuple() if all(_is_nan(item) for item in result):
            return "nothing but NaN, which is no number"
    return ""


def has_gaps(result: Any) -> bool:
    """Whether some of the numbers in a list are none."""
    return isinstance(result, list | tuple) and any(_is_nan(item) for item in result)


def filled(result: Any) -> Iterator[Any]:
    """A list with its gaps filled by extremes: what holds for all of them does not rest upon a gap."""
    for extreme in _EXTREMES:
        numbers = (extreme if _is_nan(item) else item for item in result)
        yield Floats(numbers) if isinstance(result, Floats) else list(numbers)


def speaks_of(condition: str, result: Any) -> bool:
    """Whether a condition says what is to be thought of such a result."""
    is_nothing = result is None or (isinstance(result, list | tuple) and not result)
    return (_SPEAKS_OF_NOTHING if is_nothing else _SPEAKS_OF_NAN).search(condition) is not None


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)
