"""A condition ends soon and stays small, whatever it says."""

import inspect
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from serinus.expr import ConditionError, compile, limits  # noqa: A004
from serinus.expr.limits import TOO_DEEP

NOW = datetime(2026, 1, 2, tzinfo=UTC)
BIG = "let s = repeat('a', 490000);"


@pytest.mark.parametrize(
    "text",
    [
        "1..1000000",
        "0..9223372036854775806",
        "map(1..999999, #)",
        "any(1..1000, any(1..1000, any(1..1000, false)))",
        "reduce(1..100, #acc + #acc, 'a')",
        "reduce(1..100, concat(#acc, #acc), [1])",
        "reduce(1..100, [#acc, #acc], 1) | flatten()",
        "reduce(1..100, [#acc, #acc], 1) | toJSON()",
        "reduce(1..100, [#acc, #acc], 1) | string()",
        "reduce(1..60, [#acc, #acc], 1) | max()",
        "reduce(1..60, [#acc, #acc], 1) | mean()",
        "reduce(1..60, {a: #acc, b: #acc}, 1) == reduce(1..60, {a: #acc, b: #acc}, 1)",
        "reduce(1..60, [#acc, #acc], 1) == reduce(1..60, [#acc, #acc], 1)",
        "reduce(1..200, [#acc], 1) == reduce(1..200, [#acc], 1)",
        "reduce(1..200, [#acc], 1) | toJSON()",
        "repeat('a', 1000001)",
        "repeat('ab', 500000)",
        f"{BIG} replace(s, 'a', s)",
        f"{BIG} replace(s, '', s)",
        f"{BIG} join([s, s, s], s)",
        f"{BIG} s + s + s",
        f"{BIG} any(1..100000, upper(s) == 'b')",
        f"{BIG} any(1..100000, s contains 'b')",
        f"{BIG} any(1..100000, s > 'b')",
        f"{BIG} any(1..100000, s == s + 'b')",
        f"{BIG} any(1..100000, len(s[1:]) == 1)",
        f"{BIG} any(1..100000, s matches '(a?)+b')",
        f"{BIG} any(1..100000, fromJSON(s) == 1)",
        f"{BIG} any(1..100000, len(split(s, '')) == 1)",
        f"{BIG} now().Format(s)",
        f"{BIG} date(s, s)",
        f"{BIG} int(s)",
        f"{BIG} 'a' matches s",
        "fromJSON(repeat('[', 400000))",
        "any(1..100000, 'a' matches string(#) + '(x{1000}|y{1000})')",
        "let a = 1..400000; uniq(a)",
        "let a = 1..400000; any(1..400000, -1 in a)",
        "let a = 1..400000; sort(map(a, -#))",
    ],
)
def test_expensive_conditions_are_stopped(text: str) -> None:
    with pytest.raises(ConditionError):
        compile(text).evaluate(None, NOW)


@pytest.mark.parametrize(
    "text",
    [
        "'" + "a" * 40 + "!' matches '^(a+)+$'",
        "'" + "a" * 5000 + "' matches '(a*)*b'",
        "'" + "ab" * 2000 + "' matches '(a|b|ab)*c'",
        "'x' matches 'x{1000}'",
    ],
)
def test_patterns_take_linear_time(text: str) -> None:
    assert compile(text).evaluate(None, NOW) is False


@pytest.mark.parametrize(
    "text",
    [
        "[" * 5000 + "]" * 5000,
        "-" * 5000 + "1",
        "not " * 5000 + "true",
        " + ".join(["1"] * 5000),
        " ** ".join(["1"] * 5000),
        "a" + ".a" * 5000,
        "f(" * 5000 + ")" * 5000,
        "let x = 1; " * 5000 + "x",
        "true ? " * 3000 + "1" + " : 2" * 3000,
        "if true {" * 3000 + "1" + "} else {2}" * 3000,
        "1 | abs()" + " | abs()" * 5000,
        "1" * (limits.TEXT + 1),
        "[" + "1, " * (limits.NODES + 1) + "]",
    ],
)
def test_huge_conditions_are_refused(text: str) -> None:
    with pytest.raises(ConditionError):
        compile(text)


def test_nesting_is_allowed_up_to_the_limit() -> None:
    sums = limits.DEPTH - 1
    text = " + ".join(["result"] * (sums + 1))
    assert compile(text).evaluate(1, NOW) == sums + 1
    with pytest.raises(ConditionError, match="nested more than"):
        compile(f"{text} + 1")


def test_parentheses_cost_nothing() -> None:
    assert compile("(" * 5000 + "1" + ")" * 5000).evaluate(None, NOW) == 1


@pytest.mark.parametrize(
    "wrap",
    ["not ({})", "[{}]", "{{a: {}}}", "len([{}])", "({} ? 1 : 2)", "map([1], {})", "(let a{1} = 1; {0})"],
)
def test_everything_nested_to_the_limit_can_be_evaluated(wrap: str) -> None:
    text = "result"
    for level in range(limits.DEPTH // 2 - 1):
        text = wrap.format(text, level)
    outcome: Any = None
    try:
        outcome = compile(text).evaluate(True, NOW)
    except ConditionError as error:
        outcome = str(error)
    assert outcome != TOO_DEEP


def test_little_room_on_the_stack_is_an_error_of_the_condition() -> None:
    text = "not (" * 50 + "result" + ")" * 50
    program = compile("[" * 50 + "result" + "]" * 50)

    def far_down(levels: int, work: Callable[[], object]) -> object:
        return far_down(levels - 1, work) if levels else work()

    levels = sys.getrecursionlimit() - len(inspect.stack()) - 100
    for work in (lambda: compile(text), lambda: program.evaluate(True, NOW)):
        with pytest.raises(ConditionError, match="nested"):
            far_down(levels, work)


def test_a_result_may_be_nested_up_to_a_limit() -> None:
    result: object = 1
    for _ in range(limits.DATA_DEPTH):
        result = [result]
    assert compile("result == result and len(toJSON(result)) > 1").evaluate(result, NOW) is True
    with pytest.raises(ConditionError, match="depth"):
        compile("true").evaluate([result], NOW)
