"""The known differences from expr-lang: each has its name in docs/conditions.md."""

import re
from collections.abc import Callable
from dataclasses import dataclass

FROM_THE_END = re.compile(r"(?s)findLast|filter\(.*(?:\[-1\]|last\()|last\(.*filter\(")
BOTH_PRINTED_KEYS = re.compile(r"(?s)string\(.*(?:groupBy|fromPairs)|(?:groupBy|fromPairs).*string\(")
FRACTIONAL_POWER = re.compile(r"(?:\*\*|\^)\s*-?\s*(?:[0-9]*\.[0-9]|[^0-9\s-])")


@dataclass(frozen=True)
class Difference:
    """A known difference, and how to know it in a text."""

    name: str
    shows_in: Callable[[str], object]


DIFFERENCES = [
    Difference("Searches from the end", FROM_THE_END.search),
    Difference("Fractional powers", FRACTIONAL_POWER.search),
    Difference("Time zones as values", re.compile(r"timezone\(").search),
    Difference("Keys of several types in print", BOTH_PRINTED_KEYS.search),
]


def explanation(text: str) -> str:
    """The name of the difference that explains another answer; "" if there is none."""
    return next((difference.name for difference in DIFFERENCES if difference.shows_in(text)), "")
