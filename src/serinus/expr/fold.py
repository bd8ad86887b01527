"""Rewrite a tree as expr's optimizer does, where that changes what comes out.

expr drops `and true`, stops counting early, and looks texts up in a set: a mistake
in a part that is dropped is no error there, so it is none here.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from serinus.expr.arithmetic import ARITHMETIC, negate
from serinus.expr.errors import Failure
from serinus.expr.fold_predicates import SHORTCUTS, is_filter
from serinus.expr.tree import Array, Binary, Builtin, Call, Constant, Literal, Name, Node, Predicate, Unary, rebuilt
from serinus.expr.types import Type
from serinus.expr.values import Value, wrap

Rule = Callable[[Node], Node]

FLOATS_WANTED = {"isNaN", "isInf"}
EXACT = {"int": int, "string": str}
"""Types that `==` compares at once, refusing what is none of them after all."""

WITHIN = "within"
"""`in` between an integer and a range, until the range's ends are known."""


def folded(node: Node, types: Mapping[int, Type]) -> Node:
    """The tree as it is evaluated. Raises Failure for a division by a literal zero."""
    node = typed(node, types)
    while (changed := each(node, constant)) is not node:
        node = changed
    node = each(node, in_range)
    for shortcut in SHORTCUTS:
        node = each(node, shortcut)
    return node


def each(node: Node, rule: Rule) -> Node:
    """Apply a rule to every node, from the leaves up."""
    return rule(rebuilt(node, lambda child: each(child, rule)))


def typed(node: Node, types: Mapping[int, Type]) -> Node:
    """Rewrite what depends on types: they are known for the tree as it was written."""
    new = rebuilt(node, lambda child: typed(child, types))
    if isinstance(new, Call) and isinstance(new.callee, Name) and new.callee.name in FLOATS_WANTED:
        return replace(new, arguments=tuple(as_floats(argument) for argument in new.arguments))
    if not isinstance(new, Binary) or new.operator not in {"in", "==", "!="}:
        return new
    assert isinstance(node, Binary)
    left, right = types.get(id(node.left)), types.get(id(node.right))
    if new.operator != "in":
        return replace(new, exact=EXACT[left.name]) if left == right and left and left.name in EXACT else new
    if isinstance(new.right, Binary) and new.right.operator == ".." and left is not None and left.kind == "int":
        return replace(new, operator=WITHIN)
    return in_texts(new)


def as_floats(node: Node) -> Node:
    """Integer literals where Go wants a float."""
    if isinstance(node, Literal) and type(node.value) is int:
        return replace(node, value=float(node.value))
    if isinstance(node, Unary):
        return replace(node, operand=as_floats(node.operand))
    if isinstance(node, Binary) and node.operator in {"+", "-", "*"}:
        return replace(node, left=as_floats(node.left), right=as_floats(node.right))
    return node


def in_texts(node: Binary) -> Node:
    """`x in ["a", "b"]` looks a text up: anything but a text is an error."""
    if not isinstance(node.right, Array) or not node.right.items:
        return node
    found = [item.value for item in node.right.items if isinstance(item, Literal)]
    if len(found) < len(node.right.items) or not all(isinstance(value, str) for value in found):
        return node
    return replace(node, right=Constant({str(value): True for value in found}, at=node.right.at))


def in_range(node: Node) -> Node:
    """`x in 1..3` compares twice, without building the range."""
    if not isinstance(node, Binary) or node.operator != WITHIN:
        return node
    span = node.right
    if isinstance(span, Binary) and is_integer(span.left) and is_integer(span.right):
        low = Binary(">=", node.left, span.left, at=node.at)
        return Binary("and", low, Binary("<=", node.left, span.right, at=node.at), at=node.at)
    return replace(node, operator="in")


def constant(node: Node) -> Node:
    """Compute what is known already."""
    if isinstance(node, Unary):
        return folded_unary(node)
    if isinstance(node, Binary):
        return folded_binary(node)
    if is_filter(node):
        return filtered_once(node)
    if isinstance(node, Array) and node.items:
        kinds = (type(item.value) if isinstance(item, Literal) else object for item in node.items)
        if all(kind in {int, float, str, bool} for kind in kinds):
            return Constant([item.value for item in node.items if isinstance(item, Literal)], at=node.at)
    return node


def filtered_once(node: Builtin) -> Node:
    """`filter(filter(x, p), q)` asks for both at once."""
    inner, outer = node.arguments
    if not is_filter(inner):
        return node
    first = inner.arguments[1]
    assert isinstance(first, Predicate)
    assert isinstance(outer, Predicate)
    both = Predicate(Binary("&&", first.body, outer.body, at=node.at), at=outer.at)
    return replace(inner, arguments=(inner.arguments[0], both), at=node.at)


def folded_unary(node: Unary) -> Node:
    """An operator before a literal."""
    value = node.operand.value if isinstance(node.operand, Literal) else None
    if node.operator in {"!", "not"} and isinstance(value, bool):
        return Literal(not value, at=node.at)
    if node.operator in {"-", "+"} and is_number(value):
        return Literal(negate(value) if node.operator == "-" else value, at=node.at)
    return node


def folded_binary(node: Binary) -> Node:
    """An operator of which a side is a literal."""
    if node.operator in {"and", "&&", "or", "||"}:
        return folded_logic(node, absorbing=node.operator in {"or", "||"})
    if not (isinstance(node.left, Literal) and isinstance(node.right, Literal)):
        return node
    one, other = node.left.value, node.right.value
    if node.operator == "==" and type(one) is type(other) and type(one) in {int, str, bool}:
        return Literal(one == other, at=node.at)
    if node.operator == "+" and isinstance(one, str) and isinstance(other, str):
        return Literal(one + other, at=node.at)
    if is_number(one) and is_number(other):
        return computed(node, one, other)
    return node


def computed(node: Binary, one: Value, other: Value) -> Node:
    """Arithmetic of two literals."""
    if node.operator == "+":
        return Literal(wrap(one + other) if type(one) is type(other) is int else float(one) + float(other), at=node.at)
    if node.operator not in ARITHMETIC or (node.operator == "%" and not type(one) is type(other) is int):
        return node
    try:
        return Literal(ARITHMETIC[node.operator](one, other), at=node.at)
    except Failure as failure:
        raise Failure(failure.message, node.at) from None


def folded_logic(node: Binary, *, absorbing: bool) -> Node:
    """`and` and `or` with a literal; the absorbing one drops the other side."""
    left, right = truth(node.left), truth(node.right)
    if left is not None and left is not absorbing:
        return node.right
    if right is not None and right is not absorbing:
        return node.left
    return node if left is None and right is None else Literal(absorbing, at=node.at)


def truth(node: Node) -> bool | None:
    """The value of a literal bool."""
    return node.value if isinstance(node, Literal) and isinstance(node.value, bool) else None


def is_number(value: object) -> bool:
    """Whether it is an int or a float."""
    return type(value) in {int, float}


def is_integer(node: Node) -> bool:
    """Whether it is a literal integer."""
    return isinstance(node, Literal) and type(node.value) is int
