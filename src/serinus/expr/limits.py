"""How much a condition may cost: every bound, and the meter that counts.

The budget of elements is expr's own (its `memory budget`). The others are ours:
expr-lang would let a condition run, or grow a text, without end.
"""

from serinus.expr.errors import Failure

TEXT = 65_536
"""Characters of a condition."""

NODES = 10_000
"""Nodes of a condition's tree, as in expr."""

DEPTH = 120
"""Levels of a condition's tree; `a + b + c` has two."""

TOO_DEEP = f"the condition is nested more than {DEPTH} levels deep"

DATA_DEPTH = 100
"""Levels of arrays and maps in a value."""

ELEMENTS = 1_000_000
"""Elements that one evaluation may create, as in expr."""

STEPS = 250_000
"""Nodes evaluated inside predicates, and elements visited by functions."""

STRING = 1_000_000
"""Bytes of one text."""

NUMERAL = 1_000
"""Characters of a text that is read as a number, a date or a duration."""


class Meter:
    """What one evaluation has used up."""

    __slots__ = ("elements", "steps")

    def __init__(self) -> None:
        self.elements = 0
        self.steps = 0

    def grow(self, elements: int) -> None:
        """Count new elements. Raises Failure when the budget is used up."""
        self.elements += elements
        if self.elements >= ELEMENTS:
            raise Failure("memory budget exceeded")

    def step(self, steps: int = 1) -> None:
        """Count work. Raises Failure when the budget is used up."""
        self.steps += steps
        if self.steps > STEPS:
            raise Failure(f"the condition takes more than {STEPS} steps")

    def text(self, size: int) -> None:
        """Allow a text of this size, and count it as work."""
        if size > STRING:
            raise Failure(f"a text of {size} bytes is longer than {STRING}")
        self.scan(size)

    def scan(self, size: int) -> None:
        """Count the reading of a text, or of an array without looking into it."""
        self.step(1 + (size >> 6))


def short(text: str) -> str:
    """A text that can be read as one number or time. Raises Failure."""
    if len(text) > NUMERAL:
        raise Failure(f"a text of {len(text)} characters is no number and no time")
    return text


def descend(depth: int) -> int:
    """Go one level deeper into a value. Raises Failure at the bottom."""
    if depth >= DATA_DEPTH:
        raise Failure("recursion depth exceeded")
    return depth + 1
