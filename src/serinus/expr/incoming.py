"""From a provider's result to a value of the language."""

import math
import re
from datetime import UTC, datetime

from serinus.expr.errors import Failure
from serinus.expr.instant import Time
from serinus.expr.limits import descend
from serinus.expr.values import Floats, Value

LONE = re.compile("[\ud800-\udfff]")


def incoming(result: object, depth: int = 0) -> Value:
    """Turn plain JSON data into values: numbers become float64, as Go decodes them.

    `Floats` stays a []float64. Anything but plain data raises Failure.
    """
    match result:
        case None | bool():
            return result
        case str():
            return clean(result)
        case int() | float():
            return number(result)
        case Floats():
            return Floats(number(item) for item in result)
        case list() | tuple():
            return [incoming(item, descend(depth)) for item in result]
        case dict():
            return {clean(str(key)): incoming(item, descend(depth)) for key, item in result.items()}
    raise Failure(f"a result of type {type(result).__name__} is not plain data")


def number(value: float) -> float:
    """A float64; what is too large is infinite."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def clean(text: str) -> str:
    """Replace what UTF-8 cannot write, as Go's decoder does."""
    if text.isascii():
        return text
    return LONE.sub("\ufffd", text)


def moment(now: datetime) -> Time:
    """The clock's time as a value. Raises Failure without a time zone."""
    if now.tzinfo is None:
        raise Failure("the time must have a zone")
    since = now.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return Time((since.days * 86_400 + since.seconds) * 10**9 + since.microseconds * 1000)
