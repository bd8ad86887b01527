"""Whatever the text and the result are: a value or a ConditionError, and soon."""

import json
import math
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from expr.generate import TOKENS, Writer
from serinus.expr import ConditionError, Floats, compile  # noqa: A004
from serinus.expr.values import go_type

NOW = datetime(2026, 1, 2, tzinfo=UTC)
WORDS = [*TOKENS, " ", "\n", "'", '"', "`", "\\", "//", "/*", "é", "\x00", "result.a", "now()", "duration('1h')"]

plain = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(st.characters(exclude_categories=[])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
results = plain | st.lists(st.floats(), max_size=4).map(Floats)
texts = st.one_of(
    st.text(st.characters(exclude_categories=[]), max_size=200),
    st.lists(st.sampled_from(WORDS), max_size=25).map("".join),
    st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join),
    st.integers(0, 10**9).map(lambda seed: Writer(seed).meaningful()),
    st.integers(0, 10**9).map(lambda seed: Writer(seed).broken()),
)


def outcome(text: str, result: object) -> Any:
    """The value, or the error."""
    try:
        return compile(text).evaluate(result, NOW)
    except ConditionError as error:
        return error


@settings(max_examples=400, deadline=None)
@given(texts, results)
def test_only_condition_errors_are_raised(text: str, result: object) -> None:
    value = outcome(text, result)
    if isinstance(value, ConditionError):
        assert str(value)
        assert value.line <= text.count("\n") + 1
    else:
        assert go_type(value)


@settings(deadline=None)
@given(plain)
def test_a_result_survives_json(result: object) -> None:
    same = outcome("fromJSON(toJSON(result)) == result", result)
    assert same is True or "unsupported value" in str(same)


@settings(deadline=None)
@given(plain)
def test_json_is_what_other_readers_understand(result: object) -> None:
    text = outcome("toJSON(result)", result)
    if not isinstance(text, ConditionError):
        json.loads(text)


@given(st.floats(), st.floats())
def test_comparisons_of_floats_are_those_of_the_machine(one: float, other: float) -> None:
    result = Floats([one, other])
    for operator, expected in (("<", one < other), ("<=", one <= other), ("==", one == other), (">=", one >= other)):
        assert compile(f"result[0] {operator} result[1]").evaluate(result, NOW) is expected


@given(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**63), 2**63 - 1))
def test_integers_wrap_as_in_go(one: int, other: int) -> None:
    for operator, exact in (("+", one + other), ("-", one - other), ("*", one * other)):
        value = compile(f"int(result[0]) {operator} int(result[1])").evaluate([str(one), str(other)], NOW)
        assert -(2**63) <= value < 2**63
        assert (value - exact) % 2**64 == 0


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_printed_floats_are_read_back(number: float) -> None:
    value = compile("float(string(result))").evaluate(number, NOW)
    assert value == number
    assert math.copysign(1, value) == math.copysign(1, number)
