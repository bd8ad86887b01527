"""Go's values in Python: which type stands for which, and Go's names of them.

nil is None, bool is bool, int is int, float64 is float, string is str (bytes that
are not UTF-8 are kept as lone surrogates), []byte is bytes, []any is list and
map[string]any is dict. The classes below stand for the rest.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Value = Any
"""Any value of the language; its Python type says which Go type it has."""

MIN_INT = -(1 << 63)
MAX_INT = (1 << 63) - 1


class Int64(int):
    """An int64: what `asInt` returns."""


class Uint8(int):
    """A byte of a text or of bytes."""


class Month(int):
    """A time.Month."""


class Weekday(int):
    """A time.Weekday."""


class Duration(int):
    """A time.Duration in nanoseconds."""


class Ints(list[int]):
    """A []int: a range."""


class Floats(list[float]):
    """A []float64: a Prometheus vector."""


class Strings(list[str]):
    """A []string: what `split` returns."""


class Pairs(list[Value]):
    """A [][2]any: what `toPairs` returns."""


class Pair(list[Value]):
    """A [2]any."""


class NilArray(list[Value]):
    """A []any that is nil: without elements, and equal to nil."""


class NilStrings(list[str]):
    """A []string that is nil."""


class Keyed:
    """A map[any]any, or a map[any][]any: keys of all types, told apart as Go does."""

    __slots__ = ("entries", "groups")

    def __init__(self, *, groups: bool = False) -> None:
        self.entries: dict[Value, tuple[Value, Value]] = {}
        self.groups = groups

    def items(self) -> Iterator[tuple[Value, Value]]:
        """Keys and values."""
        return iter(self.entries.values())


@dataclass(frozen=True)
class Function:
    """A function of the environment, as a value."""

    name: str
    go_type: str
    call: Callable[..., Value]


GO_TYPES: dict[type, str] = {
    type(None): "<nil>",
    bool: "bool",
    int: "int",
    float: "float64",
    str: "string",
    bytes: "[]uint8",
    list: "[]interface {}",
    dict: "map[string]interface {}",
    Int64: "int64",
    Uint8: "uint8",
    Month: "time.Month",
    Weekday: "time.Weekday",
    Duration: "time.Duration",
    Ints: "[]int",
    Floats: "[]float64",
    Strings: "[]string",
    Pairs: "[][2]interface {}",
    Pair: "[2]interface {}",
    NilArray: "[]interface {}",
    NilStrings: "[]string",
}

INTEGERS = frozenset({int, Int64, Uint8})
NUMBERS = INTEGERS | {float}
ARRAYS = frozenset({list, Ints, Floats, Strings, Pairs, Pair, NilArray, NilStrings, bytes})
NAMED_INTEGERS = frozenset({Month, Weekday, Duration})


def go_type(value: Value) -> str:
    """Name the value's type as Go prints it."""
    name = GO_TYPES.get(type(value))
    if name is not None:
        return name
    if isinstance(value, Keyed):
        return "map[interface {}][]interface {}" if value.groups else "map[interface {}]interface {}"
    return str(value.go_type)


def is_nil(value: Value) -> bool:
    """Whether Go's IsNil holds: nil itself, or an array that is nil."""
    return value is None or type(value) in {NilArray, NilStrings}


def wrap(number: int) -> int:
    """Cut a number to 64 bits, as Go's integers overflow."""
    if MIN_INT <= number <= MAX_INT:
        return int(number)
    return ((number + (1 << 63)) & ((1 << 64) - 1)) - (1 << 63)


def truncate(number: float) -> int:
    """Turn a float into an int as Go on amd64 does; what does not fit is the minimum."""
    if -9.3e18 < number < 9.3e18 and MIN_INT <= (whole := int(number)) <= MAX_INT:
        return whole
    return MIN_INT


def raw(text: str) -> bytes:
    """The bytes of a text."""
    return text.encode("utf-8", "surrogateescape")


def cooked(data: bytes) -> str:
    """The text of some bytes."""
    return data.decode("utf-8", "surrogateescape")
