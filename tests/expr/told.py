"""Our values in the form in which the oracle writes its own."""

import base64
import json
import math
import struct
from typing import Any

from serinus.expr.instant import Location, Time
from serinus.expr.values import ARRAYS, Function, Keyed, NilArray, NilStrings, Value, go_type, raw


def told(value: Value) -> Any:
    """A value with the type of every part."""
    if value is None:
        return ["nil"]
    if isinstance(value, bool):
        return ["bool", value]
    if isinstance(value, str):
        return ["string", base64.b64encode(raw(value)).decode()]
    if isinstance(value, float):
        bits = struct.unpack(">Q", struct.pack(">d", value))[0]
        return ["float64", "NaN" if math.isnan(value) else f"{bits:x}"]
    if isinstance(value, int):
        return [go_type(value), str(int(value))]
    return structured(value)


def structured(value: Value) -> Any:
    """Arrays, maps, times and functions."""
    if isinstance(value, bytes):
        return ["[]uint8", base64.b64encode(value).decode()]
    if isinstance(value, Time):
        offset, name, _ = value.location.at(value.seconds)
        return ["time.Time", str(value.seconds), value.nanoseconds % 10**9, offset, name]
    if isinstance(value, Location):
        return ["*time.Location", value.name]
    if isinstance(value, Function):
        return ["func"]
    if isinstance(value, NilArray | NilStrings):
        return [f"{go_type(value)}(nil)"]
    if isinstance(value, dict | Keyed):
        return [go_type(value), [[told(key), told(item)] for key, item in value.items()]]
    assert type(value) in ARRAYS
    return [go_type(value), [told(item) for item in value]]


def canonical(value: Any) -> Any:
    """The same with the entries of every map in one order."""
    if not isinstance(value, list):
        return value
    parts = [canonical(part) for part in value]
    if parts and isinstance(parts[0], str) and parts[0].startswith("map["):
        parts[1] = sorted(parts[1], key=json.dumps)
    return parts
