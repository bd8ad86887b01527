"""Which operator binds tighter: from a flat list of operands to a tree."""

from dataclasses import dataclass

from serinus.expr.errors import Failure
from serinus.expr.limits import DEPTH, TOO_DEEP
from serinus.expr.tree import Binary, Builtin, Call, Node, Unary

LEVELS = {
    "or": 10,
    "||": 10,
    "and": 15,
    "&&": 15,
    **dict.fromkeys(["==", "!=", "<", ">", "<=", ">=", "in", "matches", "contains", "startsWith", "endsWith"], 20),
    "..": 25,
    "+": 30,
    "-": 30,
    "*": 60,
    "/": 60,
    "%": 60,
    "**": 100,
    "^": 100,
    "??": 500,
}
PREFIX_LEVELS = {"not": 50, "!": 50, "-": 90, "+": 90}
FROM_THE_RIGHT = {"**", "^"}
ORDERINGS = {"<", ">", "<=", ">="}


@dataclass(frozen=True)
class Prefix:
    """An operator before an operand."""

    name: str
    at: int


@dataclass(frozen=True)
class Operator:
    """An operator between operands; `negated` is that of `not in`."""

    name: str
    at: int
    negated: bool = False


@dataclass(frozen=True)
class Pipe:
    """`| name(…)`: a call that waits for its first argument."""

    call: Call | Builtin


Item = Node | Prefix | Operator | Pipe


class Climb:
    """One list of operands and operators, read from left to right."""

    def __init__(self, items: list[Item]) -> None:
        self.items = items
        self.next = 0
        self.depth = 0

    def expression(self, level: int) -> Node:
        """Read what binds at least as tight as the level. Raises Failure."""
        self.depth += 1
        if self.depth > DEPTH:
            raise Failure(TOO_DEEP)
        node = self.operations(level)
        self.depth -= 1
        return node

    def operations(self, level: int) -> Node:
        """Read an operand, and operators with their right sides."""
        left = self.operand()
        while (operator := self.operator(level)) is not None:
            self.next += 1
            if isinstance(operator, Pipe):
                left = piped(left, operator)
            elif operator.name in ORDERINGS:
                left = self.comparisons(left, operator)
            else:
                left = self.binary(left, operator)
        return left

    def operator(self, level: int) -> Operator | Pipe | None:
        """The operator that comes next, if it binds tight enough."""
        if self.next >= len(self.items):
            return None
        item = self.items[self.next]
        if isinstance(item, Pipe):
            return item if level == 0 else None
        return item if isinstance(item, Operator) and LEVELS[item.name] >= level else None

    def operand(self) -> Node:
        """Read an operand with the operators before it."""
        item = self.items[self.next]
        self.next += 1
        if isinstance(item, Prefix):
            return Unary(item.name, self.expression(PREFIX_LEVELS[item.name]), at=item.at)
        assert isinstance(item, Node)
        return item

    def binary(self, left: Node, operator: Operator) -> Node:
        """Read the right side of an operator."""
        unmixed(left, operator)
        level = LEVELS[operator.name] + (operator.name not in FROM_THE_RIGHT)
        node = Binary(operator.name, left, self.expression(level), at=operator.at)
        return Unary("not", node, at=operator.at) if operator.negated else node

    def comparisons(self, left: Node, operator: Operator) -> Node:
        """Read `a < b < c`, which means `a < b && b < c`."""
        unmixed(left, operator)
        whole: Node | None = None
        while True:
            right = self.expression(LEVELS[operator.name] + 1)
            one = Binary(operator.name, left, right, at=operator.at)
            whole = one if whole is None else Binary("&&", whole, one, at=operator.at)
            following = self.operator(LEVELS[operator.name])
            if not isinstance(following, Operator) or following.name not in ORDERINGS:
                return whole
            self.next += 1
            left, operator = right, following


def piped(left: Node, pipe: Pipe) -> Node:
    """Put the left side in as the first argument."""
    call = pipe.call
    arguments = (left, *call.arguments)
    if isinstance(call, Call):
        return Call(call.callee, arguments, at=call.at)
    return Builtin(call.name, arguments, at=call.at)


def unmixed(left: Node, operator: Operator) -> None:
    """Refuse `a ?? b + c`, which people read in two ways."""
    if operator.name != "??" and isinstance(left, Binary) and left.operator == "??" and not left.grouped:
        message = f"Operator ({operator.name}) and coalesce expressions (??) cannot be mixed. "
        raise Failure(f"{message}Wrap either by parentheses.", operator.at)
