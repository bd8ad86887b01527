"""The tree of a condition: what may stand in it, and how to walk it.

Every node knows its place (`at`, an offset into the text), which its repr leaves
out: two nodes with one repr say the same.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, replace


@dataclass(frozen=True, kw_only=True, slots=True)
class Node:
    """Any part of a condition."""

    at: int = field(default=0, repr=False)


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """nil, a bool, an int, a float, a text or bytes, as they are written."""

    value: object
    source: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Constant(Node):
    """An array of literals, or a set of texts, known before the evaluation."""

    value: list[object] | dict[str, object]


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A variable, a function, or a part of the environment."""

    name: str


@dataclass(frozen=True, slots=True)
class Pointer(Node):
    """`#`, `#index` or `#acc`: where a predicate is."""

    name: str


@dataclass(frozen=True, slots=True)
class Unary(Node):
    """An operator before its operand."""

    operator: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """An operator between two operands.

    `grouped` tells that it stands in parentheses, `exact` that `==` is known to
    compare two values of this type, and refuses others.
    """

    operator: str
    left: Node
    right: Node
    exact: type | None = field(default=None, repr=False)
    grouped: bool = field(default=False, repr=False)


@dataclass(frozen=True, slots=True)
class Chain(Node):
    """The reach of `?.`: it ends with nil as soon as a base is nil."""

    node: Node


@dataclass(frozen=True, slots=True)
class Member(Node):
    """An element of an array, an entry of a map, or a method."""

    base: Node
    key: Node
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Slice(Node):
    """A part of an array or a text."""

    base: Node
    low: Node | None
    high: Node | None


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A call of a function of the environment, a variable or a method."""

    callee: Node
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Builtin(Node):
    """A call of a function of the language.

    `throws`, `then` and `threshold` are set by rewriting: an empty search is an
    error, each hit is turned into `then`, and a count ends at the threshold.
    """

    name: str
    arguments: tuple[Node, ...]
    throws: bool = False
    then: Node | None = None
    threshold: int | None = None


@dataclass(frozen=True, slots=True)
class Predicate(Node):
    """What a function evaluates for each element."""

    body: Node


@dataclass(frozen=True, slots=True)
class Let(Node):
    """A variable, and where it is known."""

    name: str
    value: Node
    body: Node


@dataclass(frozen=True, slots=True)
class Sequence(Node):
    """Several expressions; the last one counts."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Conditional(Node):
    """`a ? b : c`, or `if a { b } else { c }`."""

    test: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Array(Node):
    """An array as it is written."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Pair(Node):
    """One entry of a map."""

    key: Node
    value: Node


@dataclass(frozen=True, slots=True)
class Map(Node):
    """A map as it is written."""

    pairs: tuple[Pair, ...]


def children(node: Node) -> Iterator[Node]:
    """The nodes directly below, in the order of the text."""
    for part in fields(node):
        value = getattr(node, part.name)
        if isinstance(value, Node):
            yield value
        elif isinstance(value, tuple):
            yield from value


def rebuilt(node: Node, change: Callable[[Node], Node]) -> Node:
    """The node with each child changed; the same node if nothing changed."""
    changes: dict[str, object] = {}
    for part in fields(node):
        value = getattr(node, part.name)
        if isinstance(value, Node):
            if (new := change(value)) is not value:
                changes[part.name] = new
        elif isinstance(value, tuple):
            changed = tuple(change(item) for item in value)
            if any(new is not old for new, old in zip(changed, value, strict=True)):
                changes[part.name] = changed
    return replace(node, **changes) if changes else node  # type: ignore[arg-type]


def size(node: Node) -> int:
    """How many nodes there are."""
    count, waiting = 0, [node]
    while waiting:
        count += 1
        waiting.extend(children(waiting.pop()))
    return count


def depth(node: Node) -> int:
    """How many levels there are."""
    levels, row = 0, [node]
    while row:
        levels += 1
        row = [below for above in row for below in children(above)]
    return levels
