"""Regular expressions: RE2, as in Go, so that none takes more than linear time."""

import re
from functools import lru_cache
from typing import Any

import re2  # type: ignore[import-untyped]

from serinus.expr.errors import Failure
from serinus.expr.values import raw

SIZE = 10_000
"""Bytes of a pattern; Go has no such bound, RE2 one of memory."""

MEMORY = 2 << 20
"""Bytes that a pattern may take while it searches."""

ONE_BYTE = re.compile(r"(?:[^\\]|\\[^C])*\\C", re.DOTALL)
"""Backslash and C, which RE2 knows and Go does not."""


def matches(pattern: str, value: str | bytes) -> bool:
    """Whether the pattern is found anywhere. Raises Failure for a bad pattern."""
    data = value if isinstance(value, bytes) else raw(value)
    return compiled(pattern).search(data) is not None


@lru_cache(maxsize=64)
def compiled(pattern: str) -> Any:
    """The pattern, ready to search. Raises Failure."""
    data = raw(pattern)
    if len(data) > SIZE:
        raise Failure(f"a pattern of {len(data)} bytes is longer than {SIZE}")
    if ONE_BYTE.match(pattern):
        raise Failure(r"error parsing regexp: invalid escape sequence: \C")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = MEMORY
    try:
        return re2.compile(data, options)
    except re2.error as error:
        said = error.args[0] if error.args else ""
        reason = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        raise Failure(f"error parsing regexp: {reason}") from None
