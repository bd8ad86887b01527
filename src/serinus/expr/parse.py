"""From text to tree: the grammar, and what it leaves to check."""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import cast

from lark import Lark
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken, VisitError
from lark.lexer import Token

from serinus.expr import limits
from serinus.expr.build import Builder
from serinus.expr.errors import ConditionError, Failure
from serinus.expr.tree import Node, depth, size

TOO_LARGE = "compilation failed: expression exceeds maximum allowed nodes"


def parse(text: str) -> Node:
    """Read a condition. Raises ConditionError with the place of the mistake."""
    if len(text) > limits.TEXT:
        raise ConditionError(f"the condition has {len(text)} characters; {limits.TEXT} are allowed")
    try:
        node: Node = Builder(text).transform(grammar().parse(text))
    except UnexpectedInput as error:
        raise unexpected(error, text) from None
    except VisitError as error:
        failure = error.orig_exc
        assert isinstance(failure, Failure), failure
        raise ConditionError(failure.message, text, failure.at) from None
    if size(node) > limits.NODES:
        raise ConditionError(TOO_LARGE)
    if depth(node) > limits.DEPTH:
        raise ConditionError(limits.TOO_DEEP, text, node.at)
    return node


def unexpected(error: UnexpectedInput, text: str) -> ConditionError:
    """Say what is wrong, and where."""
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        return ConditionError("unexpected end of expression", text, len(text))
    if isinstance(error, UnexpectedToken):
        return ConditionError(f"unexpected token {str(error.token)!r}", text, error.token.start_pos)
    assert isinstance(error, UnexpectedCharacters)
    at = cast(int, error.pos_in_stream)
    return ConditionError(unreadable(text, at), text, at)


def unreadable(text: str, at: int) -> str:
    """Say why no token starts here."""
    if text[at] in "\"'`" or text[at : at + 2].lower() in {"b'", 'b"'}:
        return "literal not terminated"
    if text[at].isdecimal():
        return "bad number syntax"
    return f"unrecognized character: {text[at]!r}"


class LastSemicolon:
    """Drops one semicolon at the very end, where it means nothing."""

    always_accept = ()

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        """Pass the tokens on."""
        held: Token | None = None
        for token in stream:
            if held is not None:
                yield held
            held = token
        if held is not None and held.type != "SEMICOLON":
            yield held


@cache
def grammar() -> Lark:
    """The parser, built when it is first needed."""
    text = files(__package__).joinpath("grammar.lark").read_text(encoding="utf-8")
    return Lark(
        text, parser="lalr", lexer="basic", postlex=LastSemicolon(), propagate_positions=True, maybe_placeholders=True
    )
