"""Check the types of a condition against the type of the result.

As in expr, a condition that cannot fit is an error before anything is evaluated:
`result == "ok"` is refused for a number instead of being false.
"""

from collections.abc import Callable, Mapping

from serinus.expr import check_operators, types
from serinus.expr.check_calls import Calls
from serinus.expr.errors import Failure
from serinus.expr.methods import method_type
from serinus.expr.pattern import compiled
from serinus.expr.signatures import BUILTINS
from serinus.expr.tree import (
    Array,
    Binary,
    Builtin,
    Call,
    Chain,
    Conditional,
    Let,
    Literal,
    Map,
    Member,
    Name,
    Node,
    Pair,
    Pointer,
    Predicate,
    Sequence,
    Slice,
    Unary,
)
from serinus.expr.types import Type, assignable

LITERALS: dict[type, Type] = {
    type(None): types.NIL,
    bool: types.BOOL,
    int: types.INT,
    float: types.FLOAT,
    str: types.STRING,
    bytes: types.BYTES,
}


class Checker(Calls):
    """One walk over a tree. What it finds stands in `types`, by the node's id."""

    def __init__(self, environment: Mapping[str, Type]) -> None:
        super().__init__()
        self.environment = environment
        self.types: dict[int, Type] = {}
        self.variables: list[tuple[str, Type]] = []

    def visit(self, node: Node) -> Type:
        """The type of a node. Raises Failure with the node's place."""
        try:
            found = self.RULES[type(node)](self, node)
        except Failure as failure:
            if failure.at is None:
                failure.at = node.at
            raise
        self.types[id(node)] = found
        return found

    def literal(self, node: Literal) -> Type:
        return LITERALS[type(node.value)]

    def name(self, node: Name) -> Type:
        for name, known in reversed(self.variables):
            if name == node.name:
                return known
        if node.name == "$env":
            return types.UNKNOWN
        if node.name in BUILTINS and node.name not in self.environment:
            return types.BUILTIN
        return self.known(node.name)

    def known(self, name: str, *, strict: bool = True) -> Type:
        """The type of a name of the environment."""
        found = self.environment.get(name)
        if found is None and strict:
            raise Failure(f"unknown name {name}")
        return found or types.UNKNOWN

    def unary(self, node: Unary) -> Type:
        operand = self.visit(node.operand)
        found = check_operators.unary(node.operator, operand)
        if found is None:
            raise Failure(f"invalid operation: {node.operator} (mismatched type {operand.name})")
        return found

    def binary(self, node: Binary) -> Type:
        left, right = self.visit(node.left), self.visit(node.right)
        if node.operator == "matches" and isinstance(node.right, Literal) and isinstance(node.right.value, str):
            compiled(node.right.value)
        found = check_operators.binary(node.operator, left, right)
        if found is None:
            message = f"invalid operation: {node.operator} (mismatched types {left.name} and {right.name})"
            raise Failure(message)
        return found

    def chain(self, node: Chain) -> Type:
        return self.visit(node.node)

    def member(self, node: Member) -> Type:
        name = node.key.value if isinstance(node.key, Literal) and isinstance(node.key.value, str) else None
        if isinstance(node.base, Name) and node.base.name == "$env":
            return types.UNKNOWN if name is None else self.known(name, strict=not node.optional)
        base, key = self.visit(node.base), self.visit(node.key)
        if base.unknown:
            return types.UNKNOWN
        if name is not None and (method := method_type(base, name)):
            return method
        return element(base, key)

    def part(self, node: Slice) -> Type:
        base = self.visit(node.base)
        if base.unknown:
            return types.UNKNOWN
        if not (base.array or base.kind == "string"):
            raise Failure(f"cannot slice {base.name}")
        for end in (node.low, node.high):
            if end is not None and not ((found := self.visit(end)).integer or found.unknown):
                raise Failure(f"non-integer slice index {found.name}", end.at)
        return base

    def pointer(self, node: Pointer) -> Type:
        if not self.scopes:
            raise Failure("cannot use pointer accessor outside predicate")
        collection, names = self.scopes[-1]
        if node.name in names:
            return names[node.name]
        if node.name:
            raise Failure(f"unknown pointer #{node.name}")
        return types.UNKNOWN if collection.unknown else collection.elem or types.ANY

    def let(self, node: Let) -> Type:
        self.free(node.name)
        self.variables.append((node.name, self.visit(node.value)))
        found = self.visit(node.body)
        self.variables.pop()
        return found

    def free(self, name: str) -> None:
        """Refuse a name that means something already."""
        if name in self.environment:
            raise Failure(f"cannot redeclare {name}")
        if name in BUILTINS:
            raise Failure(f"cannot redeclare builtin {name}")
        if any(name == known for known, _ in self.variables):
            raise Failure(f"cannot redeclare variable {name}")

    def sequence(self, node: Sequence) -> Type:
        return [self.visit(part) for part in node.nodes][-1]

    def conditional(self, node: Conditional) -> Type:
        test = self.visit(node.test)
        if test.kind != "bool" and not test.unknown:
            raise Failure(f"non-bool expression (type {test.name}) used as condition", node.test.at)
        return either(self.visit(node.then), self.visit(node.otherwise))

    def array(self, node: Array) -> Type:
        found = [self.visit(item) for item in node.items]
        if not found:
            return types.array_of(types.UNKNOWN)
        same = len({kind_of(item) for item in found}) == 1
        return types.array_of(found[-1]) if same else types.ANYS

    def mapping(self, node: Map) -> Type:
        for pair in node.pairs:
            self.visit(pair)
        return types.MAP

    def pair(self, node: Pair) -> Type:
        self.visit(node.key)
        self.visit(node.value)
        return types.NIL

    def predicate(self, node: Predicate) -> Type:
        return self.visit(node.body)

    RULES: dict[type, Callable[..., Type]] = {  # noqa: RUF012 - a table of the methods above
        Literal: literal,
        Name: name,
        Unary: unary,
        Binary: binary,
        Chain: chain,
        Member: member,
        Slice: part,
        Pointer: pointer,
        Let: let,
        Sequence: sequence,
        Conditional: conditional,
        Array: array,
        Map: mapping,
        Pair: pair,
        Predicate: predicate,
        Call: Calls.call,
        Builtin: Calls.builtin,
    }


def kind_of(one: Type) -> str:
    """Go's kind; what is unknown and nil have none."""
    return "" if one.kind in {"unknown", "nil"} else one.kind


def either(then: Type, otherwise: Type) -> Type:
    """The type of a choice between two."""
    if then.nil or otherwise.nil:
        return otherwise if then.nil else then
    if not assignable(then, otherwise):
        return types.UNKNOWN
    if then.array and otherwise.array:
        one, other = then.elem or types.ANY, otherwise.elem or types.ANY
        if not (assignable(one, other) and assignable(other, one)):
            return types.ANYS
    return then


def element(base: Type, key: Type) -> Type:
    """The type of `base[key]`. Raises Failure."""
    if base.kind == "map":
        assert base.key is not None
        if not (key.unknown or assignable(key, base.key)):
            raise Failure(f"cannot use {key.name} to get an element from {base.name}")
        return base.elem or types.ANY
    if base.array:
        if not (key.integer or key.unknown):
            raise Failure(f"array elements can only be selected using an integer (got {key.name})")
        return base.elem or types.ANY
    raise Failure(f"type {base.name}[{key.name}] is undefined")
