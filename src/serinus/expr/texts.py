"""Functions of texts."""

import base64
import binascii
from collections.abc import Callable
from typing import Any

from serinus.expr.access import to_int
from serinus.expr.errors import Failure
from serinus.expr.frame import Frame
from serinus.expr.json_text import from_json, to_json
from serinus.expr.values import NilStrings, Strings, Value, cooked, go_type, raw
from serinus.expr.written import written

SPACES = "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
"""What Unicode calls white space."""

REPEATS = 1_000_000


def text(value: Value) -> str:
    """A text. Raises Failure for anything else."""
    if type(value) is not str:
        raise Failure(f"interface conversion: interface {{}} is {go_type(value)}, not string")
    return value


def trim(_frame: Frame, value: Value, characters: Value = SPACES) -> str:
    return text(value).strip(text(characters))


def trim_prefix(_frame: Frame, value: Value, prefix: Value = " ") -> str:
    return text(value).removeprefix(text(prefix))


def trim_suffix(_frame: Frame, value: Value, suffix: Value = " ") -> str:
    return text(value).removesuffix(text(suffix))


def upper(frame: Frame, value: Value) -> str:
    frame.meter.text(len(text(value)))
    return value.upper() if value.isascii() else "".join(map(upper_letter, value))


def lower(frame: Frame, value: Value) -> str:
    frame.meter.text(len(text(value)))
    return value.lower() if value.isascii() else "".join(map(lower_letter, value))


def upper_letter(letter: str) -> str:
    """One letter for one, as Go does: `ß` stays."""
    if "\ud800" <= letter <= "\udfff":
        return "\ufffd"
    for changed in (letter.upper(), letter.title()):
        if len(changed) == 1:
            return changed
    return letter


def lower_letter(letter: str) -> str:
    """One letter for one."""
    return "\ufffd" if "\ud800" <= letter <= "\udfff" else letter.lower()[0]


def split(frame: Frame, value: Value, separator: Value, count: Value = -1) -> Value:
    return pieces(frame, text(value), text(separator), to_int(count), keep="")


def split_after(frame: Frame, value: Value, separator: Value, count: Value = -1) -> Value:
    return pieces(frame, text(value), text(separator), to_int(count), keep=text(separator))


def pieces(frame: Frame, value: str, separator: str, count: int, *, keep: str) -> Value:
    """The parts of a text; without a separator, its characters."""
    if count == 0:
        return NilStrings()
    if separator:
        parts = value.split(separator, count - 1 if count > 0 else -1)
    elif 0 < count < len(value):
        parts = [*value[: count - 1], value[count - 1 :]]
    else:
        parts = list(value)
    frame.meter.step(len(parts))
    return Strings([*(part + keep for part in parts[:-1]), *parts[-1:]])


def replace(frame: Frame, value: Value, old: Value, new: Value, count: Value = -1) -> str:
    times = to_int(count)
    found = text(value).count(text(old))
    found = min(found, times) if times >= 0 else found
    frame.meter.text(len(value) + found * (len(text(new)) - len(old)))
    changed: str = value.replace(old, new, found)
    return changed if changed.isascii() else cooked(raw(changed))


def repeat(frame: Frame, value: Value, count: Value) -> str:
    times, size = to_int(count), len(raw(text(value)))
    if times < 0:
        raise Failure(f"invalid argument for repeat (expected positive integer, got {times})")
    if times > REPEATS:
        raise Failure("memory budget exceeded")
    frame.meter.grow(size * times)
    return value * times if value.isascii() else cooked(raw(value) * times)


def join(frame: Frame, value: Value, glue: Value = "") -> str:
    if go_type(value) not in {"[]string", "[]interface {}"}:
        raise Failure(f"invalid argument for join (type {go_type(value)})")
    parts = [text(part) for part in value]
    frame.meter.text(sum(map(len, parts)) + len(text(glue)) * len(parts))
    joined: str = glue.join(parts)
    return joined if joined.isascii() else cooked(raw(joined))


def index_of(_frame: Frame, value: Value, part: Value) -> int:
    return raw(text(value)).find(raw(text(part)))


def last_index_of(_frame: Frame, value: Value, part: Value) -> int:
    return raw(text(value)).rfind(raw(text(part)))


def has_prefix(_frame: Frame, value: Value, prefix: Value) -> bool:
    return text(value).startswith(text(prefix))


def has_suffix(_frame: Frame, value: Value, suffix: Value) -> bool:
    return text(value).endswith(text(suffix))


def as_text(frame: Frame, value: Value) -> str:
    return written(value, frame.meter)


def as_json(frame: Frame, value: Value) -> str:
    return to_json(value, frame.meter)


def of_json(frame: Frame, value: Value) -> Value:
    return from_json(text(value), frame.meter)


def as_base64(frame: Frame, value: Value) -> str:
    frame.meter.text(len(text(value)) * 4 // 3)
    return base64.b64encode(raw(value)).decode()


def of_base64(_frame: Frame, value: Value) -> str:
    """Decode base64; line ends inside are skipped, as Go does."""
    plain = text(value).replace("\n", "").replace("\r", "")
    try:
        return cooked(base64.b64decode(plain, validate=True))
    except (binascii.Error, ValueError):
        raise Failure("illegal base64 data") from None


TEXTS: dict[str, Callable[..., Any]] = {
    "trim": trim,
    "trimPrefix": trim_prefix,
    "trimSuffix": trim_suffix,
    "upper": upper,
    "lower": lower,
    "split": split,
    "splitAfter": split_after,
    "replace": replace,
    "repeat": repeat,
    "join": join,
    "indexOf": index_of,
    "lastIndexOf": last_index_of,
    "hasPrefix": has_prefix,
    "hasSuffix": has_suffix,
    "string": as_text,
    "toJSON": as_json,
    "fromJSON": of_json,
    "toBase64": as_base64,
    "fromBase64": of_base64,
}
