"""Names of templates: a change here would restart the pods of every user."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serinus.api.canary import CanaryStep, PauseStep
from serinus.api.podhash import VERSION, steps_hash, template_hash
from stories.manifests import V1, V2, template

GOLDEN = [
    ({}, None, "5859f96865"),
    (template(V1), None, "5dc4997fb5"),
    (template(V2), None, "555b694d78"),
    (template(V1), 0, "7bd9b444f"),
    (template(V1), 1, "74fbdb8dc6"),
    ({"spec": {"containers": [{"name": "ä", "args": ["<&>", "\u2028"]}]}}, None, "7f546bc5df"),
]


@pytest.mark.parametrize(("given_template", "collisions", "expected"), GOLDEN)
def test_names_never_change(given_template: dict[str, Any], collisions: int | None, expected: str) -> None:
    assert template_hash(given_template, collisions) == expected


def test_the_version_of_the_names_is_the_one_that_these_tests_pin() -> None:
    assert VERSION == "1"


def test_the_order_of_keys_and_nulls_do_not_matter() -> None:
    one = {"metadata": {"labels": {"a": "1", "b": "2"}, "creationTimestamp": None}, "spec": {"containers": [{"x": 1}]}}
    two = {"spec": {"containers": [{"x": 1, "y": None}]}, "metadata": {"labels": {"b": "2", "a": "1"}}}
    assert template_hash(one) == template_hash(two)


@pytest.mark.parametrize(
    "other",
    [
        {"spec": {"containers": ["b", "a"]}},
        {"spec": {"containers": ["a", "b", "c"]}},
        {"spec": {"containers": ["a", "b"], "priority": 0}},
        {"spec": {"containers": []}},
    ],
)
def test_everything_else_does(other: dict[str, Any]) -> None:
    assert template_hash(other) != template_hash({"spec": {"containers": ["a", "b"]}})


json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**31), 2**31) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), json, max_size=5), st.randoms())
def test_any_order_of_keys_gives_the_same_name(value: dict[str, Any], random: Any) -> None:
    assert template_hash(_shuffled(value, random)) == template_hash(value)


@given(st.dictionaries(st.text(), json, max_size=5))
def test_a_name_fits_into_a_label(value: dict[str, Any]) -> None:
    assert set(template_hash(value)) <= set("bcdfghjklmnpqrstvwxz2456789")
    assert 1 <= len(template_hash(value)) <= 10


def _shuffled(value: Any, random: Any) -> Any:
    if isinstance(value, dict):
        items = [(key, _shuffled(item, random)) for key, item in value.items()]
        random.shuffle(items)
        return dict(items)
    return [_shuffled(item, random) for item in value] if isinstance(value, list) else value


STEPS = (CanaryStep(set_weight=10), CanaryStep(pause=PauseStep(duration="5m")), CanaryStep(pause=PauseStep()))


def test_steps_have_names_too() -> None:
    assert steps_hash(()) == "5f8cb5778f"
    assert steps_hash(STEPS) == "58c96bff64"


def test_another_duration_is_another_list_of_steps() -> None:
    other = (STEPS[0], CanaryStep(pause=PauseStep(duration=300)))
    assert len({steps_hash(steps) for steps in (STEPS, STEPS[:2], other)}) == 3
