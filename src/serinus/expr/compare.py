"""Equality and order, across the kinds of numbers."""

from serinus.expr.errors import Failure
from serinus.expr.instant import Time
from serinus.expr.limits import Meter, descend
from serinus.expr.values import (
    NUMBERS,
    Duration,
    Floats,
    Function,
    Ints,
    Keyed,
    NilStrings,
    Strings,
    Value,
    go_type,
    is_nil,
    raw,
)

BASIC = frozenset({Ints, Floats, Strings, NilStrings, bytes})
"""Arrays that may equal a []any element by element."""


def equal(one: Value, other: Value, meter: Meter, depth: int = 0) -> bool:
    """Whether two values are equal for `==`: numbers of all kinds, arrays by elements."""
    meter.step()
    first, second = type(one), type(other)
    if first in NUMBERS and second in NUMBERS:
        return equal_numbers(one, other)
    if first is str and second is str:
        meter.scan(min(len(one), len(other)))
        return bool(one == other)
    if is_list(one) and (is_list(other) or second in BASIC):
        return all_equal(one, other, meter, depth)
    if first in BASIC and is_list(other):
        return all_equal(other, one, meter, depth)
    if first in BASIC and go_type(one) == go_type(other):
        meter.step(len(one))
        return len(one) == len(other) and all(a == b for a, b in zip(one, other, strict=True))
    if isinstance(one, Time) and isinstance(other, Time):
        return one.nanoseconds == other.nanoseconds
    if is_nil(one) and is_nil(other):
        return True
    return identical(one, other, meter, depth)


def equal_numbers(one: Value, other: Value) -> bool:
    """Whether two numbers are equal; with a float, both are compared as floats."""
    if isinstance(one, float) or isinstance(other, float):
        return float(one) == float(other)
    return bool(one == other)


def all_equal(one: list[Value], other: Value, meter: Meter, depth: int) -> bool:
    """Whether two arrays are equal element by element."""
    if len(one) != len(other):
        return False
    depth = descend(depth)
    return all(equal(a, b, meter, depth) for a, b in zip(one, other, strict=True))


def identical(one: Value, other: Value, meter: Meter, depth: int = 0) -> bool:
    """Whether two values are equal in type and content, all the way down."""
    meter.step()
    if type(one) is not type(other):
        return False
    depth = descend(depth)
    if isinstance(one, dict):
        return one is other or identical_maps(one, other, meter, depth)
    if isinstance(one, Keyed):
        return one is other or identical_keyed(one, other, meter, depth)
    if isinstance(one, list):
        same = len(one) == len(other)
        return same and all(identical(a, b, meter, depth) for a, b in zip(one, other, strict=True))
    return not isinstance(one, Function) and bool(one == other)


def identical_maps(one: dict[str, Value], other: dict[str, Value], meter: Meter, depth: int) -> bool:
    """Whether two maps hold the same."""
    return one.keys() == other.keys() and all(identical(one[key], other[key], meter, depth) for key in one)


def identical_keyed(one: Keyed, other: Keyed, meter: Meter, depth: int) -> bool:
    """Whether two maps with keys of all types hold the same."""
    if one.groups is not other.groups or one.entries.keys() != other.entries.keys():
        return False
    return all(identical(one.entries[key][1], other.entries[key][1], meter, depth) for key in one.entries)


def less(one: Value, other: Value) -> bool:
    """Whether one value comes before the other. Raises Failure."""
    first, second = type(one), type(other)
    if first in NUMBERS and second in NUMBERS:
        if first is float or second is float:
            return float(one) < float(other)
        return bool(one < other)
    if first is str and second is str:
        return raw(one) < raw(other)
    if isinstance(one, Time) and isinstance(other, Time):
        return one.nanoseconds < other.nanoseconds
    if first is Duration and second is Duration:
        return bool(one < other)
    raise Failure(f"invalid operation: {go_type(one)} < {go_type(other)}")


def is_list(value: Value) -> bool:
    """Whether it is a []any."""
    return isinstance(value, list) and go_type(value) == "[]interface {}"
