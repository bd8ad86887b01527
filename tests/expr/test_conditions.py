"""Conditions as an analysis uses them."""

import math
from datetime import UTC, datetime, timedelta, timezone

import pytest

from serinus.expr import ConditionError, Floats, compile, evaluate_condition, evaluate_time  # noqa: A004

NOW = datetime(2026, 1, 2, 3, 4, 5, 600_700, tzinfo=UTC)
NO_DATA = "metric result is nil or empty: no data returned from the metric provider"


@pytest.mark.parametrize(
    ("condition", "result", "met"),
    [
        ("result[0] >= 0.95", Floats([0.97]), True),
        ("result[0] >= 0.95", Floats([0.9]), False),
        ("result[0] >= 0.95", Floats([math.nan]), False),
        ("result > 5", 7, True),
        ("result == 5.0", 5, True),
        ("len(result) == 0", [], True),
        ("result == nil", None, True),
        ("isNil(result)", None, True),
        ("default(result, 0) == 0", None, True),
        ("result.ok", {"ok": True}, True),
        ("all(result, .code < 500)", [{"code": 200}, {"code": 503}], False),
    ],
)
def test_a_condition_is_met_or_not(condition: str, result: object, met: bool) -> None:
    assert evaluate_condition(condition, result, NOW) is met


@pytest.mark.parametrize(
    ("condition", "result", "message"),
    [
        ("result", 5, "expected bool, but got float64"),
        ("result", "yes", "expected bool, but got string"),
        ("result", Floats([1.0]), "expected bool, but got []float64"),
        ("result", {"a": 1}, "expected bool, but got map[string]interface {}"),
        ("len(result)", [1], "expected bool, but got int"),
        ("asInt(result)", 1, "expected bool, but got int64"),
        ("now() - now()", 1, "expected bool, but got time.Duration"),
        ("nil", 1, "expected bool, but got <nil>"),
        ("fromPairs([])", 1, "expected bool, but got map[interface {}]interface {}"),
        ("result == 'ok'", 1, "invalid operation: == (mismatched types float64 and string)"),
        ("result[3] > 1", Floats([1.0]), "index out of range: 3 (array length is 1)"),
        ("reslt > 1", 1, "unknown name reslt"),
    ],
)
def test_what_is_not_a_bool_is_an_error(condition: str, result: object, message: str) -> None:
    with pytest.raises(ConditionError) as caught:
        evaluate_condition(condition, result, NOW)
    assert str(caught.value) == message


@pytest.mark.parametrize("result", [None, [], Floats()])
@pytest.mark.parametrize("condition", ["result[0] > 1", "result", "result.a", "nonsense"])
def test_missing_data_is_named_before_the_mistake_that_it_causes(condition: str, result: object) -> None:
    with pytest.raises(ConditionError) as caught:
        evaluate_condition(condition, result, NOW)
    assert str(caught.value) == NO_DATA


def test_the_clock_is_an_argument() -> None:
    assert evaluate_condition("now() == date('2026-01-02T03:04:05.6007Z')", 1, NOW)
    assert evaluate_condition("now() > date('2000-01-01')", 1, NOW.astimezone(timezone(timedelta(hours=5))))


@pytest.mark.parametrize(
    ("power", "value"), [("2 ** 2.75", 2**2.75), ("10 ^ -1.25", 10**-1.25), ("0.3 ** 0.3", 0.3**0.3)]
)
def test_fractional_powers_differ_in_the_last_bits_at_most(power: str, value: float) -> None:
    assert compile(power).evaluate(None, NOW) == pytest.approx(value, rel=1e-14)


def test_a_clock_without_a_zone_is_refused() -> None:
    with pytest.raises(ConditionError, match="zone"):
        evaluate_condition("true", 1, NOW.replace(tzinfo=None))


def test_a_condition_is_read_once() -> None:
    assert compile("result > 12345") is compile("result > 12345")


def test_one_program_serves_results_of_all_types() -> None:
    program = compile("len(result) == 2")
    results = ["ab", [1, 2], {"a": 1}, Floats([1.0, 2.0])]
    assert [program.evaluate(result, NOW) for result in results] == [True, True, False, True]


def test_nothing_of_python_can_be_reached() -> None:
    for name in ("__class__", "append", "items", "__dict__", "real"):
        for result in ([1], {"a": 1}, "text", 1.5):
            value = None
            try:
                value = compile(f"result.{name}").evaluate(result, NOW)
            except ConditionError:
                continue
            assert value is None


@pytest.mark.parametrize("result", [object(), {1, 2}, [object()], {"a": b"bytes"}, datetime.now])
def test_a_result_that_is_no_plain_data_is_refused(result: object) -> None:
    with pytest.raises(ConditionError, match="not plain data"):
        compile("true").evaluate(result, NOW)


def test_a_result_is_not_changed() -> None:
    result = {"list": [3, 1, 2], "map": {"a": 1}}
    compile("sort(result.list)[0] + len(concat(result.list, [1])) + result.map.a").evaluate(result, NOW)
    assert result == {"list": [3, 1, 2], "map": {"a": 1}}


def test_constants_are_not_shared_between_evaluations() -> None:
    program = compile("[1, 2, 3]")
    program.evaluate(None, NOW).append(4)
    assert program.evaluate(None, NOW) == [1, 2, 3]


def test_texts_that_utf8_cannot_write_become_replacement_characters() -> None:
    assert compile("result").evaluate("a\ud800b", NOW) == "a\ufffdb"
    assert compile("result").evaluate({"\udfff": ["\ud800"]}, NOW) == {"\ufffd": ["\ufffd"]}


def test_numbers_too_large_for_a_float_are_infinite() -> None:
    assert compile("isInf(result)").evaluate(10**400, NOW) is True
    assert compile("result < 0").evaluate(-(10**400), NOW) is True


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("now()", NOW),
        ('now() - duration("5m")', NOW - timedelta(minutes=5)),
        ('date("2023-08-14T10:00:00+02:00")', datetime(2023, 8, 14, 8, tzinfo=UTC)),
        ("isNaN(1.5) ? now() : now().Truncate(duration('1h'))", NOW.replace(minute=0, second=0, microsecond=0)),
    ],
)
def test_a_time_expression_gives_a_moment(text: str, moment: datetime) -> None:
    assert evaluate_time(text, NOW) == moment


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1", "expected time.Time, but got int"),
        ("duration('1h')", "expected time.Time, but got time.Duration"),
        ("result", "unknown name result"),
        ("asInt(1)", "unknown name asInt"),
        ("date('0000-01-01')", "the time lies outside of the years 1 to 9999"),
        ("now(", "unexpected end of expression"),
    ],
)
def test_what_is_no_time_is_an_error(text: str, message: str) -> None:
    with pytest.raises(ConditionError) as caught:
        evaluate_time(text, NOW)
    assert str(caught.value) == message
