"""Check what functions take and give."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from serinus.expr import types
from serinus.expr.errors import Failure
from serinus.expr.signatures import OVERLOADS, PREDICATES
from serinus.expr.tree import Builtin, Call, Name, Node
from serinus.expr.types import Signature, Type, assignable
from serinus.expr.validate import result_type

TESTS = {"all", "none", "any", "one", "filter", "count", "find", "findIndex", "findLast", "findLastIndex"}
"""Functions whose predicate must be a bool."""

FIXED = {
    **dict.fromkeys(["all", "none", "any", "one"], types.BOOL),
    **dict.fromkeys(["count", "findIndex", "findLastIndex"], types.INT),
    "groupBy": types.GROUPS,
}
"""Functions with a predicate that always give the same type."""

INDEX = {"index": types.INT}
POINTERS = {"map": INDEX, "reduce": {**INDEX, "acc": types.UNKNOWN}}
"""What `#name` means inside a predicate."""


class Calls:
    """The part of the checker that knows functions."""

    def __init__(self) -> None:
        self.scopes: list[tuple[Type, dict[str, Type]]] = []

    if TYPE_CHECKING:

        def visit(self, node: Node) -> Type: ...

        def known(self, name: str, *, strict: bool = True) -> Type: ...

    def call(self, node: Call) -> Type:
        """A call of a function of the environment, a variable or a method."""
        if isinstance(node.callee, Name) and node.callee.name == "$env":
            raise Failure("$env is not callable")
        callee = self.visit(node.callee)
        if callee.unknown:
            return types.UNKNOWN
        if callee.signature is None:
            raise Failure(f"{callee.name} is not callable")
        return self.taken(node.arguments, callee.signature)

    def builtin(self, node: Builtin) -> Type:
        """A call of a function of the language."""
        if node.name in PREDICATES:
            return self.predicated(node)
        if node.name == "get":
            return self.get(node)
        if node.name in OVERLOADS:
            return self.overloaded(node)
        return result_type(node.name, [self.visit(argument) for argument in node.arguments])

    def overloaded(self, node: Builtin) -> Type:
        """The first form that fits."""
        found = None
        for signature in OVERLOADS[node.name]:
            try:
                return self.taken(node.arguments, signature)
            except Failure as failure:
                if found is None or failure.at is not None:
                    found = failure
        assert found is not None
        raise Failure(f"{found.message} to call {node.name}", found.at)

    def taken(self, arguments: Sequence[Node], signature: Signature) -> Type:
        """The result's type, if the arguments fit. Raises Failure."""
        if len(signature.results) > 2:
            raise Failure("the function returns more than two values")
        if len(arguments) != len(signature.params):
            raise Failure("too many arguments" if len(arguments) > len(signature.params) else "not enough arguments")
        for argument, param in zip(arguments, signature.params, strict=True):
            given = self.visit(argument)
            if not passes(given, param):
                raise Failure(f"cannot use {given.name} as argument (type {param.name})", argument.at)
        return signature.results[0]

    def get(self, node: Builtin) -> Type:
        """`get(base, key)`: an element, or nil."""
        if len(node.arguments) != 2:
            raise Failure(f"invalid number of arguments (expected 2, got {len(node.arguments)})")
        base, key = (self.visit(argument) for argument in node.arguments)
        if base.unknown:
            return types.UNKNOWN
        if base.array and (key.integer or key.unknown):
            return base.elem or types.ANY
        if base.kind == "map" and base.key is not None and (key.unknown or assignable(key, base.key)):
            return base.elem or types.ANY
        raise Failure(f"cannot use {key.name} to get an element from {base.name}")

    def predicated(self, node: Builtin) -> Type:
        """A function with a predicate."""
        collection = self.visit(node.arguments[0])
        if not (collection.array or collection.unknown):
            message = f"builtin {node.name} takes only array (got {collection.name})"
            raise Failure(message, node.arguments[0].at)
        elem = types.UNKNOWN if collection.unknown else collection.elem or types.ANY
        if len(node.arguments) == 1:
            return types.INT if node.name == "count" else elem
        body = self.inside(node, collection)
        self.third(node)
        return FIXED.get(node.name) or given(node.name, collection, elem, body)

    def inside(self, node: Builtin, collection: Type) -> Type:
        """The type that the predicate gives."""
        predicate = node.arguments[1]
        self.scopes.append((collection, POINTERS.get(node.name, {})))
        body = self.visit(predicate)
        self.scopes.pop()
        if body.nil:
            raise Failure("predicate should has one input and one output param", predicate.at)
        if node.name in TESTS and body.kind != "bool" and not body.unknown:
            raise Failure(f"predicate should return boolean (got {body.name})", predicate.at)
        return body

    def third(self, node: Builtin) -> None:
        """The order of `sortBy`, the start of `reduce`."""
        for argument in node.arguments[2:]:
            order = self.visit(argument)
            if node.name == "sortBy" and order.kind != "string" and not order.unknown:
                raise Failure(f"sortBy order argument must be a string (got {order.name})", argument.at)


def given(name: str, collection: Type, elem: Type, body: Type) -> Type:
    """What a function with a predicate gives."""
    if name in {"find", "findLast"}:
        return elem
    if name == "filter":
        return types.ANYS if collection.unknown else types.array_of(elem)
    if name == "sortBy":
        return collection
    if name == "map":
        return types.array_of(body)
    return types.ANY if name == "sum" and body.unknown else body


def passes(given: Type, param: Type) -> bool:
    """Whether Go takes the argument, perhaps after turning an integer literal around."""
    if given.integer and param.number:
        return True
    if given.nil:
        return param.kind in {"ptr", "interface"}
    return given.unknown or assignable(given, param)
