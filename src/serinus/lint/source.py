"""Manifests out of a text, each value with its place.

YAML as Kubernetes reads it: no dates (a time stays the text that it is), no key twice, no anchors without end. JSON
is a part of it.
"""

import json
import re
from collections.abc import Hashable, Iterator, Mapping
from typing import Any

import yaml
from msgspec import Struct

Path = tuple[str | int, ...]
"""The way to a value: keys of mappings and indices of lists."""

_HALVES = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")

LARGEST = 500_000
"""Values in one text at most: anchors can make very many of few lines."""


class Place(Struct, frozen=True, order=True):
    """Where something stands in a file; both count from 1."""

    line: int = 1
    column: int = 1


class Document(Struct, frozen=True):
    """One object, and the places of its keys and of the items of its lists."""

    file: str
    data: Any
    places: Mapping[Path, Place]
    twice: tuple[Path, ...] = ()
    """The keys that stand in a mapping a second time."""

    def place(self, path: Path) -> Place:
        """Where a value stands; where it does not, the nearest one that it would be part of."""
        for length in range(len(path), -1, -1):
            if (found := self.places.get(path[:length])) is not None:
                return found
        return Place()


class SourceError(Exception):
    """A text is no YAML."""

    def __init__(self, message: str, place: Place) -> None:
        super().__init__(message)
        self.place = place


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """The safe loader with the plain values that Go's has: no dates, no numbers to the base of 60."""


_TAG = "tag:yaml.org,2002:"
_REPLACED = {f"{_TAG}{name}" for name in ("timestamp", "value", "int", "float")}
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _REPLACED]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}
_INT = r"[-+]?(0b[01_]+|0[0-7_]+|0|[1-9][0-9_]*|0x[0-9a-fA-F_]+)$"
_FLOAT = (
    r"([-+]?[0-9][0-9_]*\.[0-9_]*([eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+|[-+]?\.[0-9][0-9_]*([eE][-+]?[0-9]+)?"
    r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$"
)
_Loader.add_implicit_resolver(f"{_TAG}float", re.compile(_FLOAT), list("-+0123456789."))
_Loader.add_implicit_resolver(f"{_TAG}int", re.compile(_INT), list("-+0123456789"))


def read(text: str, file: str) -> tuple[Document, ...]:
    """The objects of a text, those of lists (``kind: List``) one by one; empty documents are left out.

    Raises ``SourceError``.
    """
    loader = _Loader(_as_yaml(text))
    try:
        return tuple(_documents(loader, file))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise SourceError(_said(error), _place(mark) if mark else Place()) from None
    except yaml.YAMLError as error:
        raise SourceError(" ".join(str(error).split()), Place()) from None
    finally:
        loader.dispose()


def _documents(loader: Any, file: str) -> Iterator[Document]:
    while loader.check_node():
        reading = _Reading(loader)
        root = loader.get_node()
        document = Document(file, reading.value(root, ()), reading.places, tuple(reading.twice))
        yield from _items(document)


def _items(document: Document) -> Iterator[Document]:
    """A document itself, or the objects of the list that it is."""
    data = document.data
    if data is None:
        return
    if not (isinstance(data, dict) and data.get("kind") == "List" and isinstance(data.get("items"), list)):
        yield document
        return
    for index, item in enumerate(data["items"]):
        start: Path = ("items", index)
        places = {path[2:]: place for path, place in document.places.items() if path[:2] == start}
        yield Document(document.file, item, places, tuple(path[2:] for path in document.twice if path[:2] == start))


class _Reading:
    """One document on its way from nodes to plain data."""

    def __init__(self, loader: Any) -> None:
        self.loader = loader
        self.places: dict[Path, Place] = {}
        self.twice: list[Path] = []

    def value(self, node: Any, path: Path) -> Any:
        """The plain data of a node; the places of all that is in it are noted."""
        if len(self.places) > LARGEST or len(path) > 100:
            raise SourceError("too large or too deep to be a manifest", _place(node.start_mark))
        self.places.setdefault(path, _place(node.start_mark))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        return self.loader.construct_object(node)

    def _mapping(self, node: Any, path: Path) -> dict[str, Any]:
        own = [key for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
        self.loader.flatten_mapping(node)
        result: dict[str, Any] = {}
        seen: set[Hashable] = set()
        for key_node, value_node in node.value:
            key = str(self.loader.construct_object(key_node, deep=True))
            here = (*path, key)
            if key_node in own and key in seen:
                self.twice.append(here)
            if key_node in own:
                seen.add(key)
            self.places[here] = _place(key_node.start_mark)
            result[key] = self.value(value_node, here)
        return result


def _as_yaml(text: str) -> str:
    """JSON may be indented with tabs and escapes characters in halves; YAML does neither."""
    if text.lstrip()[:1] not in {"{", "["}:
        return text
    return _HALVES.sub(lambda found: json.loads(f'"{found[0]}"'), text.replace("\t", " "))


def _said(error: yaml.MarkedYAMLError) -> str:
    return ": ".join(filter(None, [error.context, error.problem])) or "is not YAML"


def _place(mark: Any) -> Place:
    return Place(mark.line + 1, mark.column + 1)
