"""Functions of numbers."""

import math
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from serinus.expr.compare import less
from serinus.expr.errors import Failure
from serinus.expr.frame import Frame
from serinus.expr.limits import descend, short
from serinus.expr.values import (
    ARRAYS,
    INTEGERS,
    MAX_INT,
    MIN_INT,
    NAMED_INTEGERS,
    NUMBERS,
    Uint8,
    Value,
    go_type,
    truncate,
    wrap,
)

PLAIN_INSIDE = {"max", "min"}
"""Functions that take durations and months, but none in an array."""

DECIMAL = re.compile(r"([+-]?)(?=[0-9])0*([0-9]*)")
SPECIAL = re.compile(r"(?i)[+-]?(?:inf|infinity)|nan")
FLOAT = re.compile(
    r"(?i)[+-]?(?:[0-9](?:_?[0-9])*\.?(?:[0-9](?:_?[0-9])*)?|\.[0-9](?:_?[0-9])*)(?:e[+-]?[0-9](?:_?[0-9])*)?"
)
HEX_FLOAT = re.compile(
    r"(?i)[+-]?0x_?(?:[0-9a-f](?:_?[0-9a-f])*\.?(?:[0-9a-f](?:_?[0-9a-f])*)?|\.[0-9a-f](?:_?[0-9a-f])*)p[+-]?[0-9](?:_?[0-9])*"
)


def read_int(text: str) -> int:
    """Read decimal digits with a sign. Raises Failure."""
    found = DECIMAL.fullmatch(short(text))
    if found and len(found[2]) < 20 and MIN_INT <= (value := int(f"{found[1]}0{found[2]}")) <= MAX_INT:
        return value
    raise Failure(f"invalid operation: int({text})")


def read_float(text: str) -> float:
    """Read a float as Go does. Raises Failure."""
    short(text)
    try:
        if SPECIAL.fullmatch(text) or FLOAT.fullmatch(text):
            value = float(text)
        elif HEX_FLOAT.fullmatch(text):
            value = float.fromhex(text.replace("_", ""))
        else:
            raise Failure(f"invalid operation: float({text})")
    except OverflowError:
        value = math.inf
    if math.isinf(value) and not SPECIAL.fullmatch(text):
        raise Failure(f"invalid operation: float({text})")
    return value


def as_int(_frame: Frame, value: Value) -> int:
    if type(value) is float:
        return truncate(value)
    if type(value) is str:
        return read_int(value)
    if type(value) in INTEGERS | NAMED_INTEGERS:
        return int(value)
    raise Failure(f"invalid operation: int({go_type(value)})")


def as_float(_frame: Frame, value: Value) -> float:
    if type(value) is str:
        return read_float(value)
    if type(value) in NUMBERS:
        return float(value)
    raise Failure(f"invalid operation: float({go_type(value)})")


def magnitude(_frame: Frame, value: Value) -> Value:
    kind = type(value)
    if kind not in NUMBERS:
        raise Failure(f"invalid argument for abs (type {go_type(value)})")
    if kind is float:
        return -value if value < 0 else value
    return kind(wrap(abs(int(value))))


def rounding(name: str, change: Callable[[float], float]) -> Callable[[Frame, Value], float]:
    """A function to a whole number that keeps infinities and the sign of zero."""

    def rounded(_frame: Frame, value: Value) -> float:
        if type(value) not in NUMBERS:
            raise Failure(f"invalid argument for {name} (type {go_type(value)})")
        number = float(value)
        return math.copysign(change(number), number) if math.isfinite(number) else number

    return rounded


def away(number: float) -> float:
    """To the nearest whole number; halves away from zero."""
    fraction, whole = math.modf(number)
    return whole + math.copysign(1.0, number) if abs(fraction) >= 0.5 else whole


def extreme(name: str, better: Callable[[Value, Value], bool]) -> Callable[..., Value]:
    """`max` or `min` of numbers and arrays of them."""

    def search(frame: Frame, *arguments: Value) -> Value:
        if len(arguments) == 1 and type(arguments[0]) not in ARRAYS:
            return arguments[0]
        best = None
        for number in each_number(frame, name, arguments):
            if best is None or better(best, number):
                best = number
        return best

    return search


def each_number(frame: Frame, name: str, values: Iterable[Value], depth: int = 0) -> Iterator[Value]:
    """The numbers in values, and in arrays in them. Raises Failure for others."""
    kinds = NUMBERS if depth and name in PLAIN_INSIDE else NUMBERS | NAMED_INTEGERS
    for value in values:
        frame.meter.step()
        if type(value) in ARRAYS:
            yield from each_number(frame, name, elements(value), descend(depth))
        elif type(value) in kinds:
            yield value
        else:
            raise Failure(f"invalid argument for {name} (type {go_type(value)})")


def elements(array: Value) -> Iterable[Value]:
    """The elements of any array."""
    return map(Uint8, array) if isinstance(array, bytes) else array


def total(frame: Frame, values: Iterable[Value], depth: int = 0) -> tuple[int, float]:
    """How many numbers there are, and their sum: inner arrays first, as in expr."""
    count, sum_ = 0, 0.0
    for value in values:
        frame.meter.step()
        if type(value) in ARRAYS:
            inner = total(frame, elements(value), descend(depth))
            count, sum_ = count + inner[0], sum_ + inner[1]
        elif type(value) in NUMBERS | NAMED_INTEGERS:
            count, sum_ = count + 1, sum_ + float(value)
        else:
            raise Failure(f"invalid argument for mean (type {go_type(value)})")
    return count, sum_


def mean(frame: Frame, *arguments: Value) -> float:
    count, sum_ = total(frame, arguments)
    return sum_ / count if count else 0.0


def median(frame: Frame, *arguments: Value) -> float:
    numbers = [float(number) for number in each_number(frame, "median", arguments)]
    numbers.sort(key=lambda number: (not math.isnan(number), number))
    middle = len(numbers) // 2
    if not numbers:
        return 0.0
    return numbers[middle] if len(numbers) % 2 else (numbers[middle - 1] + numbers[middle]) / 2


def bits(name: str, change: Callable[[int, int], int]) -> Callable[[Frame, Value, Value], int]:
    """A function of the bits of two integers."""

    def changed(_frame: Frame, one: Value, other: Value) -> int:
        return wrap(change(whole(name, one), whole(name, other)))

    return changed


def bit_not(_frame: Frame, value: Value) -> int:
    return ~whole("bitnot", value)


def whole(name: str, value: Value) -> int:
    """An integer. Raises Failure."""
    if type(value) not in INTEGERS:
        raise Failure(f"cannot use {go_type(value)} as argument (type int) to call {name}")
    return int(value)


def shift(change: Callable[[int, int], int]) -> Callable[[int, int], int]:
    """A shift; its count must not be negative."""

    def shifted(number: int, count: int) -> int:
        if count < 0:
            raise Failure(f"invalid operation: negative shift count {count} (type int)")
        return change(number, min(count, 64))

    return shifted


NUMBER_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "int": as_int,
    "float": as_float,
    "abs": magnitude,
    "ceil": rounding("ceil", math.ceil),
    "floor": rounding("floor", math.floor),
    "round": rounding("round", away),
    "max": extreme("max", less),
    "min": extreme("min", lambda one, other: less(other, one)),
    "mean": mean,
    "median": median,
    "bitand": bits("bitand", lambda one, other: one & other),
    "bitor": bits("bitor", lambda one, other: one | other),
    "bitxor": bits("bitxor", lambda one, other: one ^ other),
    "bitnand": bits("bitnand", lambda one, other: one & ~other),
    "bitshl": bits("bitshl", shift(lambda number, count: number << count)),
    "bitshr": bits("bitshr", shift(lambda number, count: number >> count)),
    "bitushr": bits("bitushr", shift(lambda number, count: (number & (1 << 64) - 1) >> count)),
    "bitnot": bit_not,
}
