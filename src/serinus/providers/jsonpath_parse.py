r"""JSONPath in kubectl's dialect: from text to steps.

No library reads this dialect: braces around each expression, ``$`` and ``@`` that may be left out, ``\.`` in names,
filters of one comparison (https://kubernetes.io/docs/reference/kubectl/jsonpath/).
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from msgspec import Struct

from serinus.providers.provider import ProviderError

LONGEST = 4096
"""Characters of a path; each may cost a look at the whole reply."""

_FIELD = re.compile(r"\.((?:\\.|[^\s.,\[\]$@{}\\])*)")
_DEEP = re.compile(r"\.\.((?:\\.|[^\s.,\[\]$@{}\\])*)")
_FILTER = re.compile(r"""\[\?\(((?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^)"'])*)\)\]""")
_BRACKET = re.compile(r"""\[((?:"[^"]*"|'[^']*'|[^]"'])*)\]""")
_QUOTED = re.compile(r""""((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'""")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
_WORD = re.compile(r"\w+")
_SLICE = re.compile(r"(-?[0-9]*)(?::(-?[0-9]*))?(?::(-?[0-9]*))?")
_COMPARISON = re.compile(r"([^!<>=]+)([!<>=~]+)(.+)", re.DOTALL)
_UNION = re.compile(r"""(?:"[^"]*"|'[^']*'|[^,"'])+""")
_SELF = re.compile(r"[ $@]")


class Field(Struct, frozen=True):
    """The value of a key."""

    name: str


class Every(Struct, frozen=True):
    """All values of an object or of a list."""


class Deep(Struct, frozen=True):
    """A value and everything below it that holds something."""


class Slice(Struct, frozen=True):
    """Items of a list; one item when ``single``."""

    start: int | None
    stop: int | None
    step: int | None
    single: bool = False


class Union(Struct, frozen=True):
    """What several selectors find, one after the other."""

    parts: tuple["Path", ...]


class Literal(Struct, frozen=True):
    """A value that stands in the path itself."""

    value: Any


class Filter(Struct, frozen=True):
    """Items of a list for which a comparison holds; without an operator, for which a path finds something."""

    left: "Path"
    operator: str = ""
    right: "Path" = ()


Step = Field | Every | Deep | Slice | Union | Literal | Filter
Path = tuple[Step, ...]


@lru_cache(maxsize=256)
def parse(text: str) -> tuple[Path, ...]:
    """The paths between the braces of a text. Raises ProviderError with what is wrong."""
    if len(text) > LONGEST:
        raise ProviderError(f"jsonPath has {len(text)} characters; {LONGEST} are allowed")
    paths: list[Path] = []
    text, at = text.strip(), 0
    while at < len(text):
        if text[at] != "{":
            raise _wrong(text, at, "write the path in braces, as in {$.data.value}")
        path, at = _path(text, at + 1)
        if text[at : at + 1] != "}":
            raise _wrong(text, at, "a closing brace is missing")
        paths.append(path)
        at += 1
    return tuple(paths)


def _path(text: str, at: int) -> tuple[Path, int]:
    """The steps from a place on, and where they end."""
    steps: list[Step] = []
    while at < len(text) and text[at] != "}":
        for pattern, read in _READERS:
            if found := pattern.match(text, at):
                steps += read(found)
                at = found.end()
                break
        else:
            raise _wrong(text, at, f"{text[at]!r} is not understood here")
    return tuple(steps), at


def _whole(text: str) -> Path:
    path, at = _path(text, 0)
    if at < len(text):
        raise _wrong(text, at, f"{text[at]!r} is not understood here")
    return path


def _deep(found: re.Match[str]) -> Path:
    if not found[1] and found.string.startswith("..", found.end()):
        raise _wrong(found.string, found.end(), "'..' twice in a row")
    return (Deep(), *_named(found[1])) if found[1] else (Deep(),)


def _field(found: re.Match[str]) -> Path:
    return _named(found[1])


def _named(name: str) -> Path:
    if name == "*":
        return (Every(),)
    return (Field(re.sub(r"\\(.)", r"\1", name)),) if name else ()


def _filter(found: re.Match[str]) -> Path:
    comparison = _COMPARISON.fullmatch(found[1])
    if comparison is None:
        return (Filter(_whole(found[1].strip())),)
    left, operator, right = comparison.groups()
    if operator not in {"==", "!=", "<", "<=", ">", ">="}:
        raise ProviderError(f"jsonPath: {operator} is no comparison; there are ==, !=, <, <=, >, >=")
    return (Filter(_whole(left.strip()), operator, _whole(right.strip())),)


def _bracket(found: re.Match[str]) -> Path:
    parts = [part.strip() for part in _UNION.findall(found[1])]
    if len(parts) > 1:
        return (Union(tuple(_selector(part) for part in parts)),)
    return _selector(found[1].strip())


def _selector(text: str) -> Path:
    """A key in quotes, ``*``, an index or a slice."""
    if text == "*":
        return (Slice(None, None, None),)
    if quoted := _QUOTED.fullmatch(text):
        return _whole("." + (quoted[1] or quoted[2] or ""))
    numbers = _SLICE.fullmatch(text)
    if numbers is None or not text:
        raise ProviderError(f"jsonPath: [{text}] is neither an index, nor a slice, nor a key in quotes")
    try:
        start, stop, step = (int(number) if number else None for number in numbers.groups())
    except ValueError:
        raise ProviderError(f"jsonPath: [{text}] is not a number") from None
    return (Slice(start, stop, step, single=":" not in text),)


def _literal(found: re.Match[str]) -> Path:
    return (Literal(re.sub(r"\\(.)", r"\1", found[1] or found[2] or "")),)


def _number(found: re.Match[str]) -> Path:
    return (Literal(float(found[0]) if "." in found[0] else int(found[0])),)


def _word(found: re.Match[str]) -> Path:
    if found[0] in {"true", "false"}:
        return (Literal(found[0] == "true"),)
    if found[0] in {"range", "end"}:
        raise ProviderError("jsonPath: the first hit is the result, so nothing is repeated: leave range and end out")
    raise ProviderError(f"jsonPath: {found[0]} is not understood: a field begins with a dot, as in {{.{found[0]}}}")


def _wrong(text: str, at: int, why: str) -> ProviderError:
    return ProviderError(f"jsonPath {text!r}, character {at + 1}: {why}")


def _nothing(_found: re.Match[str]) -> Path:
    return ()


_READERS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Path]], ...] = (
    (_DEEP, _deep),
    (_FIELD, _field),
    (_FILTER, _filter),
    (_BRACKET, _bracket),
    (_QUOTED, _literal),
    (_NUMBER, _number),
    (_WORD, _word),
    (_SELF, _nothing),
)
