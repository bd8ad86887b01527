"""What a merge patch names, and what it leaves alone."""

from typing import Any

import pytest

from serinus.api.patches import difference, exact_difference, merged

FOUND = {"a": 1, "b": {"c": 2, "d": [3]}, "e": "x"}


@pytest.mark.parametrize(
    ("wanted", "patch"),
    [
        ({}, {}),
        ({"a": 1, "b": {"c": 2}}, {}),
        ({"b": {"d": [3, 4]}}, {"b": {"d": [3, 4]}}),
        ({"e": None}, {"e": None}),
        ({"gone": None}, {}),
        ({"gone": {"deeper": None}}, {}),
        ({"new": {"deeper": 1, "gone": None}}, {"new": {"deeper": 1}}),
        ({"a": {"now": "an object"}}, {"a": {"now": "an object"}}),
    ],
)
def test_a_patch_names_only_what_differs(wanted: dict[str, Any], patch: dict[str, Any]) -> None:
    assert difference(FOUND, wanted) == patch


@pytest.mark.parametrize(
    "wanted", [{}, {"b": {"c": 9}}, {"new": {"x": {"y": None, "z": 1}}}, {"a": None, "gone": {"k": None}}]
)
def test_a_patch_is_empty_once_it_is_applied(wanted: dict[str, Any]) -> None:
    assert difference(merged(FOUND, difference(FOUND, wanted)), wanted) == {}


def test_an_exact_patch_takes_away_what_is_not_named() -> None:
    assert merged(FOUND, exact_difference(FOUND, {"b": {"c": 2}})) == {"b": {"c": 2}}
