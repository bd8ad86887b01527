"""Percentiles and tables."""

from collections import Counter

import pytest
from benchmarks.audit import Call
from benchmarks.figures import Spread, percentile
from benchmarks.fleet import detail
from benchmarks.reaction import ReactionFigures
from benchmarks.table import lines
from hypothesis import given
from hypothesis import strategies as st

VALUES = st.lists(st.floats(0, 1e6), min_size=1)


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [([7], 0.5, 7), ([1, 2], 0.5, 1), ([1, 2, 3], 0.5, 2), ([*range(1, 101)], 0.99, 99), ([*range(1, 11)], 0.99, 10)],
)
def test_a_percentile_is_the_value_at_its_nearest_rank(values: list[float], share: float, expected: float) -> None:
    assert percentile(values, share) == expected


@given(VALUES, st.floats(0, 1))
def test_a_percentile_is_measured_and_covers_its_share(values: list[float], share: float) -> None:
    found = percentile(sorted(values), share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values)


@given(VALUES)
def test_a_spread_is_in_order(values: list[float]) -> None:
    spread = Spread.of(values)
    assert spread.p50 <= spread.p99 <= spread.max
    assert spread.count == len(values)


def test_nothing_measured_has_no_spread() -> None:
    with pytest.raises(ValueError, match="nothing was measured"):
        Spread.of([])


def test_calls_per_rollout_begin_with_the_most_frequent() -> None:
    counts: Counter[Call] = Counter({("create", "events"): 30, ("patch", "rollouts/status"): 60})
    assert list(detail(counts, 10).items()) == [("patch rollouts/status", 6.0), ("create events", 3.0)]


def test_the_table_names_every_figure() -> None:
    figures = ReactionFigures(
        promote_ms=Spread(10, 12.4, 20.0, 20.0),
        abort_ms=Spread(10, 15.6, 30.0, 30.0),
        others=50,
        still_rolling=49,
        busy_promote_ms=Spread(6, 40.0, 90.0, 90.0),
        busy_abort_ms=Spread(6, 50.0, 99.0, 99.0),
        busy_request_ms=Spread(12, 20.0, 30.0, 30.0),
    )
    assert list(lines(figures)) == [
        "reaction: from the request to the changed weight",
        "  promote                                  p50 12 ms, max 20 ms (10 times)",
        "  abort                                    p50 16 ms, max 30 ms (10 times)",
        "  promote while 50 others roll             p50 40 ms, max 90 ms (6 times)",
        "  abort while 50 others roll               p50 50 ms, max 99 ms (6 times)",
        "    the API's answer to the request alone  p50 20 ms, max 30 ms (12 times)",
        "  others still rolling at the end          49",
    ]
