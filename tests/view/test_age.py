"""Lengths of time read as kubectl writes them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serinus.view.age import age, remaining, short_duration

MINUTE, HOUR, DAY, YEAR = 60, 3600, 86400, 365 * 86400
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-2, "<invalid>"),
        (-1, "0s"),
        (0, "0s"),
        (5.9, "5s"),
        (119, "119s"),
        (120, "2m"),
        (3 * MINUTE + 20, "3m20s"),
        (10 * MINUTE - 1, "9m59s"),
        (10 * MINUTE + 30, "10m"),
        (3 * HOUR - 1, "179m"),
        (3 * HOUR, "3h"),
        (5 * HOUR, "5h"),
        (7 * HOUR + 59 * MINUTE, "7h59m"),
        (8 * HOUR + 30 * MINUTE, "8h"),
        (47 * HOUR, "47h"),
        (2 * DAY + 3 * HOUR, "2d3h"),
        (8 * DAY - 1, "7d23h"),
        (8 * DAY + 3 * HOUR, "8d"),
        (2 * YEAR - 1, "729d"),
        (2 * YEAR + 3 * DAY, "2y3d"),
        (8 * YEAR + 3 * DAY, "8y"),
    ],
)
def test_a_length_of_time_is_written_in_two_units_at_most(seconds: float, text: str) -> None:
    assert short_duration(seconds) == text


@given(st.floats(min_value=0, max_value=20 * YEAR))
def test_the_text_is_never_more_than_a_tenth_off(seconds: float) -> None:
    units = {"s": 1, "m": MINUTE, "h": HOUR, "d": DAY, "y": YEAR}
    total, number = 0, ""
    for letter in short_duration(seconds):
        if letter.isdigit():
            number += letter
        else:
            total, number = total + int(number) * units[letter], ""
    assert total <= seconds < total * 1.13 + 1


def test_an_age_is_empty_when_nobody_knows_it() -> None:
    assert age(None, NOW) == ""
    assert age(NOW - timedelta(seconds=90), NOW) == "90s"


def test_a_deadline_that_is_over_has_passed() -> None:
    assert remaining(NOW + timedelta(seconds=30), NOW) == "30s"
    assert remaining(NOW, NOW) == "passed"
