"""What operators do with the values on their sides."""

from collections.abc import Callable

from serinus.expr import access
from serinus.expr.arithmetic import add
from serinus.expr.compare import equal, less
from serinus.expr.errors import Failure
from serinus.expr.frame import Frame
from serinus.expr.limits import ELEMENTS
from serinus.expr.pattern import matches
from serinus.expr.texts import text
from serinus.expr.values import Ints, Value, go_type, is_nil, wrap

PATTERN_COST = 1_000
"""What a search costs besides reading, in bytes: the pattern may be new."""

Run = Callable[[Frame], Value]


def truth(value: Value) -> bool:
    """A bool. Raises Failure for anything else."""
    if value is True or value is False:
        return bool(value)
    raise Failure(f"interface conversion: interface {{}} is {go_type(value)}, not bool")


def exactly(left: Run, right: Run, kind: type, *, equal: bool) -> Run:
    """`==` and `!=` of two values whose type was foretold."""

    def compare(frame: Frame) -> bool:
        one, other = left(frame), right(frame)
        for side in (one, other):
            if type(side) is not kind:
                raise Failure(f"interface conversion: interface {{}} is {go_type(side)}, not {kind.__name__}")
        return (one == other) is equal

    return compare


def lazy_and(left: Run, right: Run) -> Run:
    return lambda frame: right(frame) if truth(left(frame)) else False


def lazy_or(left: Run, right: Run) -> Run:
    return lambda frame: True if truth(left(frame)) else right(frame)


def lazy_else(left: Run, right: Run) -> Run:
    def instead(frame: Frame) -> Value:
        value = left(frame)
        return right(frame) if is_nil(value) else value

    return instead


def before(frame: Frame, one: Value, other: Value) -> bool:
    """`<`."""
    if type(one) is str:
        frame.meter.scan(len(one))
    return less(one, other)


def ordered(frame: Frame, one: Value, other: Value) -> bool:
    """`<=`: not the opposite of `>`, because of what is no number."""
    return before(frame, one, other) or equal(one, other, frame.meter)


def span(frame: Frame, one: Value, other: Value) -> Ints:
    """`one..other`."""
    low, high = access.to_int(one), access.to_int(other)
    size = max(wrap(high - low + 1), 0)
    frame.meter.grow(min(size, ELEMENTS))
    return Ints(range(low, low + size))


def found(frame: Frame, one: Value, other: Value) -> bool:
    """`matches`: texts and bytes; nil never does."""
    if is_nil(one) or is_nil(other):
        return False
    subject = one if isinstance(one, bytes) else text(one)
    frame.meter.scan(PATTERN_COST + len(subject))
    return matches(text(other), subject)


def of_texts(test: Callable[[str, str], bool]) -> Callable[[Frame, Value, Value], bool]:
    """A test of two texts; nil never passes."""

    def tested(frame: Frame, one: Value, other: Value) -> bool:
        if is_nil(one) or is_nil(other):
            return False
        frame.meter.scan(len(text(one)) + len(text(other)))
        return test(one, other)

    return tested


LAZY: dict[str, Callable[[Run, Run], Run]] = {
    **dict.fromkeys(["and", "&&"], lazy_and),
    **dict.fromkeys(["or", "||"], lazy_or),
    "??": lazy_else,
}
COMPARISONS: dict[str, Callable[[Frame, Value, Value], Value]] = {
    "+": lambda frame, one, other: add(one, other, frame.meter),
    "==": lambda frame, one, other: equal(one, other, frame.meter),
    "!=": lambda frame, one, other: not equal(one, other, frame.meter),
    "<": before,
    ">": lambda frame, one, other: before(frame, other, one),
    "<=": ordered,
    ">=": lambda frame, one, other: ordered(frame, other, one),
    "in": lambda frame, one, other: access.contains(one, other, frame.meter),
    "..": span,
    "matches": found,
    "contains": of_texts(lambda one, other: other in one),
    "startsWith": of_texts(str.startswith),
    "endsWith": of_texts(str.endswith),
}
