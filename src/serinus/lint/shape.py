"""Which fields an object may have, and whether it has others.

A shape is plain data: ``"string"`` and other scalars, ``"Container"`` (the shape of that name), ``[shape]`` for a
list, ``{"": shape}`` for a map, ``{"image": shape, "name!": shape}`` for an object; ``!`` marks what must be there, and
a field ``...`` that there may be others, so that one which is near to none of the known is only doubtful.
"""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from msgspec import Struct

from serinus.lint.finding import Rule, Severity
from serinus.lint.path import written
from serinus.lint.source import Path

Shape = str | list[Any] | dict[str, Any]
Shapes = Mapping[str, Shape]

_MORE = "..."
_NAMES: dict[str, str] = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "quantity": "an amount, such as 500m or 1Gi",
    "int-or-string": "a number or text",
}
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "quantity": (str, int, float),
    "int-or-string": (str, int),
}


class Misfit(Struct, frozen=True):
    """A value that does not fit, and why."""

    path: Path
    rule: Rule
    message: str
    severity: Severity = "error"


def misfits(value: Any, shape: Shape, shapes: Shapes, path: Path = ()) -> Iterator[Misfit]:
    """Everything in a value that does not fit a shape; what is null counts as absent."""
    if value is None or shape == "any":
        return
    match shape:
        case str() if shape in _TYPES:
            yield from _scalar(value, shape, path)
        case str():
            yield from misfits(value, shapes[shape], shapes, path)
        case [item]:
            yield from _list(value, item, shapes, path)
        case {"": item}:
            yield from _map(value, item, shapes, path)
        case dict():
            yield from _object(value, shape, shapes, path)


def _scalar(value: Any, shape: str, path: Path) -> Iterator[Misfit]:
    is_whole = isinstance(value, float) and value.is_integer() and shape in {"integer", "int-or-string"}
    is_other_bool = isinstance(value, bool) and shape != "boolean"
    if is_other_bool or not (isinstance(value, _TYPES[shape]) or is_whole):
        advice = ": put it in quotes" if shape == "string" and isinstance(value, bool | int | float) else ""
        yield _type(path, _NAMES[shape], value, advice)


def _list(value: Any, item: Shape, shapes: Shapes, path: Path) -> Iterator[Misfit]:
    if not isinstance(value, list):
        yield _type(path, "a list", value)
        return
    for index, each in enumerate(value):
        yield from misfits(each, item, shapes, (*path, index))


def _map(value: Any, item: Shape, shapes: Shapes, path: Path) -> Iterator[Misfit]:
    if not isinstance(value, dict):
        yield _type(path, "a mapping", value)
        return
    for key, each in value.items():
        yield from misfits(each, item, shapes, (*path, key))


def _object(value: Any, shape: dict[str, Any], shapes: Shapes, path: Path) -> Iterator[Misfit]:
    if not isinstance(value, dict):
        yield _type(path, "an object", value)
        return
    fields = {name.rstrip("!"): item for name, item in shape.items() if name != _MORE}
    for key, each in value.items():
        if key in fields:
            yield from misfits(each, fields[key], shapes, (*path, key))
        else:
            yield _unknown((*path, key), fields, is_open=_MORE in shape)
    for name in shape:
        field = name.rstrip("!")
        if name != field and value.get(field) is None:
            yield Misfit((*path, field), "required", f"{written((*path, field))}: Required value")


def _type(path: Path, wanted: str, value: Any, advice: str = "") -> Misfit:
    return Misfit(path, "type", f"{written(path)}: Invalid value: {_told(value)}: must be {wanted}{advice}")


def _told(value: Any) -> str:
    match value:
        case dict():
            return "an object"
        case list():
            return "a list"
        case bool():
            return str(value).lower()
        case _:
            return f'"{value}"' if isinstance(value, str) else str(value)


def _unknown(path: Path, fields: Iterable[str], *, is_open: bool) -> Misfit:
    near = nearest(str(path[-1]), fields)
    advice = f'; did you mean "{near}"?' if near else ""
    severity: Severity = "warning" if is_open and not near else "error"
    return Misfit(path, "unknown-field", f'unknown field "{written(path)}"{advice}', severity)


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that somebody may have meant; empty when none is near."""
    by_lower = {item.lower(): item for item in known}
    near = get_close_matches(word.lower(), by_lower, n=1)
    return by_lower[near[0]] if near else ""
