"""Numbers and texts as they are written."""

import re

from serinus.expr.errors import Failure
from serinus.expr.values import MAX_INT, raw

PLAIN = {
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "\\": "\\",
}
ESCAPE = re.compile(
    r"""\\(?:
      (?P<plain>[abfnrtv\\])
    | (?P<quote>["'])
    | (?P<octal>[0-3][0-7]{2})
    | x(?P<byte>[0-9a-fA-F]{2})
    | u\{(?P<braced>[0-9a-fA-F]{1,6})\}
    | u(?P<short>[0-9a-fA-F]{4})
    | U(?P<long>[0-9a-fA-F]{8})
    | (?P<wrong>)
    )""",
    re.VERBOSE,
)
BASES = {"0x": 16, "0o": 8, "0b": 2}
FLOAT = re.compile(r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?")
HIGHEST = 0x10FFFF
SURROGATES = range(0xD800, 0xE000)


def number(source: str) -> int | float:
    """Read an integer or a float. Raises Failure."""
    digits = source.replace("_", "").lower()
    base = BASES.get(digits[:2])
    if base != 16 and ("." in digits or "e" in digits):
        return _float(digits)
    try:
        value = int(digits[2:], base) if base else int(digits)
    except ValueError:
        raise Failure(f"invalid integer literal: {source}") from None
    if value > MAX_INT:
        raise Failure(f"integer literal is too large: {source}")
    return value


def text(quoted: str) -> str:
    """Read a text between quotes. Raises Failure."""
    return ESCAPE.sub(lambda found: _character(found, quoted[0]), _inside(quoted))


def raw_text(quoted: str) -> str:
    """Read a text between backticks."""
    return quoted[1:-1].replace("``", "`")


def data(quoted: str) -> bytes:
    """Read bytes: a text between quotes after a `b`. Raises Failure."""
    inside = _inside(quoted[1:])
    parts: list[bytes] = []
    end = 0
    for found in ESCAPE.finditer(inside):
        parts += [raw(inside[end : found.start()]), _byte(found, quoted[1])]
        end = found.end()
    return b"".join([*parts, raw(inside[end:])])


def _float(digits: str) -> float:
    if not FLOAT.fullmatch(digits):
        raise Failure(f"invalid float literal: {digits}")
    value = float(digits)
    if value == float("inf"):
        raise Failure(f"float literal is too large: {digits}")
    return value


def _inside(quoted: str) -> str:
    """What stands between the quotes, with one kind of line end."""
    return quoted[1:-1].replace("\r\n", "\n").replace("\r", "\n")


def _character(found: re.Match[str], quote: str) -> str:
    if plain := found["plain"] or _quote(found, quote):
        return PLAIN.get(plain, plain)
    if found["octal"]:
        return chr(int(found["octal"], 8))
    code = int(found["byte"] or found["braced"] or found["short"] or found["long"] or _wrong(), 16)
    if code > HIGHEST:
        _wrong()
    return "\ufffd" if code in SURROGATES else chr(code)


def _byte(found: re.Match[str], quote: str) -> bytes:
    if plain := found["plain"] or _quote(found, quote):
        return PLAIN.get(plain, plain).encode()
    if found["octal"]:
        return bytes([int(found["octal"], 8)])
    return bytes([int(found["byte"] or _wrong(), 16)])


def _quote(found: re.Match[str], quote: str) -> str:
    """The escaped quote, which must be the one that the text stands in."""
    return quote if found["quote"] == quote else ""


def _wrong() -> str:
    raise Failure("invalid char escape")
