"""Shortcuts for functions with predicates, in the order in which expr takes them."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeGuard

from serinus.expr.tree import Array, Binary, Builtin, Literal, Member, Node, Pointer, Predicate, children
from serinus.expr.values import wrap

COMBINED = {
    ("all", "and"): "and",
    ("all", "&&"): "&&",
    ("any", "or"): "or",
    ("any", "||"): "||",
    ("none", "and"): "or",
    ("none", "&&"): "||",
}


def filter_map(node: Node) -> Node:
    """`map(filter(…), f)` runs once."""
    if not is_call(node, "map", 2) or not is_filter(node.arguments[0]) or node.arguments[0].then:
        return node
    body = node.arguments[1]
    if not isinstance(body, Predicate) or uses_index(body):
        return node
    return replace(node.arguments[0], then=body.body, at=node.at)


def filter_len(node: Node) -> Node:
    """`len(filter(…))` counts."""
    if not is_call(node, "len", 1) or not is_filter(node.arguments[0]):
        return node
    return Builtin("count", node.arguments[0].arguments, at=node.at)


def filter_last(node: Node) -> Node:
    """The last hit is searched from the end."""
    return searched(node, "last", "findLast", -1)


def filter_first(node: Node) -> Node:
    """The first hit ends the search."""
    return searched(node, "first", "find", 0)


def searched(node: Node, end: str, search: str, place: int) -> Node:
    """`first(filter(…))` and `filter(…)[0]`, of which the second must find something."""
    if isinstance(node, Member) and not node.optional and is_literal(node.key, place):
        hits, throws = node.base, True
    elif is_call(node, end, 1):
        hits, throws = node.arguments[0], False
    else:
        return node
    if not is_filter(hits):
        return node
    return Builtin(search, hits.arguments, throws=throws, then=hits.then, at=node.at)


def combined(node: Node) -> Node:
    """`all(x, p) && all(x, q)` runs once."""
    if not isinstance(node, Binary):
        return node
    left, right = node.left, node.right
    if not (isinstance(left, Builtin) and isinstance(right, Builtin) and left.name == right.name):
        return node
    operator = COMBINED.get((left.name, node.operator))
    if operator is None or repr(left.arguments[0]) != repr(right.arguments[0]):
        return node
    one, other = left.arguments[1], right.arguments[1]
    assert isinstance(one, Predicate)
    assert isinstance(other, Predicate)
    body = combined(Binary(operator, one.body, other.body, at=node.at))
    return Builtin(left.name, (left.arguments[0], Predicate(body, at=one.at)), at=node.at)


def sum_range(node: Node) -> Node:
    """`sum(1..n)` needs no range."""
    if is_call(node, "sum", 1):
        return known_sum(node, 0)
    if not isinstance(node, Builtin) or node.name != "reduce" or not adds(node.arguments[1]):
        return node
    if len(node.arguments) == 2:
        return known_sum(node, 0)
    start = node.arguments[2]
    return known_sum(node, start.value) if isinstance(start, Literal) and type(start.value) is int else node


def known_sum(node: Builtin, start: int) -> Node:
    """The sum of a range between literals."""
    span = node.arguments[0]
    if not isinstance(span, Binary) or span.operator != "..":
        return node
    low, high = integer(span.left), integer(span.right)
    if low is None or high is None or high < low:
        return node
    doubled = wrap(wrap(high - low + 1) * wrap(low + high))
    return Literal(wrap(start + (doubled // 2 if doubled >= 0 else -(-doubled // 2))), at=node.at)


def sum_array(node: Node) -> Node:
    """`sum([a, b, c])` is `a + (b + c)`."""
    if not is_call(node, "sum", 1) or not isinstance(node.arguments[0], Array) or len(node.arguments[0].items) < 2:
        return node
    *rest, whole = node.arguments[0].items
    for item in reversed(rest):
        whole = Binary("+", item, whole, at=node.at)
    return whole


def count_any(node: Node) -> Node:
    """`count(…) > 0` asks whether there is any."""
    if not isinstance(node, Binary) or not is_call(node.left, "count", 2):
        return node
    if (node.operator, integer(node.right)) in {(">", 0), (">=", 1)}:
        return Builtin("any", node.left.arguments, at=node.at)
    return node


def count_threshold(node: Node) -> Node:
    """`count(…) > n` ends when the answer is known."""
    if not isinstance(node, Binary) or not is_call(node.left, "count", 2):
        return node
    limit = integer(node.right)
    more = {">": 1, ">=": 0, "<": 0, "<=": 1}.get(node.operator)
    if limit is None or more is None or limit < 0 or limit + more <= 1:
        return node
    return replace(node, left=replace(node.left, threshold=limit + more))


SHORTCUTS: tuple[Callable[[Node], Node], ...] = (
    filter_map,
    filter_len,
    filter_last,
    filter_first,
    combined,
    sum_range,
    sum_array,
    count_any,
    count_threshold,
)


def is_call(node: Node, name: str, arguments: int) -> TypeGuard[Builtin]:
    """Whether it is a call of a function with so many arguments."""
    return isinstance(node, Builtin) and node.name == name and len(node.arguments) == arguments


def is_filter(node: Node) -> TypeGuard[Builtin]:
    """Whether it is a filter."""
    return is_call(node, "filter", 2)


def is_literal(node: Node, value: int) -> bool:
    """Whether it is this literal integer."""
    return integer(node) == value


def integer(node: Node) -> int | None:
    """The value of a literal integer."""
    return node.value if isinstance(node, Literal) and type(node.value) is int else None


def adds(node: Node) -> bool:
    """Whether a predicate is `# + #acc`."""
    body = node.body if isinstance(node, Predicate) else node
    if not isinstance(body, Binary) or body.operator != "+":
        return False
    sides = [side.name for side in (body.left, body.right) if isinstance(side, Pointer)]
    return sorted(sides) == ["", "acc"]


def uses_index(node: Node) -> bool:
    """Whether `#index` stands anywhere in it."""
    return (isinstance(node, Pointer) and node.name == "index") or any(map(uses_index, children(node)))
