"""Which operators may stand between which types."""

from collections.abc import Callable

from serinus.expr.types import (
    BOOL,
    DURATION,
    FLOAT,
    INT,
    NIL,
    STRING,
    TIME,
    UNKNOWN,
    Type,
    array_of,
    assignable,
    comparable,
)

Test = Callable[[Type], bool]


def is_bool(one: Type) -> bool:
    return one.kind == "bool"


def is_text(one: Type) -> bool:
    return one.kind == "string"


def is_number(one: Type) -> bool:
    return one.number


def is_integer(one: Type) -> bool:
    return one.integer


def is_time(one: Type) -> bool:
    return one == TIME


def is_duration(one: Type) -> bool:
    return one == DURATION


def unary(operator: str, operand: Type) -> Type | None:
    """The type of an operator before an operand; None where it does not fit."""
    if operator in {"!", "not"}:
        return BOOL if is_bool(operand) or operand.unknown else None
    if operand.number:
        return operand
    return UNKNOWN if operand.unknown else None


def binary(operator: str, left: Type, right: Type) -> Type | None:
    """The type of an operator between two operands; None where it does not fit."""
    return RULES[operator](left, right)


def perhaps(left: Type, right: Type, *tests: Test) -> bool:
    """Whether two types may fit, one of which is not known."""
    if left.unknown and right.unknown:
        return True
    known = right if left.unknown else left
    return (left.unknown or right.unknown) and any(test(known) for test in tests)


def both(left: Type, right: Type, *tests: Test) -> bool:
    """Whether one of the tests holds for both."""
    return any(test(left) and test(right) for test in tests)


def equality(left: Type, right: Type) -> Type | None:
    return BOOL if comparable(left, right) else None


def fits(result: Type, *tests: Test) -> Callable[[Type, Type], Type | None]:
    """A rule: both sides of one of the kinds."""
    return lambda left, right: result if both(left, right, *tests) or perhaps(left, right, *tests) else None


def promoted(left: Type, right: Type) -> Type:
    """Of two numbers, a float wins."""
    return FLOAT if FLOAT in {left, right} else INT


def added(left: Type, right: Type) -> Type | None:
    if both(left, right, is_number):
        return promoted(left, right)
    if both(left, right, is_text):
        return STRING
    if {left, right} == {TIME, DURATION}:
        return TIME
    if left == right == DURATION:
        return DURATION
    return UNKNOWN if perhaps(left, right, is_number, is_text, is_time, is_duration) else None


def subtracted(left: Type, right: Type) -> Type | None:
    if both(left, right, is_number):
        return promoted(left, right)
    if left == TIME and right in {TIME, DURATION}:
        return DURATION if right == TIME else TIME
    if left == right == DURATION:
        return DURATION
    return UNKNOWN if perhaps(left, right, is_number, is_time, is_duration) else None


def multiplied(left: Type, right: Type) -> Type | None:
    if both(left, right, is_number):
        return promoted(left, right)
    if DURATION in {left, right} and all(side.number or side == DURATION for side in (left, right)):
        return DURATION
    return UNKNOWN if perhaps(left, right, is_number, is_duration) else None


def ranged(left: Type, right: Type) -> Type | None:
    return array_of(INT) if both(left, right, is_integer) or perhaps(left, right, is_integer) else None


def matched(left: Type, right: Type) -> Type | None:
    if left.name == "[]uint8" and is_text(right):
        return BOOL
    return BOOL if both(left, right, is_text) or perhaps(left, right, is_text) else None


def contained(left: Type, right: Type) -> Type | None:
    if right.kind == "struct":
        return BOOL if is_text(left) or left.unknown else None
    if right.kind == "map":
        assert right.key is not None
        return BOOL if left.unknown or assignable(left, right.key) else None
    if right.array:
        assert right.elem is not None
        return BOOL if comparable(left, right.elem) else None
    if left.unknown and is_text(right):
        return BOOL
    return BOOL if right.unknown else None


def coalesced(left: Type, right: Type) -> Type:
    if left.nil or right.nil:
        return NIL if left.nil and right.nil else (right if left.nil else left)
    return left if assignable(right, left) else UNKNOWN


_BOOLEAN = fits(BOOL, is_bool)
_ORDER = fits(BOOL, is_number, is_text, is_time, is_duration)
_TEXT = fits(BOOL, is_text)
_FLOAT = fits(FLOAT, is_number)

RULES: dict[str, Callable[[Type, Type], Type | None]] = {
    **dict.fromkeys(["==", "!="], equality),
    **dict.fromkeys(["or", "||", "and", "&&"], _BOOLEAN),
    **dict.fromkeys(["<", ">", "<=", ">="], _ORDER),
    "+": added,
    "-": subtracted,
    "*": multiplied,
    **dict.fromkeys(["/", "**", "^"], _FLOAT),
    "%": fits(INT, is_integer),
    "in": contained,
    "matches": matched,
    **dict.fromkeys(["contains", "startsWith", "endsWith"], _TEXT),
    "..": ranged,
    "??": coalesced,
}
