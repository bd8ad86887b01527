"""Counting answers, and how far chance may lead."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serinus.demo.row import ERRORS, share, standard_error
from serinus.demo.tally import REMEMBERED, Outcome, Sample, Tally


def test_a_sample_takes_only_what_was_sent_after_it_began() -> None:
    tally = Tally(sample=Sample(since=10.0))
    for sent, image in ((9.9, "old"), (10.0, "old"), (10.1, "new"), (10.2, "new")):
        tally.add(Outcome(sent, image))
    tally.add(Outcome(10.3, failure="status 502"))
    assert tally.sample is not None
    assert (tally.sample.answers, tally.sample.second) == (Counter(new=2, old=1), Counter())
    assert (tally.requests, tally.answered, tally.failed) == (5, 4, 1)


def test_what_services_say_to_each_other_is_counted_apart_but_fails_together() -> None:
    tally = Tally(sample=Sample(since=10.0))
    for side, image in (("inside", "old"), ("", "new"), ("inside", "new")):
        tally.add(Outcome(10.5, image, side=side))
    tally.add(Outcome(11.0, failure="status 503", side="inside"))
    assert tally.sample is not None
    assert (tally.sample.answers, tally.sample.second) == (Counter(new=1), Counter(old=1, new=1))
    assert (tally.answered, tally.failed, tally.failures) == (3, 1, ["status 503 (sent from inside at 11.00 s)"])


def test_failures_are_all_counted_and_the_first_are_kept() -> None:
    tally = Tally(began=100.0)
    for number in range(REMEMBERED + 5):
        tally.add(Outcome(101.5, failure=f"broken {number}", retried=number == 0))
    assert (tally.failed, len(tally.failures), tally.retried) == (REMEMBERED + 5, REMEMBERED, 1)
    assert tally.failures[0] == "broken 0 (sent at 1.50 s)"


@pytest.mark.parametrize(
    ("probability", "size", "error"), [(0.1, 1000, 0.00949), (0.6, 1000, 0.01549), (0.0, 1000, 0.0), (1.0, 50, 0.0)]
)
def test_the_standard_error_of_a_share(probability: float, size: int, error: float) -> None:
    assert standard_error(probability, size) == pytest.approx(error, abs=1e-5)


@given(st.floats(0.01, 0.99), st.integers(1000, 10**6))
def test_more_requests_leave_less_to_chance(probability: float, size: int) -> None:
    assert 0 < ERRORS * standard_error(probability, size + 1) < ERRORS * standard_error(probability, size) < 0.064


@given(st.dictionaries(st.sampled_from("abc"), st.integers(0, 1000)))
def test_shares_of_all_versions_make_a_whole(answers: dict[str, int]) -> None:
    whole = sum(share(answers, image) for image in answers)
    assert whole == (pytest.approx(1.0) if sum(answers.values()) else 0)
