"""Durations and int-or-percent amounts, as Argo Rollouts reads them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serinus.api.amounts import int_or_percent, parse_duration, pause_seconds
from serinus.api.canary import PauseStep


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("30s", 30),
        ("5m", 300),
        ("1h30m", 5400),
        ("1.5h", 5400),
        (".5s", 0.5),
        ("1.s", 1),
        ("100ms", 0.1),
        ("1us", 1e-6),
        ("1µs", 1e-6),
        ("1μs", 1e-6),
        ("1ns", 1e-9),
        ("-1m", -60),
        ("+1m", 60),
        ("1m1m", 120),
        ("1s1h", 3601),
    ],
)
def test_a_go_duration_is_read(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", " ", "5", "1d", "m", "1h 30m", "1hm", "--1s", ".s", "1e3s", "٣s", "5m\n"])
def test_text_that_is_no_duration_is_refused_and_named(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration") as caught:
        parse_duration(text)
    assert repr(text) in str(caught.value)


@pytest.mark.parametrize("text", ["2562048h", "9" * 400 + "s", "-2562048h"])
def test_a_duration_that_go_could_not_hold_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="too long"):
        parse_duration(text)


@given(st.text())
def test_any_text_is_a_duration_or_an_error_that_names_it(text: str) -> None:
    complaint = repr(text)
    try:
        parse_duration(text)
    except ValueError as error:
        complaint = str(error)
    assert repr(text) in complaint


@given(st.one_of(st.integers(), st.text(), st.from_regex(r"[0-9]{1,30}(s|m|h)", fullmatch=True)))
def test_a_pause_is_never_longer_than_32_bits_of_seconds(duration: int | str) -> None:
    assert abs(pause_seconds(duration)) < 2**31


@given(hours=st.integers(0, 1000), minutes=st.integers(0, 59), seconds=st.integers(0, 59))
def test_a_duration_is_the_sum_of_its_parts(hours: int, minutes: int, seconds: int) -> None:
    assert parse_duration(f"{hours}h{minutes}m{seconds}s") == hours * 3600 + minutes * 60 + seconds


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [
        (0, 0),
        (30, 30),
        ("30", 30),
        ("-5", -5),
        ("1.9s", 1),
        ("90m", 5400),
        ("500ms", 0),
        ("soon", -1),
        ("", -1),
        (2**31 - 1, 2**31 - 1),
        (2**31, -1),
        (str(2**31), -1),
        ("9" * 5000, -1),
        ("600000h", -1),
        ("9" * 400 + "h", -1),
    ],
)
def test_a_pause_is_read_as_whole_seconds_or_minus_one(duration: int | str, seconds: int) -> None:
    assert pause_seconds(duration) == seconds
    assert PauseStep(duration=duration).seconds == seconds


def test_a_pause_without_a_duration_has_no_end() -> None:
    assert PauseStep().seconds is None


@pytest.mark.parametrize(
    ("value", "total", "up", "down"),
    [
        (3, 10, 3, 3),
        (0, 10, 0, 0),
        (30, 10, 30, 30),
        ("25%", 10, 3, 2),
        ("25", 10, 3, 2),
        ("0%", 10, 0, 0),
        ("100%", 10, 10, 10),
        ("150%", 4, 6, 6),
        ("1%", 0, 0, 0),
        ("29%", 100, 29, 29),
    ],
)
def test_an_amount_is_a_number_or_a_share(value: int | str, total: int, up: int, down: int) -> None:
    assert int_or_percent(value, total, round_up=True) == up
    assert int_or_percent(value, total, round_up=False) == down


@pytest.mark.parametrize("value", ["", "%", "a", "-5%", "5 %", "5%%", "2.5%", "５%", "5%\n"])
def test_text_that_is_no_amount_is_refused_and_named(value: str) -> None:
    with pytest.raises(ValueError, match="neither a number nor a percentage") as caught:
        int_or_percent(value, 10, round_up=True)
    assert repr(value) in str(caught.value)


@given(percent=st.integers(0, 100), total=st.integers(0, 100_000))
def test_a_share_is_rounded_by_less_than_one_and_stays_within_the_whole(percent: int, total: int) -> None:
    up = int_or_percent(f"{percent}%", total, round_up=True)
    down = int_or_percent(f"{percent}%", total, round_up=False)
    assert 0 <= down <= up <= total
    assert up - down == (1 if percent * total % 100 else 0)
    assert down * 100 <= percent * total <= up * 100
