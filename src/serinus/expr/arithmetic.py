"""Arithmetic on Go's numbers, times and durations."""

import math
from collections.abc import Callable

from serinus.expr.errors import Failure
from serinus.expr.instant import Time
from serinus.expr.limits import Meter
from serinus.expr.values import INTEGERS, NUMBERS, Duration, Uint8, Value, cooked, go_type, raw, wrap

HALF_POWERS = {0.5, -0.5}
HUGE_EXPONENT = float(1 << 63)


def add(one: Value, other: Value, meter: Meter) -> Value:
    """`+`: numbers, texts, and durations with durations and times."""
    first, second = type(one), type(other)
    if first in NUMBERS and second in NUMBERS:
        return float(one) + float(other) if float in {first, second} else wrap(int(one) + int(other))
    if first is str and second is str:
        return joined(one, other, meter)
    if first is Duration and second is Duration:
        return Duration(wrap(one + other))
    if isinstance(one, Time) and second is Duration:
        return one.later(other)
    if first is Duration and isinstance(other, Time):
        return other.later(one)
    raise mismatch("+", one, other)


def subtract(one: Value, other: Value) -> Value:
    """`-`: numbers, durations and times."""
    first, second = type(one), type(other)
    if first in NUMBERS and second in NUMBERS:
        return float(one) - float(other) if float in {first, second} else wrap(int(one) - int(other))
    if isinstance(one, Time) and isinstance(other, Time):
        return one.since(other)
    if isinstance(one, Time) and second is Duration:
        return one.later(wrap(-other))
    if first is Duration and second is Duration:
        return Duration(wrap(one - other))
    raise mismatch("-", one, other)


def multiply(one: Value, other: Value) -> Value:
    """`*`: numbers and durations; a float makes a float."""
    kinds = {type(one), type(other)}
    if not kinds <= NUMBERS | {Duration}:
        raise mismatch("*", one, other)
    if float in kinds:
        return float(one) * float(other)
    product = wrap(int(one) * int(other))
    return Duration(product) if Duration in kinds else product


def divide(one: Value, other: Value) -> float:
    """`/`: always a float; division by zero is infinite."""
    if type(one) not in NUMBERS or type(other) not in NUMBERS:
        raise mismatch("/", one, other)
    above, below = float(one), float(other)
    if below:
        return above / below
    if above == 0 or math.isnan(above):
        return math.nan
    return math.copysign(math.inf, above) * math.copysign(1.0, below)


def modulo(one: Value, other: Value) -> int:
    """`%`: of integers, with the sign of the first."""
    if type(one) not in INTEGERS or type(other) not in INTEGERS:
        raise mismatch("%", one, other)
    if other == 0:
        raise Failure("integer divide by zero")
    rest = abs(int(one)) % abs(int(other))
    return -rest if one < 0 else rest


def negate(value: Value) -> Value:
    """`-` before a number."""
    kind = type(value)
    if kind is float:
        return -value
    if kind not in INTEGERS:
        raise Failure(f"invalid operation: - {go_type(value)}")
    return kind(-int(value) & 0xFF) if kind is Uint8 else kind(wrap(-int(value)))


def power(one: Value, other: Value) -> float:
    """`**`: always a float."""
    for side in (one, other):
        if type(side) not in NUMBERS:
            raise Failure(f"invalid operation: float({go_type(side)})")
    base, exponent = float(one), float(other)
    special = special_power(base, exponent)
    return special if special is not None else finite_power(base, exponent)


def special_power(base: float, exponent: float) -> float | None:
    """Powers that need no multiplication; None for the others."""
    if exponent == 0 or base == 1:
        return 1.0
    if exponent == 1:
        return base
    if math.isnan(base) or math.isnan(exponent):
        return math.nan
    if base == 0 or math.isinf(base) or math.isinf(exponent):
        return edge_power(base, exponent)
    if exponent in HALF_POWERS:
        root = math.sqrt(base) if base >= 0 else math.nan
        return root if exponent > 0 else 1 / root
    return math.nan if base < 0 and not exponent.is_integer() else None


def edge_power(base: float, exponent: float) -> float:
    """Powers with zeros and infinities."""
    if math.isinf(exponent):
        if base == -1:
            return 1.0
        return math.inf if (abs(base) > 1) == (exponent > 0) else 0.0
    size = math.inf if (base == 0) == (exponent < 0) else 0.0
    odd = exponent.is_integer() and abs(exponent) < 2**53 and int(exponent) % 2 == 1
    return math.copysign(size, base) if odd else size


def finite_power(base: float, exponent: float) -> float:
    """Powers by repeated squaring, as Go takes them: the last bit is the same."""
    if abs(exponent) >= HUGE_EXPONENT:
        return huge_power(base, exponent)
    fraction, whole = math.modf(abs(exponent))
    product, shift = 1.0, 0
    if fraction:
        if fraction > 0.5:
            fraction, whole = fraction - 1, whole + 1
        product = math.exp(fraction * math.log(base))
    mantissa, exponent_of_two = math.frexp(base)
    left = int(whole)
    while left:
        if abs(exponent_of_two) > 1 << 12:
            shift += exponent_of_two
            break
        if left & 1:
            product *= mantissa
            shift += exponent_of_two
        mantissa, exponent_of_two = mantissa * mantissa, exponent_of_two * 2
        if mantissa < 0.5:
            mantissa, exponent_of_two = mantissa + mantissa, exponent_of_two - 1
        left >>= 1
    return scaled(1 / product, -shift) if exponent < 0 else scaled(product, shift)


def huge_power(base: float, exponent: float) -> float:
    """Powers with an exponent beyond all integers."""
    if base == -1:
        return 1.0
    return 0.0 if (abs(base) < 1) == (exponent > 0) else math.inf


def scaled(number: float, shift: int) -> float:
    """The number times a power of two; infinite where it is too large."""
    try:
        return math.ldexp(number, shift)
    except OverflowError:
        return math.copysign(math.inf, number)


def joined(one: str, other: str, meter: Meter) -> str:
    """Two texts in a row; halves of a character become whole again."""
    meter.text(len(one) + len(other))
    text = one + other
    return text if text.isascii() else cooked(raw(text))


def mismatch(operator: str, one: Value, other: Value) -> Failure:
    """Say which types do not go together."""
    return Failure(f"invalid operation: {go_type(one)} {operator} {go_type(other)}")


ARITHMETIC: dict[str, Callable[[Value, Value], Value]] = {
    "-": subtract,
    "*": multiply,
    "/": divide,
    "%": modulo,
    "**": power,
    "^": power,
}
