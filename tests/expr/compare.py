"""Ask both sides, and tell what is not the same."""

import json
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from expr.explained import explanation
from expr.told import canonical, told
from serinus.expr import ConditionError, Floats, compile  # noqa: A004

CASES = Path(__file__).parent / "cases"
LIMIT = 300.0
"""Seconds for all answers of one run of the oracle."""

PROPERTY = "compared with expr-lang 1.17.8"
"""Under this name a test hands on what it compared."""

OUTCOMES = ("values", "errors", "differences")

Question = dict[str, Any]


@dataclass
class Comparison:
    """What came out, counted; differences that nothing explains are kept."""

    counts: dict[str, int] = field(default_factory=dict)
    differences: list[str] = field(default_factory=list)

    def count(self, name: str, times: int = 1) -> None:
        """Count conditions with one outcome."""
        self.counts[name] = self.counts.get(name, 0) + times

    def add(self, other: "Comparison") -> None:
        """Take over the numbers of another comparison."""
        for name, times in other.counts.items():
            self.count(name, times)

    def __str__(self) -> str:
        explained = {name: times for name, times in self.counts.items() if name not in OUTCOMES}
        same, failed, different = (self.counts.get(name, 0) for name in OUTCOMES)
        return (
            f"{sum(self.counts.values())} conditions, {same} with the same value, {failed} with errors on both sides, "
            f"{sum(explained.values())} with a known difference {explained or ''}, {different} unexplained"
        ).replace(" ,", ",")


def questions_of(file: Path) -> list[Question]:
    """The conditions of a file: `= JSON` and `~ floats` set the result, `-- ` is a comment."""
    given: Question = {"result": None}
    questions: list[Question] = []
    for line in file.read_text(encoding="utf-8").split("\n"):
        if line.startswith("= "):
            given = {"result": json.loads(line[2:])}
        elif line == "~" or line.startswith("~ "):
            given = {"floats": line[1:].split()}
        elif line and not line.startswith("-- "):
            questions.append({"text": line, **given})
    return questions


def compared(oracle: Path, questions: Iterable[Question]) -> Comparison:
    """Ask the oracle and ourselves the same."""
    asked = list(questions)
    lines = "".join(f"{json.dumps(question)}\n" for question in asked)
    done = subprocess.run([oracle], input=lines, capture_output=True, text=True, check=True, timeout=LIMIT)
    comparison = Comparison()
    for question, line in zip(asked, done.stdout.splitlines(), strict=True):
        compare(comparison, question, json.loads(line))
    return comparison


def compare(comparison: Comparison, question: Question, theirs: dict[str, Any]) -> None:
    """Count one condition."""
    ours = answer(question)
    if "error" in theirs and "error" in ours:
        comparison.count("errors")
    elif "value" in theirs and canonical(theirs["value"]) == canonical(ours.get("value")):
        comparison.count("values")
    elif name := explanation(question["text"]):
        comparison.count(name)
    else:
        comparison.count("differences")
        comparison.differences.append(f"{question}\n  expr-lang: {theirs}\n  Serinus:   {ours}")


def answer(question: Question) -> dict[str, Any]:
    """Our own answer in the oracle's form."""
    floats = question.get("floats")
    result = question.get("result") if floats is None else Floats(map(float, floats))
    try:
        return {"value": told(compile(question["text"]).evaluate(result, datetime.now(UTC)))}
    except ConditionError as error:
        return {"error": error.message}
