"""Keys of Go's map[any]any: equal only when types and values are."""

import math
from typing import Any

from serinus.expr.errors import Failure
from serinus.expr.instant import Time
from serinus.expr.values import ARRAYS, Function, Keyed, Pair, Value, go_type


def entry_key(value: Value) -> Any:
    """What a key is filed under. Raises Failure for what Go cannot hash."""
    if isinstance(value, float):
        return (float, object()) if math.isnan(value) else (float, value)
    if isinstance(value, Pair):
        return (Pair, *(entry_key(item) for item in value))
    if isinstance(value, Time):
        return (Time, value.nanoseconds, id(value.location))
    if type(value) in ARRAYS or isinstance(value, dict | Keyed | Function):
        raise Failure(f"runtime error: hash of unhashable type {go_type(value)}")
    return (type(value), value)


def put(entries: Keyed, key: Value, value: Value) -> None:
    """File a value under a key."""
    entries.entries[entry_key(key)] = (key, value)
