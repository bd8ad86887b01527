"""Functions of arrays and maps."""

from collections.abc import Callable
from functools import cmp_to_key
from typing import Any

from serinus.expr.access import MISSING, entry, fetch, field_name, to_int
from serinus.expr.compare import equal, less
from serinus.expr.errors import Failure
from serinus.expr.frame import Frame
from serinus.expr.instant import Location, Time
from serinus.expr.keys import put
from serinus.expr.limits import descend
from serinus.expr.methods import method_of
from serinus.expr.values import (
    ARRAYS,
    Keyed,
    NilArray,
    Pair,
    Pairs,
    Uint8,
    Value,
    go_type,
    raw,
)

SORTABLE = {"[]interface {}", "[]int", "[]float64", "[]string"}
TYPE_NAMES = {
    "<nil>": "nil",
    "float64": "float",
    "int64": "int",
    "uint8": "uint",
    "*time.Location": "time.Location",
}


def array(name: str, value: Value) -> list[Value]:
    """The elements of an array. Raises Failure for anything else."""
    if type(value) not in ARRAYS:
        raise Failure(f"cannot {name} {go_type(value)}")
    return [Uint8(byte) for byte in value] if isinstance(value, bytes) else value


def length(_frame: Frame, value: Value) -> int:
    if type(value) is str:
        return len(value)
    if type(value) in ARRAYS or isinstance(value, dict):
        return len(value)
    if isinstance(value, Keyed):
        return len(value.entries)
    raise Failure(f"invalid argument for len (type {go_type(value)})")


def type_name(_frame: Frame, value: Value) -> str:
    name = go_type(value)
    if name.startswith("map["):
        return "map"
    if name.startswith("["):
        return "array"
    return "func" if name.startswith("func") else TYPE_NAMES.get(name, name)


def first(_frame: Frame, value: Value) -> Value:
    return at_end(value, 0)


def last(_frame: Frame, value: Value) -> Value:
    return at_end(value, -1)


def at_end(value: Value, place: int) -> Value:
    """The element at one end; nil where there is none."""
    try:
        return fetch(value, place)
    except Failure:
        return None


def get(_frame: Frame, base: Value, key: Value) -> Value:
    """`get`: an element, an entry or a method; nil where there is none."""
    if base is None:
        return None
    if type(key) is str and (method := method_of(base, key)):
        return method
    if isinstance(base, dict | Keyed):
        found = entry(base, key)
        return None if found is MISSING else found
    if isinstance(base, Time | Location):
        field_name(key, base)
    if type(base) not in ARRAYS and type(base) is not str:
        return None
    elements = raw(base) if type(base) is str else base
    place = to_int(key)
    place += len(elements) if place < 0 else 0
    if not 0 <= place < len(elements):
        return None
    return Uint8(elements[place]) if isinstance(elements, bytes) else elements[place]


def take(_frame: Frame, value: Value, count: Value) -> Value:
    if type(value) not in ARRAYS or isinstance(value, Pair):
        raise Failure(f"cannot take from {go_type(value)}")
    if not isinstance(count, int) or type(count) in {bool, Uint8}:
        raise Failure(f"cannot take {go_type(count)} elements")
    if count < 0:
        raise Failure("reflect.Value.Slice: slice index out of bounds")
    return type(value)(value[:count])


def reverse(frame: Frame, value: Value) -> list[Value]:
    elements = array("reverse", value)
    frame.meter.grow(len(elements))
    return list(reversed(elements))


def uniq(frame: Frame, value: Value) -> list[Value]:
    kept: list[Value] = []
    for item in array("uniq", value):
        if not any(equal(item, known, frame.meter) for known in kept):
            kept.append(item)
    return kept


def concat(frame: Frame, *values: Value) -> list[Value]:
    joined = [item for value in values for item in array("concat", value)]
    frame.meter.grow(len(joined))
    return joined or NilArray()


def flatten(frame: Frame, value: Value) -> list[Value]:
    flat = leaves(frame, array("flatten", value), 0)
    frame.meter.grow(len(flat))
    return flat


def leaves(frame: Frame, values: list[Value], depth: int) -> list[Value]:
    """Everything in an array that is no array."""
    flat: list[Value] = []
    for value in values:
        frame.meter.step()
        if type(value) in ARRAYS:
            flat += leaves(frame, array("flatten", value), descend(depth))
        else:
            flat.append(value)
    return flat


def sort(frame: Frame, value: Value, order: Value = "asc") -> list[Value]:
    descending = direction(order)
    if go_type(value) not in SORTABLE:
        return NilArray()
    frame.meter.grow(len(value))
    return sorted_by(frame, value, value, descending=descending)


def direction(order: Value) -> bool:
    """Whether an order is descending. Raises Failure."""
    if type(order) is not str or order not in {"asc", "desc"}:
        raise Failure(f"invalid order {order}, expected asc or desc")
    return bool(order == "desc")


def sorted_by(frame: Frame, values: list[Value], keys: list[Value], *, descending: bool) -> list[Value]:
    """Values in the order of their keys. Raises Failure for keys without order."""

    def compare(one: tuple[Value, Value], other: tuple[Value, Value]) -> int:
        frame.meter.step()
        before = less(other[0], one[0]) if descending else less(one[0], other[0])
        after = less(one[0], other[0]) if descending else less(other[0], one[0])
        return after - before

    pairs = list(zip(keys, values, strict=True))
    return [value for _, value in sorted(pairs, key=cmp_to_key(compare))]


def entries(name: str, value: Value) -> list[tuple[Value, Value]]:
    """Keys and values of a map. Raises Failure for anything else."""
    if not isinstance(value, dict | Keyed):
        raise Failure(f"cannot {name} {go_type(value)}")
    return list(value.items())


def keys(frame: Frame, value: Value) -> list[Value]:
    found = entries("get keys from", value)
    frame.meter.step(len(found))
    return [key for key, _ in found]


def values(frame: Frame, value: Value) -> list[Value]:
    found = entries("get values from", value)
    frame.meter.step(len(found))
    return [item for _, item in found]


def to_pairs(frame: Frame, value: Value) -> Pairs:
    found = entries("transform to pairs", value)
    frame.meter.step(len(found))
    return Pairs(Pair(pair) for pair in found)


def from_pairs(frame: Frame, value: Value) -> Keyed:
    made = Keyed()
    for pair in array("transform from pairs", value):
        frame.meter.step()
        if type(pair) not in ARRAYS or len(pair) != 2:
            raise Failure("invalid pair")
        key, item = array("transform from pairs", pair)
        put(made, key, item)
    return made


LISTS: dict[str, Callable[..., Any]] = {
    "len": length,
    "type": type_name,
    "first": first,
    "last": last,
    "get": get,
    "take": take,
    "reverse": reverse,
    "uniq": uniq,
    "concat": concat,
    "flatten": flatten,
    "sort": sort,
    "keys": keys,
    "values": values,
    "toPairs": to_pairs,
    "fromPairs": from_pairs,
}
