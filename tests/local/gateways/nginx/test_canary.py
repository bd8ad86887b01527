from fractions import Fraction

import pytest

from serinus.local.gateways.nginx.canary import PREFIX, is_canary, read_canary
from serinus.local.gateways.nginx.text import UnservableError
from serinus.local.gateways.routing import Canary


def annotations(**values: str) -> dict[str, str]:
    return {PREFIX + name.replace("_", "-"): value for name, value in values.items()}


@pytest.mark.parametrize(
    ("value", "expected"),
    [("true", True), ("True", True), ("1", True), ("t", True), ("yes", False), ("false", False), ("", False)],
)
def test_truth_is_what_go_reads_as_true(value: str, expected: bool) -> None:
    assert is_canary(annotations(canary=value)) is expected


@pytest.mark.parametrize(
    ("weight", "total", "expected"),
    [
        ("0", "", Fraction(0)),
        ("10", "", Fraction(1, 10)),
        ("100", "", Fraction(1)),
        ("250", "", Fraction(1)),
        ("-5", "", Fraction(0)),
        ("+5", "", Fraction(1, 20)),
        ("7", "1000", Fraction(7, 1000)),
        ("1000", "1000", Fraction(1)),
        ("50", "10", Fraction(1, 2)),  # a total below 100 does not count
        ("50", "many", Fraction(1, 2)),
        ("10%", "", Fraction(0)),
        ("1.5", "", Fraction(0)),
        ("", "", Fraction(0)),
        ("9" * 5000, "", Fraction(0)),
    ],
)
def test_the_share_is_weight_by_total(weight: str, total: str, expected: Fraction) -> None:
    assert read_canary(annotations(canary_weight=weight, canary_weight_total=total)).share == expected


def test_all_criteria_are_read() -> None:
    rule = read_canary(
        annotations(
            canary_by_header="X-Canary",
            canary_by_header_value="it's me",
            canary_by_header_pattern="^(a|b)+$",
            canary_by_cookie="tester-1",
        )
    )
    assert rule == Canary(header="X-Canary", header_value="it's me", header_pattern="^(a|b)+$", cookie="tester-1")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("canary_by_header", "X Canary"),
        ("canary_by_header", "x;} server {"),
        ("canary_by_header", "x" * 101),
        ("canary_by_cookie", "a;b"),
        ("canary_by_cookie", "a b"),
        ("canary_by_header_value", "a\nb"),
        ("canary_by_header_value", "\ud800"),
        ("canary_by_header_value", "x" * 1001),
        ("canary_by_header_pattern", "*a"),
        ("canary_by_header_pattern", "(?<request_id>a)"),
        ("canary_by_header_pattern", "(?P<host>a)"),
        ("canary_by_header_pattern", "(?'host'a)"),
    ],
)
def test_what_cannot_be_served_names_its_annotation(name: str, value: str) -> None:
    with pytest.raises(UnservableError) as caught:
        read_canary(annotations(**{name: value}))
    assert PREFIX + name.replace("_", "-") in str(caught.value)


@pytest.mark.parametrize("pattern", ["(?<=a)b", "(?<!a)b", "(?:a)", "(?i)a"])
def test_groups_without_names_are_welcome(pattern: str) -> None:
    assert read_canary(annotations(canary_by_header_pattern=pattern)).header_pattern == pattern
