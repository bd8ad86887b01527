"""Values as Go prints them (`%v`): what `string` gives."""

import math
from collections.abc import Callable, Iterable

from serinus.expr.instant import Location, Time
from serinus.expr.layout_text import DAYS
from serinus.expr.limits import Meter, descend
from serinus.expr.methods import month_name, written_time
from serinus.expr.span import written_duration
from serinus.expr.values import ARRAYS, INTEGERS, Duration, Function, Keyed, Month, Value, Weekday

SCIENTIFIC = 6
"""Power of ten from which `%v` writes an exponent."""


def float_digits(number: float) -> tuple[str, str, int]:
    """Sign, the fewest digits that tell the number, and the exponent of the first."""
    mantissa, _, exponent = f"{abs(number)!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    zeros = len(whole + fraction) - len(digits)
    power = int(exponent or 0) + len(whole) - 1 - zeros
    sign = "-" if math.copysign(1.0, number) < 0 else ""
    return sign, digits.rstrip("0") or "0", power if digits else 0


def plain_float(sign: str, digits: str, power: int) -> str:
    """A number without an exponent."""
    if power < 0:
        return f"{sign}0.{'0' * (-power - 1)}{digits}"
    if len(digits) <= power + 1:
        return sign + digits.ljust(power + 1, "0")
    return f"{sign}{digits[: power + 1]}.{digits[power + 1 :]}"


def scientific_float(sign: str, digits: str, power: int, width: int = 2) -> str:
    """A number with an exponent of at least so many digits."""
    tail = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{tail}e{'-' if power < 0 else '+'}{abs(power):0{width}d}"


def written_float(number: float) -> str:
    """A float as `%v` prints it."""
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "+Inf" if number > 0 else "-Inf"
    sign, digits, power = float_digits(number)
    return (scientific_float if power < -4 or power >= SCIENTIFIC else plain_float)(sign, digits, power)


def written(value: Value, meter: Meter, depth: int = 0) -> str:
    """Any value as `%v` prints it. Raises Failure when it grows too long."""
    meter.step()
    simple = SIMPLE.get(type(value))
    if simple is not None:
        return simple(value)
    if type(value) in ARRAYS:
        return bounded("[", (written(item, meter, descend(depth)) for item in value), "]", meter)
    if isinstance(value, Keyed):
        entries = sorted(value.items(), key=lambda entry: order(entry[0]))
    else:
        entries = sorted(value.items())
    pairs = (f"{written(key, meter)}:{written(item, meter, descend(depth))}" for key, item in entries)
    return bounded("map[", pairs, "]", meter)


def bounded(start: str, parts: Iterable[str], end: str, meter: Meter) -> str:
    """Parts with blanks between them, as long as they are not too many."""
    size, kept = 0, []
    for part in parts:
        size += len(part) + 1
        meter.text(size)
        kept.append(part)
    return f"{start}{' '.join(kept)}{end}"


def order(key: Value) -> tuple[str, Value]:
    """Where a key of any type comes in print."""
    return (type(key).__name__, str(key) if isinstance(key, Time | Location) else key)


SIMPLE: dict[type, Callable[[Value], str]] = {
    type(None): lambda _: "<nil>",
    **dict.fromkeys(INTEGERS, lambda value: str(int(value))),
    bool: lambda value: "true" if value else "false",
    float: written_float,
    str: str,
    Duration: written_duration,
    Month: month_name,
    Weekday: lambda day: DAYS[day],
    Time: written_time,
    Location: lambda place: place.name,
    Function: lambda function: function.name,
}
