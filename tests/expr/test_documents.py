"""What docs/conditions.md says is true: every example is executed."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from expr.explained import DIFFERENCES
from serinus.expr import ConditionError, Floats, compile, limits, pattern  # noqa: A004
from serinus.expr.signatures import BUILTINS

PAGE = (Path(__file__).parents[2] / "docs" / "conditions.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```expr\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def examples() -> list[tuple[str, object, str]]:
    """Condition, result, and what the page says comes out."""
    found = []
    for block in BLOCK.findall(PAGE):
        result: object = None
        for line in block.splitlines():
            if line.startswith("// result = "):
                result = result_of(line.removeprefix("// result = "))
            else:
                found.append((line, result, line.rpartition(" // ")[2]))
    return found


def result_of(text: str) -> object:
    return Floats(map(float, text.split()[1:])) if text.startswith("floats ") else json.loads(text)


@pytest.mark.parametrize(("condition", "result", "outcome"), examples())
def test_examples(condition: str, result: object, outcome: str) -> None:
    if outcome.startswith("error: "):
        with pytest.raises(ConditionError) as caught:
            compile(condition).evaluate(result, NOW)
        assert str(caught.value) == outcome.removeprefix("error: ")
    else:
        value = compile(condition).evaluate(result, NOW)
        assert json.dumps(value) == json.dumps(json.loads(outcome))


def test_every_function_is_named() -> None:
    named = set(re.findall(r"`([A-Za-z0-9]+)", PAGE))
    assert named >= BUILTINS


def test_every_difference_is_explained() -> None:
    explained = set(re.findall(r"^- \*\*(.+?)\.\*\*", PAGE, re.MULTILINE))
    assert explained >= {difference.name for difference in DIFFERENCES}


def test_bounds_are_those_of_the_code() -> None:
    numbers = {int(number.replace(" ", "")) for number in re.findall(r"\d[\d ]*\d", PAGE)}
    bounds = {
        limits.TEXT,
        limits.DEPTH,
        limits.DATA_DEPTH,
        limits.STEPS,
        limits.STRING,
        limits.ELEMENTS,
        limits.NODES,
        limits.NUMERAL,
    }
    assert numbers >= {*bounds, pattern.SIZE}
