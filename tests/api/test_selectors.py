"""Label selectors: what they match, and the form in which they are sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serinus.api.meta import LabelSelector, LabelSelectorRequirement


def requirement(operator: str, *values: str, key: str = "tier") -> LabelSelectorRequirement:
    return LabelSelectorRequirement(key=key, operator=operator, values=values)


@pytest.mark.parametrize(
    ("selector", "text"),
    [
        (LabelSelector(), ""),
        (LabelSelector(match_labels={"b": "2", "a": "1"}), "a=1,b=2"),
        (LabelSelector(match_labels={"a": ""}), "a="),
        (LabelSelector(match_expressions=(requirement("In", "x", "b"),)), "tier in (b,x)"),
        (LabelSelector(match_expressions=(requirement("NotIn", "x"),)), "tier notin (x)"),
        (LabelSelector(match_expressions=(requirement("Exists"),)), "tier"),
        (LabelSelector(match_expressions=(requirement("DoesNotExist"),)), "!tier"),
        (
            LabelSelector(
                match_labels={"app": "web"}, match_expressions=(requirement("Exists", key="z"), requirement("Exists"))
            ),
            "app=web,tier,z",
        ),
    ],
)
def test_a_selector_as_text(selector: LabelSelector, text: str) -> None:
    assert str(selector) == text


@pytest.mark.parametrize(
    ("operator", "values", "labels", "matches"),
    [
        ("In", ("a", "b"), {"tier": "b"}, True),
        ("In", ("a",), {"tier": "c"}, False),
        ("In", ("a",), {}, False),
        ("In", ("",), {}, False),
        ("NotIn", ("a",), {"tier": "a"}, False),
        ("NotIn", ("a",), {"tier": "b"}, True),
        ("NotIn", ("a",), {}, True),
        ("Exists", (), {"tier": ""}, True),
        ("Exists", (), {}, False),
        ("DoesNotExist", (), {}, True),
        ("DoesNotExist", (), {"tier": "a"}, False),
        ("Unheard", (), {"tier": "a"}, False),
    ],
)
def test_an_expression_matches(operator: str, values: tuple[str, ...], labels: dict[str, str], matches: bool) -> None:
    assert LabelSelector(match_expressions=(requirement(operator, *values),)).matches(labels) is matches


LABELS = st.dictionaries(st.sampled_from("abcd"), st.sampled_from("xyz"))


@given(wanted=LABELS, labels=LABELS)
def test_match_labels_are_a_subset(wanted: dict[str, str], labels: dict[str, str]) -> None:
    assert LabelSelector(match_labels=wanted).matches(labels) is (wanted.items() <= labels.items())


def test_an_empty_selector_says_so() -> None:
    assert LabelSelector().is_empty
    assert not LabelSelector(match_labels={"a": "b"}).is_empty
    assert not LabelSelector(match_expressions=(requirement("Exists"),)).is_empty
