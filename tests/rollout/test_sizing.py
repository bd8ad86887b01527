"""How many pods each version gets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from rollout.scenes import replica_set
from serinus.api.canary import ReplicaProgressThreshold
from serinus.rollout.sizing import Bounds, Pods, Sizes, approximate, at_least, basic, bounds, share
from serinus.rollout.target import is_reached
from stories.manifests import V1

SAMPLES = [
    # pods in all, weight, new, stable, maxUnavailable, maxSurge → new, stable
    (10, 10, 0, 10, 1, 1, 1, 9),
    (10, 30, 0, 10, 0, 3, 3, 10),
    (10, 30, 0, 10, 5, 0, 0, 7),
    (10, 5, 0, 10, 1, 1, 1, 10),
    (10, 5, 0, 10, 1, 0, 0, 9),
    (1, 5, 0, 1, 0, 1, 1, 1),
    (1, 95, 0, 1, 0, 1, 1, 1),
]


@pytest.mark.parametrize(("total", "weight", "new", "stable", "unavailable", "surge", "to_new", "to_stable"), SAMPLES)
def test_the_first_move_of_an_update(
    total: int, weight: int, new: int, stable: int, unavailable: int, surge: int, to_new: int, to_stable: int
) -> None:
    within = bounds(total, surge, unavailable)
    target = approximate(weight, 100, within)
    assert basic(Pods(new, new), Pods(stable, stable), 0, target, within) == Sizes(to_new, to_stable)


@pytest.mark.parametrize(
    ("total", "weight", "surge", "expected"),
    [
        (10, 20, 1, (2, 8)),
        (10, 20, 0, (2, 8)),
        (10, 0, 1, (0, 10)),
        (10, 100, 1, (10, 0)),
        (10, 1, 0, (1, 9)),
        (10, 99, 0, (9, 1)),
        (10, 25, 0, (3, 7)),
        (10, 25, 1, (3, 8)),
        (4, 50, 1, (2, 2)),
        (3, 50, 0, (2, 1)),
        (3, 50, 1, (2, 2)),
        (1, 40, 0, (0, 1)),
        (1, 60, 0, (1, 0)),
        (1, 50, 1, (1, 1)),
        (0, 50, 1, (0, 0)),
    ],
)
def test_the_ratio_of_pods_nearest_to_a_weight(total: int, weight: int, surge: int, expected: tuple[int, int]) -> None:
    assert approximate(weight, 100, bounds(total, surge, 0 if surge else 1)) == Sizes(*expected)


@pytest.mark.parametrize(
    ("total", "surge", "unavailable", "expected"),
    [
        (10, 3, 2, Bounds(10, 3, 2)),
        (10, 0, 0, Bounds(10, 0, 1)),
        (2, 1, 5, Bounds(2, 1, 2)),
        (0, 1, 1, Bounds(0, 1, 0)),
    ],
)
def test_bounds_let_some_pod_move(total: int, surge: int, unavailable: int, expected: Bounds) -> None:
    assert bounds(total, surge, unavailable) == expected


def test_without_a_stable_version_the_new_one_gets_all() -> None:
    assert basic(None, None, 0, Sizes(3, 7), bounds(10, 1, 1)) == Sizes(10, 0)


def test_nothing_shrinks_while_older_versions_have_pods() -> None:
    within = bounds(10, 1, 1)
    assert basic(Pods(2, 2), Pods(9, 9), 1, Sizes(5, 5), within) == Sizes(2, 9)


def test_nothing_shrinks_while_a_size_is_not_in_effect() -> None:
    within = bounds(4, 0, 2)
    assert basic(Pods(0, 0), Pods(4, 4, is_observed=False), 0, Sizes(2, 2), within) == Sizes(0, 4)
    assert basic(Pods(0, 0, is_observed=False), Pods(4, 4), 0, Sizes(2, 2), within) == Sizes(0, 4)


def test_pods_that_do_not_serve_may_go_at_once() -> None:
    assert basic(Pods(4, 0), Pods(6, 6), 0, Sizes(0, 10), bounds(10, 0, 1)) == Sizes(3, 6)
    assert basic(Pods(4, 0), Pods(9, 9), 0, Sizes(0, 10), bounds(10, 3, 1)) == Sizes(0, 9)


@pytest.mark.parametrize(
    ("weight", "max_weight", "total", "expected"),
    [
        (10, 100, 3, 1),
        (30, 100, 3, 1),
        (60, 100, 3, 2),
        (100, 100, 3, 3),
        (0, 100, 3, 0),
        (1, 1000, 10, 1),
        (5, 0, 3, 0),
    ],
)
def test_a_router_needs_pods_for_the_weight_rounded_up(weight: int, max_weight: int, total: int, expected: int) -> None:
    assert share(weight, max_weight, total) == expected


@pytest.mark.parametrize(
    ("count", "floor", "total", "expected"),
    [(0, 2, 5, 0), (1, 2, 5, 2), (3, 2, 5, 3), (1, 9, 5, 5), (1, None, 5, 1), (4, 1, 5, 4)],
)
def test_a_version_that_has_pods_has_enough(count: int, floor: int | None, total: int, expected: int) -> None:
    assert at_least(count, floor, total) == expected


amounts = st.integers(0, 12)


@given(total=st.integers(0, 60), surge=amounts, unavailable=amounts, max_weight=st.integers(1, 1000), data=st.data())
def test_ratios_stay_within_their_bounds(
    total: int, surge: int, unavailable: int, max_weight: int, data: st.DataObject
) -> None:
    weight = data.draw(st.integers(0, max_weight))
    within = bounds(total, surge, unavailable)
    new, stable = (sizes := approximate(weight, max_weight, within)).new, sizes.stable
    assert new >= 0
    assert stable >= 0
    assert total <= new + stable <= within.ceiling
    if weight in {0, max_weight}:
        assert (new, stable) == ((total, 0) if weight == max_weight and total else (0, total))
    elif total > 1 or (total and surge):
        assert new > 0, "some traffic needs a pod"
        assert stable > 0 or total == 1, "not all traffic leaves a pod"


@given(weight=st.integers(0, 100), total=st.integers(0, 100), floor=st.none() | st.integers(0, 120))
def test_a_routed_canary_never_has_more_pods_than_all(weight: int, total: int, floor: int | None) -> None:
    count = at_least(share(weight, 100, total), floor, total)
    assert weight * total / 100 <= count <= total


class Update(RuleBasedStateMachine):
    """Any update without a router: pods get ready in any order, weights come in any order."""

    @initialize(total=st.integers(1, 12), surge=st.integers(0, 6), unavailable=st.integers(0, 6))
    def begin(self, total: int, surge: int, unavailable: int) -> None:
        self.within = bounds(total, surge, unavailable)
        self.new, self.new_ready = 0, 0
        self.stable, self.stable_ready = total, total
        self.target = Sizes(0, total)

    @rule(weight=st.integers(0, 100))
    def aim(self, weight: int) -> None:
        self.target = approximate(weight, 100, self.within)

    @rule(number=st.integers(1, 4))
    @precondition(lambda self: self.new_ready < self.new)
    def new_pods_get_ready(self, number: int) -> None:
        self.new_ready = min(self.new, self.new_ready + number)

    @rule(number=st.integers(1, 4))
    @precondition(lambda self: self.stable_ready < self.stable)
    def stable_pods_get_ready(self, number: int) -> None:
        self.stable_ready = min(self.stable, self.stable_ready + number)

    @rule()
    def move(self) -> None:
        sizes = self.next()
        self.new, self.stable = sizes.new, sizes.stable
        self.new_ready = min(self.new, self.new_ready)
        self.stable_ready = min(self.stable, self.stable_ready)

    def next(self) -> Sizes:
        return basic(Pods(self.new, self.new_ready), Pods(self.stable, self.stable_ready), 0, self.target, self.within)

    @invariant()
    def enough_pods_serve(self) -> None:
        if hasattr(self, "within"):
            assert self.new_ready + self.stable_ready >= self.within.floor

    @invariant()
    def not_too_many_pods_exist(self) -> None:
        if hasattr(self, "within"):
            assert self.new >= 0
            assert self.stable >= 0
            assert self.new + self.stable <= self.within.ceiling

    @rule()
    def finish(self) -> None:
        """With pods that get ready, the target is reached, and then nothing moves any more."""
        for _ in range(100):
            self.new_ready, self.stable_ready = self.new, self.stable
            if self.next() == Sizes(self.new, self.stable):
                break
            self.move()
            self.enough_pods_serve()
            self.not_too_many_pods_exist()
        assert Sizes(self.new, self.stable) == self.target


TestUpdate = Update.TestCase


@pytest.mark.parametrize(
    ("kind", "value", "wanted", "available", "expected"),
    [
        ("Percent", 50, 4, 2, True),
        ("Percent", 50, 4, 1, False),
        ("Percent", 51, 4, 2, False),
        ("Percent", 90, 0, 0, True),
        ("Pods", 3, 4, 3, True),
        ("Pods", 3, 4, 2, False),
        ("Pods", 9, 4, 4, True),
        ("Percent", -1, 4, 3, False),
        (None, 0, 4, 3, False),
        (None, 0, 4, 4, True),
    ],
)
def test_a_threshold_lets_a_step_go_on_with_fewer_pods(
    kind: str | None, value: int, wanted: int, available: int, expected: bool
) -> None:
    threshold = ReplicaProgressThreshold(type=kind, value=value) if kind else None
    assert is_reached(replica_set(V1, wanted, available), wanted, threshold) is expected
