"""Elements, entries, methods, parts, and what is in what."""

from serinus.expr.compare import equal
from serinus.expr.errors import Failure
from serinus.expr.instant import Location, Time
from serinus.expr.keys import entry_key
from serinus.expr.limits import Meter
from serinus.expr.methods import method_of
from serinus.expr.values import ARRAYS, NUMBERS, Keyed, NilArray, Uint8, Value, cooked, go_type, raw, truncate

MISSING = object()
HIDDEN = object()
"""An entry of a map that a predicate runs over: it is counted, but cannot be seen."""


def fetch(base: Value, key: Value) -> Value:
    """`base[key]`. Raises Failure when there is no such thing; a missing entry is nil."""
    if base is None:
        raise Failure(f"cannot fetch {shown(key)} from <nil>")
    if type(key) is str and (method := method_of(base, key)):
        return method
    if isinstance(base, dict | Keyed):
        found = entry(base, key)
        return missing_entry(base) if found is MISSING else found
    if type(base) not in ARRAYS and type(base) is not str:
        raise Failure(f"cannot fetch {shown(key)} from {go_type(base)}")
    index = to_int(key)
    elements = raw(base) if isinstance(base, str) else base
    place = index + len(elements) if index < 0 else index
    if not 0 <= place < len(elements):
        raise Failure(f"index out of range: {place} (array length is {len(elements)})")
    return Uint8(elements[place]) if isinstance(elements, bytes) else elements[place]


def entry(base: dict[str, Value] | Keyed, key: Value) -> Value:
    """The value under a key, or MISSING. Raises Failure for a key of another type."""
    if isinstance(base, Keyed):
        found = base.entries.get(entry_key(key))
        return found[1] if found else MISSING
    if key is None:
        key = ""
    if type(key) is not str:
        raise Failure(f"reflect: cannot use {go_type(key)} as a key of {go_type(base)}")
    return base.get(key, MISSING)


def missing_entry(base: dict[str, Value] | Keyed) -> Value:
    """What Go gives for a key that is not there."""
    return NilArray() if isinstance(base, Keyed) and base.groups else None


def part(base: Value, low: Value, high: Value) -> Value:
    """`base[low:high]`; the ends are moved into the array. Raises Failure."""
    if type(base) not in ARRAYS and type(base) is not str:
        raise Failure(f"cannot slice {go_type(base)}")
    elements = raw(base) if isinstance(base, str) else base
    size = len(elements)
    start, stop = to_int(low), size if high is None else to_int(high)
    start = max(start + size if start < 0 else start, 0)
    stop = min(max(stop + size if stop < 0 else stop, 0), size)
    piece = elements[min(start, stop) : stop]
    return cooked(piece) if isinstance(base, str) else same_kind(base, piece)


def same_kind(base: Value, elements: Value) -> Value:
    """A part of an array is an array of the same type."""
    return type(base)(elements)


def contains(needle: Value, base: Value, meter: Meter) -> bool:
    """`needle in base`. Raises Failure for what holds nothing."""
    if base is None:
        return False
    if type(base) in ARRAYS:
        return any(equal(item, needle, meter) for item in items(base))
    if isinstance(base, dict | Keyed):
        return entry(base, needle) is not MISSING
    if isinstance(base, Time | Location):
        field_name(needle, base)
        return False
    raise Failure(f'operator "in" not defined on {go_type(base)}')


def field_name(key: Value, base: Value) -> str:
    """The name of a field. Raises Failure for anything but a text."""
    if type(key) is str:
        return key
    raise Failure(f"cannot use {go_type(key)} as field name of {go_type(base)}")


def items(base: Value) -> list[Value]:
    """The elements of what a predicate runs over. Raises Failure."""
    if isinstance(base, bytes | str):
        return [Uint8(byte) for byte in (raw(base) if isinstance(base, str) else base)]
    if type(base) in ARRAYS:
        return list(base)
    if isinstance(base, dict | Keyed):
        return [HIDDEN] * len(base.entries if isinstance(base, Keyed) else base)
    raise Failure(f"cannot run over {go_type(base)}")


def to_int(value: Value) -> int:
    """An index, or another whole number. Raises Failure."""
    if type(value) not in NUMBERS:
        raise Failure(f"invalid operation: int({go_type(value)})")
    return truncate(value) if isinstance(value, float) else int(value)


def shown(key: Value) -> str:
    """A key in a message."""
    return key if type(key) is str else str(key)
