"""JSON as Go writes and reads it."""

import base64
import json
import math
from collections.abc import Callable
from typing import NoReturn

from serinus.expr.errors import Failure
from serinus.expr.incoming import LONE, clean
from serinus.expr.instant import Location, Time
from serinus.expr.layout_text import written as written_layout
from serinus.expr.limits import Meter, descend
from serinus.expr.values import ARRAYS, INTEGERS, NAMED_INTEGERS, Keyed, Value, go_type, is_nil
from serinus.expr.written import float_digits, plain_float, scientific_float

INDENT = "  "
RFC3339 = "2006-01-02T15:04:05.999999999Z07:00"
ESCAPES = {
    '"': '\\"',
    "\\": "\\\\",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    **{chr(code): f"\\u{code:04x}" for code in (0x3C, 0x3E, 0x26, 0x2028, 0x2029)},
}
TRANSLATION = str.maketrans({**{chr(code): f"\\u{code:04x}" for code in range(32)}, **ESCAPES})


def to_json(value: Value, meter: Meter) -> str:
    """Write a value with two blanks per level. Raises Failure."""
    return _written(value, meter, "\n", 0)


def from_json(text: str, meter: Meter) -> Value:
    """Read JSON; every number becomes a float64. Raises Failure."""
    meter.step(len(text) >> 4)
    try:
        return _read(json.loads(text, parse_int=_number, parse_float=_number, parse_constant=_refuse), 0)
    except (ValueError, RecursionError) as error:
        raise Failure(f"invalid JSON: {error}") from None


def _written(value: Value, meter: Meter, line: str, depth: int) -> str:
    meter.step()
    simple = SIMPLE.get(type(value))
    if simple is not None:
        return simple(value)
    if is_nil(value):
        return "null"
    depth = descend(depth)
    inner = line + INDENT
    if type(value) in ARRAYS:
        return _enclosed("[", [_written(item, meter, inner, depth) for item in value], "]", (line, meter))
    if not isinstance(value, dict):
        raise Failure(f"json: unsupported type: {go_type(value)}")
    items = [f"{_text(key)}: {_written(value[key], meter, inner, depth)}" for key in sorted(value)]
    return _enclosed("{", items, "}", (line, meter))


def _enclosed(start: str, items: list[str], end: str, where: tuple[str, Meter]) -> str:
    line, meter = where
    if not items:
        return start + end
    meter.text(sum(map(len, items)) + len(items) * (len(line) + 3))
    inner = line + INDENT
    return f"{start}{inner}{f',{inner}'.join(items)}{line}{end}"


def _text(text: str) -> str:
    return '"' + LONE.sub(r"\\ufffd", text.translate(TRANSLATION)) + '"'


def _float(number: float) -> str:
    if not math.isfinite(number):
        raise Failure(f"json: unsupported value: {number}")
    sign, digits, power = float_digits(number)
    if -6 <= power < 21:
        return plain_float(sign, digits, power)
    return scientific_float(sign, digits, power, width=1)


def _number(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"cannot unmarshal number {text} into Go value of type float64")
    return number


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _read(value: Value, depth: int) -> Value:
    """Replace broken texts, and refuse what is nested too deep."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_read(item, descend(depth)) for item in value]
    if isinstance(value, dict):
        return {clean(key): _read(item, descend(depth)) for key, item in value.items()}
    return value


def _keyed(value: Keyed) -> NoReturn:
    raise Failure(f"json: unsupported type: {go_type(value)}")


SIMPLE: dict[type, Callable[[Value], str]] = {
    type(None): lambda _: "null",
    bool: lambda value: "true" if value else "false",
    **dict.fromkeys(INTEGERS | NAMED_INTEGERS, lambda value: str(int(value))),
    float: _float,
    str: _text,
    bytes: lambda data: f'"{base64.b64encode(data).decode()}"',
    Time: lambda time: f'"{written_layout(time, RFC3339)}"',
    Location: lambda _: "{}",
    Keyed: _keyed,
}
