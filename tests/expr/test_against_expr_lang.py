"""The real expr-lang says the same: a value of the same type, or an error on both sides."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from expr import combine
from expr.compare import CASES, PROPERTY, Comparison, Question, compared, questions_of
from expr.generate import Writer

pytestmark = pytest.mark.timeout(900)
"""The first test may have to install Go and compile the oracle."""

TOPICS = sorted(file.stem for file in CASES.glob("*.txt"))
COMBINED = [combine.signs, combine.operators, combine.functions]
MEANINGFUL = range(3000)
BROKEN = range(1500)

Record = Callable[[str, object], None]


def written_by(seed: int, *, broken: bool) -> Question:
    writer = Writer(seed)
    text = writer.broken() if broken else writer.meaningful()
    given = writer.result()
    return {"text": text, **given} if "floats" in given else {"text": text, "result": json.loads(str(given["result"]))}


def expect_none(name: str, comparison: Comparison, record_property: Record) -> None:
    record_property(PROPERTY, (name, comparison.counts))
    assert not comparison.differences, "\n".join(comparison.differences[:20])


@pytest.mark.parametrize("topic", TOPICS)
def test_written_conditions(topic: str, oracle: Path, record_property: Record) -> None:
    expect_none(topic, compared(oracle, questions_of(CASES / f"{topic}.txt")), record_property)


def test_conditions_from_templates(oracle: Path, record_property: Record) -> None:
    comparison = compared(oracle, (written_by(seed, broken=False) for seed in MEANINGFUL))
    assert comparison.counts["values"] > len(MEANINGFUL) // 2
    expect_none("templates", comparison, record_property)


@pytest.mark.parametrize("every", COMBINED)
def test_values_of_all_types(every: Callable[[], Iterator[str]], oracle: Path, record_property: Record) -> None:
    questions = [{"text": text, "result": None} for text in every()]
    expect_none(f"all {every.__name__}", compared(oracle, questions), record_property)


def test_broken_conditions(oracle: Path, record_property: Record) -> None:
    comparison = compared(oracle, (written_by(seed, broken=True) for seed in BROKEN))
    assert comparison.counts["errors"] > len(BROKEN) // 2
    expect_none("broken", comparison, record_property)


def test_there_are_enough_conditions() -> None:
    written = sum(len(questions_of(CASES / f"{topic}.txt")) for topic in TOPICS)
    assert written >= 2000
    combined = sum(len(list(every())) for every in COMBINED)
    assert written + combined + len(MEANINGFUL) + len(BROKEN) >= 20_000


def test_a_difference_is_seen(oracle: Path) -> None:
    comparison = compared(oracle, [{"text": "now().Nanosecond()", "result": None}])
    assert len(comparison.differences) == 1
