"""From the grammar's rules to the nodes of a tree."""

import unicodedata
from collections.abc import Callable
from typing import Any, cast

from lark import Token, v_args
from lark.tree import Meta
from lark.visitors import Transformer_NonRecursive

from serinus.expr import literals
from serinus.expr.errors import Failure
from serinus.expr.precedence import Climb, Item, Operator, Pipe, Prefix
from serinus.expr.signatures import BUILTINS, PREDICATES
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
)

Children = list[Any]


class Block(Predicate):
    """A predicate in braces, before it is known who it belongs to."""


class Braced(Predicate):
    """An argument that begins with a map."""


class Arguments(tuple[Node, ...]):
    """What stands between parentheses; `comma` tells of one at the end."""

    comma = False


@v_args(meta=True)
class Builder(Transformer_NonRecursive[Token, Node]):
    """Turns what the grammar found into a tree, from the leaves up."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.condition = text

    # Expressions

    def start(self, _meta: Meta, found: Children) -> Node:
        return cast(Node, found[0])

    def sequence(self, _meta: Meta, nodes: Children) -> Node:
        return nodes[0] if len(nodes) == 1 else Sequence(tuple(nodes), at=nodes[0].at)

    def ternary(self, _meta: Meta, found: Children) -> Node:
        test, then, otherwise = found
        return Conditional(test, then, otherwise, at=test.at)

    def elvis(self, _meta: Meta, found: Children) -> Node:
        test, otherwise = found
        return Conditional(test, test, otherwise, at=test.at)

    def let(self, _meta: Meta, found: Children) -> Node:
        _, name, value, body = found
        return Let(checked(name), value, body, at=name.start_pos)

    def branch(self, meta: Meta, found: Children) -> Node:
        _, test, then, _, otherwise = found
        return Conditional(test, unblocked(then), unblocked(otherwise), at=meta.start_pos)

    def block(self, meta: Meta, found: Children) -> Node:
        return Block(found[0], at=meta.start_pos)

    def operation(self, _meta: Meta, items: list[Item]) -> Node:
        return Climb(items).expression(0)

    def pipe(self, _meta: Meta, found: Children) -> Pipe:
        name, arguments = found
        call = called(name, arguments, piped=1)
        return Pipe(call)

    def prefix(self, _meta: Meta, found: Children) -> Prefix:
        return Prefix(str(found[0]), found[0].start_pos)

    def operator(self, _meta: Meta, found: Children) -> Operator:
        return Operator(str(found[0]), found[0].start_pos)

    def negated(self, _meta: Meta, found: Children) -> Operator:
        return Operator(str(found[1]), found[1].start_pos, negated=True)

    # Literals

    def number(self, _meta: Meta, found: Children) -> Node:
        return literal(literals.number, found[0])

    def text(self, _meta: Meta, found: Children) -> Node:
        return literal(literals.text, found[0])

    def raw_text(self, _meta: Meta, found: Children) -> Node:
        return literal(literals.raw_text, found[0])

    def data(self, _meta: Meta, found: Children) -> Node:
        return literal(literals.data, found[0])

    def true(self, _meta: Meta, found: Children) -> Node:
        return literal(lambda _: True, found[0])

    def false(self, _meta: Meta, found: Children) -> Node:
        return literal(lambda _: False, found[0])

    def nil(self, _meta: Meta, found: Children) -> Node:
        return literal(lambda _: None, found[0])

    def array(self, meta: Meta, items: Children) -> Node:
        return Array(tuple(items), at=meta.start_pos)

    def mapping(self, meta: Meta, pairs: Children) -> Node:
        return Map(tuple(pairs), at=meta.start_pos)

    def pair(self, meta: Meta, found: Children) -> Node:
        key, value = found
        if self.condition[meta.start_pos] == "(":
            return Pair(key, value, at=meta.start_pos)
        if isinstance(key, Name):
            return Pair(Literal(key.name, at=key.at), value, at=meta.start_pos)
        if isinstance(key, Literal) and not isinstance(key.value, bytes):
            name = key.value if isinstance(key.value, str) else key.source
            return Pair(Literal(name, at=key.at), value, at=meta.start_pos)
        message = "a map key must be a quoted string, a number, a identifier, or an expression enclosed in parentheses"
        raise Failure(message, meta.start_pos)

    # Names, members and calls

    def name(self, _meta: Meta, found: Children) -> Node:
        return Name(checked(found[0]), at=found[0].start_pos)

    def word(self, _meta: Meta, found: Children) -> Token:
        return cast(Token, found[0])

    field = word

    def pointer(self, meta: Meta, found: Children) -> Node:
        return Pointer("".join(checked(part).removeprefix("#") for part in found), at=meta.start_pos)

    def group(self, _meta: Meta, found: Children) -> Node:
        node = found[0]
        if isinstance(node, Binary):
            return Binary(node.operator, node.left, node.right, grouped=True, at=node.at)
        return cast(Node, node)

    def call(self, _meta: Meta, found: Children) -> Node:
        name, arguments = found
        return called(name, arguments)

    def args(self, _meta: Meta, found: Children) -> Arguments:
        arguments = Arguments(item for item in found if item is not None)
        arguments.comma = len(arguments) < len(found)
        return arguments

    def argument(self, meta: Meta, found: Children) -> Node:
        node: Node = found[0]
        return Braced(node, at=meta.start_pos) if self.condition[meta.start_pos] == "{" else node

    def trailing(self, _meta: Meta, _found: Children) -> None:
        return None

    def access(self, _meta: Meta, found: Children) -> bool:
        return str(found[0]) == "?."

    def dotted(self, meta: Meta, found: Children) -> Node:
        _, key, arguments = found
        return selected(Pointer("", at=meta.start_pos), key, arguments, optional=False)

    def member(self, _meta: Meta, found: Children) -> Node:
        base, optional, key, arguments = found
        return selected(base, key, arguments, optional=optional)

    def element(self, meta: Meta, found: Children) -> Node:
        node = Member(found[0], found[-1], optional=len(found) == 3, at=meta.start_pos)
        return Chain(node, at=node.at) if node.optional else node

    def part(self, meta: Meta, found: Children) -> Node:
        return Slice(found[0], found[-2], found[-1], at=meta.start_pos)


def literal(read: Callable[[str], object], token: Token) -> Node:
    """A literal at the place of its token."""
    try:
        return Literal(read(str(token)), str(token), at=token.start_pos or 0)
    except Failure as failure:
        raise Failure(failure.message, token.start_pos) from None


def checked(name: Token) -> str:
    """A name of letters, digits, `_` and `$` only: the lexer lets a few more pass."""
    for place, char in enumerate(str(name)):
        if unicodedata.category(char)[0] != "L" and unicodedata.category(char) != "Nd" and char not in "_$#":
            raise Failure(f"unrecognized character: {char!r}", (name.start_pos or 0) + place)
    return str(name)


def unblocked(node: Node) -> Node:
    """What stands in the braces."""
    return node.body if isinstance(node, Block) else node


def selected(base: Node, key: Token, arguments: Arguments | None, *, optional: bool) -> Node:
    """`base.key` or `base.key(…)`; a chain goes on through it."""
    chained = isinstance(base, Chain)
    base = base.node if isinstance(base, Chain) else base
    at = key.start_pos or 0
    node: Node = Member(base, Literal(checked(key), at=at), optional=optional, at=at)
    if arguments is not None:
        node = Call(node, plain(arguments), at=at)
    return Chain(node, at=at) if chained or optional else node


def called(name: Token, arguments: Arguments, piped: int = 0) -> Call | Builtin:
    """A call by name; `piped` arguments come from the left of a pipe."""
    at = name.start_pos or 0
    if name in PREDICATES:
        return Builtin(str(name), predicated(str(name), arguments, at, piped), at=at)
    if name in BUILTINS:
        return Builtin(str(name), plain(arguments), at=at)
    return Call(Name(checked(name), at=at), plain(arguments), at=at)


def plain(arguments: tuple[Node, ...]) -> tuple[Node, ...]:
    """Arguments none of which is a predicate."""
    for argument in arguments:
        if isinstance(argument, Block):
            raise Failure("unexpected token '{'", argument.at)
    return tuple(argument.body if isinstance(argument, Braced) else argument for argument in arguments)


def predicated(name: str, arguments: Arguments, at: int, piped: int) -> tuple[Node, ...]:
    """Arguments of a function that takes a predicate in the second place."""
    least, most = PREDICATES[name]
    count = len(arguments) + piped
    if count < least:
        raise Failure(f"expected at least {least} arguments", at)
    if count > most or (arguments.comma and count < most):
        raise Failure(f"unexpected token in the arguments of {name}", at)
    place = 1 - piped
    before, after = arguments[:place], arguments[place + 1 :]
    return (*plain(before), *(predicate(node) for node in arguments[place : place + 1]), *plain(after))


def predicate(node: Node) -> Node:
    """What stands in the place of a predicate; a brace there never starts a map."""
    if isinstance(node, Braced):
        raise Failure("a map cannot stand in the place of a predicate: wrap it in parentheses", node.at)
    return Predicate(node.body if isinstance(node, Block) else node, at=node.at)
