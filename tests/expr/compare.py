"""Ask both sides, and tell what is not the same."""

import json
import subprocess
from collections import Counter
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

Question = dict[str, Any]


@dataclass
class Comparison:
    """What came out."""

    counts: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        explained = {name: count for name, count in self.counts.items() if name not in {"values", "errors"}}
        return (
            f"{self.counts.total() + len(self.differences)} conditions: {self.counts['values']} with the same value, "
            f"{self.counts['errors']} with an error on both sides, {len(self.differences)} unexplained differences, "
            f"{sum(explained.values())} explained {explained or ''}"
        ).rstrip()


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
        comparison.counts["errors"] += 1
    elif "value" in theirs and canonical(theirs["value"]) == canonical(ours.get("value")):
        comparison.counts["values"] += 1
    elif name := explanation(question["text"]):
        comparison.counts[name] += 1
    else:
        comparison.differences.append(f"{question}\n  expr-lang: {theirs}\n  Serinus:   {ours}")


def answer(question: Question) -> dict[str, Any]:
    """Our own answer in the oracle's form."""
    floats = question.get("floats")
    result = question.get("result") if floats is None else Floats(map(float, floats))
    try:
        return {"value": told(compile(question["text"]).evaluate(result, datetime.now(UTC)))}
    except ConditionError as error:
        return {"error": error.message}
