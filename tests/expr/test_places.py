"""Every mistake has a place: line, column and a pointer."""

from datetime import UTC, datetime

import pytest

from serinus.expr import ConditionError, compile  # noqa: A004

NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("result >", (1, 9), "unexpected end of expression"),
        ("result > > 1", (1, 10), "unexpected token '>'"),
        ("1 +\n  * 2", (2, 3), "unexpected token '*'"),
        ("let x 1; x", (1, 7), "unexpected token '1'"),
        ('result == "open', (1, 11), "literal not terminated"),
        ("result > 12ab", (1, 10), "bad number syntax"),
        ("result @ 1", (1, 8), "unrecognized character: '@'"),
        ("½ > 1", (1, 1), "unrecognized character: '½'"),
        ("a½ > 1", (1, 2), "unrecognized character: '½'"),
        ('1 + "\\q"', (1, 5), "invalid char escape"),
        ("1 + 0x", (1, 5), "invalid integer literal: 0x"),
        ("9223372036854775808", (1, 1), "integer literal is too large: 9223372036854775808"),
        ("1e999", (1, 1), "float literal is too large: 1e999"),
        ("nil ?? 1 + 2", (1, 10), "Operator (+) and coalesce expressions (??) cannot be mixed."),
        ("unknown > 1", (1, 1), "unknown name unknown"),
        ("1 + [unknown]", (1, 6), "unknown name unknown"),
        ("1 + true", (1, 3), "invalid operation: + (mismatched types int and bool)"),
        ('len("a", "b")', (1, 1), "invalid number of arguments (expected 1, got 2)"),
        ("trim(1)", (1, 6), "cannot use int as argument (type string) to call trim"),
        ("asInt()", (1, 1), "not enough arguments"),
        ("filter([1])", (1, 1), "expected at least 2 arguments"),
        ("map([1], {a: 1})", (1, 10), "a map cannot stand in the place of a predicate"),
        ("len({1})", (1, 5), "unexpected token '{'"),
        ("{a.b: 1}", (1, 2), "a map key must be a quoted string, a number"),
        ("#", (1, 1), "cannot use pointer accessor outside predicate"),
        ("1 % 0", (1, 3), "integer divide by zero"),
        ('"a" matches "("', (1, 5), "error parsing regexp: missing )"),
        ("let len = 1; 2", (1, 5), "cannot redeclare builtin len"),
    ],
)
def test_a_text_that_is_wrong_for_all_results(text: str, place: tuple[int, int], message: str) -> None:
    with pytest.raises(ConditionError) as caught:
        compile(text)
    assert caught.value.message.startswith(message)
    assert (caught.value.line, caught.value.column) == place


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("1 < 2 and result.deep.er > 1", 23),
        ("result[5] > 1 or false", 1),
        ("true and asInt(result.name) > 1", 10),
        ("any([1], result.name > #)", 22),
    ],
)
def test_an_evaluation_that_fails(text: str, column: int) -> None:
    with pytest.raises(ConditionError) as caught:
        compile(text).evaluate({"name": "x"}, NOW)
    assert (caught.value.line, caught.value.column) == (1, column)


def test_the_pointer_shows_the_place() -> None:
    with pytest.raises(ConditionError) as caught:
        compile("1 > 0 and\n\tunknown")
    assert caught.value.pointer == " unknown\n ^"
    assert caught.value.explained() == "unknown name unknown (line 2, column 2)\n unknown\n ^"


def test_an_error_without_a_place_explains_itself() -> None:
    error = ConditionError("no place")
    assert (error.line, error.column, error.pointer, error.explained()) == (0, 0, "", "no place")


def test_long_messages_are_cut() -> None:
    with pytest.raises(ConditionError) as caught:
        compile(f"float('{'x' * 900}')").evaluate(None, NOW)
    assert len(str(caught.value)) < 500
