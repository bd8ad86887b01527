"""From tree to closures: what a condition does, ready to run."""

from collections.abc import Callable
from typing import Any

from serinus.expr import access
from serinus.expr.arithmetic import ARITHMETIC, negate
from serinus.expr.clocks import CLOCKS
from serinus.expr.errors import Failure
from serinus.expr.frame import Frame
from serinus.expr.lists import LISTS
from serinus.expr.numbers import NUMBER_FUNCTIONS
from serinus.expr.operators import COMPARISONS, LAZY, exactly, truth
from serinus.expr.predicates import emit_predicate
from serinus.expr.signatures import PREDICATES
from serinus.expr.texts import TEXTS, text
from serinus.expr.tree import (
    Array,
    Binary,
    Builtin,
    Call,
    Chain,
    Conditional,
    Constant,
    Let,
    Literal,
    Map,
    Member,
    Name,
    Node,
    Pointer,
    Predicate,
    Sequence,
    Slice,
    Unary,
)
from serinus.expr.values import ARRAYS, Function, Value, go_type, is_nil

Run = Callable[[Frame], Value]
SIZED = ARRAYS | {str}
FUNCTIONS: dict[str, Callable[..., Value]] = {**TEXTS, **NUMBER_FUNCTIONS, **LISTS, **CLOCKS}


class Broken(Exception):  # noqa: N818 - a jump, not an error
    """A base of `?.` was nil: the chain around it is over."""


def emit(node: Node) -> Run:
    """A closure that evaluates a node; a Failure in it learns the node's place."""
    run = EMITTERS[type(node)](node)
    if isinstance(node, Literal | Name | Pointer | Predicate | Sequence):
        return run
    return located(run, node.at)


def located(run: Run, at: int) -> Run:
    """The same, telling its place when it fails."""

    def placed(frame: Frame) -> Value:
        try:
            return run(frame)
        except Failure as failure:
            if failure.at is None:
                failure.at = at
            raise

    return placed


def emit_literal(node: Literal) -> Run:
    value = node.value
    return lambda _frame: value


def emit_constant(node: Constant) -> Run:
    value = node.value
    return lambda _frame: value.copy()


def emit_name(node: Name) -> Run:
    name = node.name
    if name == "$env":
        return lambda frame: dict(frame.environment)

    def load(frame: Frame) -> Value:
        if name in frame.variables:
            return frame.variables[name]
        return frame.environment.get(name)

    return load


def emit_pointer(node: Pointer) -> Run:
    if node.name == "index":
        return lambda frame: frame.scope.index
    if node.name == "acc":
        return lambda frame: frame.scope.gathered
    return lambda frame: frame.scope.element()


def emit_unary(node: Unary) -> Run:
    operand = emit(node.operand)
    if node.operator in {"!", "not"}:
        return lambda frame: not truth(operand(frame))
    return operand if node.operator == "+" else lambda frame: negate(operand(frame))


def emit_binary(node: Binary) -> Run:
    left, right = emit(node.left), emit(node.right)
    if node.operator in LAZY:
        return LAZY[node.operator](left, right)
    if node.operator in ARITHMETIC:
        compute = ARITHMETIC[node.operator]
        return lambda frame: compute(left(frame), right(frame))
    if node.exact is not None:
        return exactly(left, right, node.exact, equal=node.operator == "==")
    compare = COMPARISONS[node.operator]
    return lambda frame: compare(frame, left(frame), right(frame))


def emit_chain(node: Chain) -> Run:
    inner = emit(node.node)

    def chain(frame: Frame) -> Value:
        try:
            value = inner(frame)
        except Broken:
            return None
        return None if is_nil(value) else value

    return chain


def emit_member(node: Member) -> Run:
    base, key = emit(node.base), emit(node.key)
    if not node.optional:
        return lambda frame: access.fetch(base(frame), key(frame))

    def optional(frame: Frame) -> Value:
        value = base(frame)
        if is_nil(value):
            raise Broken
        return access.fetch(value, key(frame))

    return optional


def emit_slice(node: Slice) -> Run:
    base = emit(node.base)
    low = emit(node.low) if node.low else lambda _frame: 0
    high = emit(node.high) if node.high else None

    def part(frame: Frame) -> Value:
        value = base(frame)
        frame.meter.scan(len(value) if type(value) in SIZED else 0)
        end = high(frame) if high else None
        if high and end is None:
            raise Failure("invalid operation: int(<nil>)")
        return access.part(value, low(frame), end)

    return part


def emit_call(node: Call) -> Run:
    callee = emit(node.callee)
    arguments = [emit(argument) for argument in node.arguments]

    def call(frame: Frame) -> Value:
        given = [argument(frame) for argument in arguments]
        function = callee(frame)
        if not isinstance(function, Function):
            raise Failure(f"invalid operation: cannot call non-function of type {go_type(function)}")
        frame.meter.scan(sum(len(value) for value in given if type(value) in SIZED))
        return function.call(*given)

    return call


def emit_builtin(node: Builtin) -> Run:
    if node.name in PREDICATES:
        return emit_predicate(node, emit)
    function = FUNCTIONS[node.name]
    arguments = [emit(argument) for argument in node.arguments]

    def call(frame: Frame) -> Value:
        given = [argument(frame) for argument in arguments]
        frame.meter.scan(sum(len(value) for value in given if type(value) in SIZED))
        return function(frame, *given)

    return call


def emit_let(node: Let) -> Run:
    name, value, body = node.name, emit(node.value), emit(node.body)

    def let(frame: Frame) -> Value:
        frame.variables[name] = value(frame)
        return body(frame)

    return let


def emit_sequence(node: Sequence) -> Run:
    runs = [emit(part) for part in node.nodes]
    return lambda frame: [run(frame) for run in runs][-1]


def emit_conditional(node: Conditional) -> Run:
    test, then, otherwise = emit(node.test), emit(node.then), emit(node.otherwise)
    return lambda frame: then(frame) if truth(test(frame)) else otherwise(frame)


def emit_array(node: Array) -> Run:
    items = [emit(item) for item in node.items]

    def array(frame: Frame) -> list[Value]:
        made = [item(frame) for item in items]
        frame.meter.grow(len(made))
        return made

    return array


def emit_map(node: Map) -> Run:
    pairs = [(emit(pair.key), emit(pair.value)) for pair in node.pairs]

    def build(frame: Frame) -> dict[str, Value]:
        made = [(key(frame), value(frame)) for key, value in pairs]
        frame.meter.grow(len(made))
        first: dict[str, Value] = {}
        for key, value in made:
            first.setdefault(text(key), value)
        return first

    return build


EMITTERS: dict[type, Callable[[Any], Run]] = {
    Literal: emit_literal,
    Constant: emit_constant,
    Name: emit_name,
    Pointer: emit_pointer,
    Unary: emit_unary,
    Binary: emit_binary,
    Chain: emit_chain,
    Member: emit_member,
    Slice: emit_slice,
    Call: emit_call,
    Builtin: emit_builtin,
    Let: emit_let,
    Sequence: emit_sequence,
    Conditional: emit_conditional,
    Array: emit_array,
    Map: emit_map,
    Predicate: lambda node: emit(node.body),
}
