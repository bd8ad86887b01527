"""JSONPath in kubectl's dialect: what a path finds in JSON data."""

import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from serinus.providers.jsonpath_parse import Deep, Every, Field, Filter, Literal, Path, Slice, Step, Union, parse
from serinus.providers.provider import ProviderError

MOST = 100_000
"""Values that one step may find: paths such as ``{..*..*}`` find the same ones over and over."""


class AbsentError(ProviderError):
    """A path is well formed, but what it leads to is not in the data."""


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def first(path: str, data: Any) -> Any:
    """The first value that a path finds. Raises AbsentError where it finds none, ProviderError for a bad path."""
    for steps in parse(path):
        for value in _walk(steps, [data]):
            return value
    raise AbsentError(f"jsonPath {path} finds nothing in the reply")


def _walk(path: Path, values: Sequence[Any]) -> Sequence[Any]:
    for step in path:
        values = list(islice(_take(step, values), MOST + 1))
        if len(values) > MOST:
            raise ProviderError(f"jsonPath finds more than {MOST} values: say more exactly which")
    return values


def _take(step: Step, values: Sequence[Any]) -> Iterable[Any]:
    """What one step makes of the values that those before it have found, one by one."""
    match step:
        case Field():
            return _fields(step, values)
        case Every():
            return (child for value in values for child in _children(value))
        case Deep():
            return (below for value in values for below in _below(value))
        case Slice():
            return (item for value in values if value is not None for item in _sliced(step, value))
        case Union():
            return (item for part in step.parts for item in _walk(part, values))
        case Filter():
            return (item for value in values for item in _list(value) if _holds(step, item))
        case Literal():
            return (step.value for _ in values)


def _fields(step: Field, values: Sequence[Any]) -> Sequence[Any]:
    found = [value[step.name] for value in values if isinstance(value, dict) and step.name in value]
    if values and not found:
        raise AbsentError(f"{step.name} is not found")
    return found


def _children(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _below(value: Any) -> Iterator[Any]:
    """A value and all below it, from the outside inwards, those without content left out."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        children = list(_children(value))
        if children or (isinstance(value, str) and value):
            yield value
            waiting += reversed(children)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ProviderError(f"{_kind(value)} is not an array and cannot be indexed or filtered")
    return value


def _sliced(step: Slice, value: Any) -> Sequence[Any]:
    """Items by index. Raises ProviderError for what lies outside, which would pass for an empty result."""
    items = _list(value)
    length = len(items)
    start = _from_end(step.start or 0, length)
    stop = start + 1 if step.single else _from_end(length if step.stop is None else step.stop, length)
    if start == stop:
        return ()
    for index in (start, stop - 1):
        if not 0 <= index < length:
            raise AbsentError(f"array index out of bounds: index {index}, length {length}")
    if start > stop:
        raise ProviderError(f"starting index {start} is greater than ending index {stop}")
    if step.step is not None and step.step <= 0:
        raise ProviderError("step must be > 0")
    return items[start : stop : step.step or 1]


def _from_end(index: int, length: int) -> int:
    return index + length if index < 0 else index


def _holds(step: Filter, item: Any) -> bool:
    if not step.operator:
        return _exists(step.left, item)
    sides = [_walk(path, [item]) for path in (step.left, step.right)]
    if not all(sides):
        return False
    if any(len(side) > 1 for side in sides):
        raise ProviderError("can only compare one element at a time")
    (left,), (right,) = sides
    kinds = ("a number", "a text", "a truth value")[: 3 if step.operator in {"==", "!="} else 2]
    if _kind(left) != _kind(right) or _kind(left) not in kinds:
        raise ProviderError(f"{_kind(left)} cannot be compared with {_kind(right)} by {step.operator}")
    return _COMPARE[step.operator](left, right)


def _exists(path: Path, item: Any) -> bool:
    try:
        return len(_walk(path, [item])) > 0
    except ProviderError:
        return False


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a truth value"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list():
            return "an array"
    return "an object"
