"""All that a demo has shown, and its verdict."""

from dataclasses import dataclass, field
from typing import Any

from msgspec import to_builtins

from serinus.demo.analysis import Analysis
from serinus.demo.check import offences
from serinus.demo.row import Row, share
from serinus.demo.scenario import Scenario
from serinus.demo.tally import Tally


@dataclass
class Record:
    """A demo's rows as they come, and what ended it early."""

    scenario: Scenario
    rows: list[Row] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    error: str = ""
    """Why it could not be played to its end."""
    seconds: float = 0.0
    """How long it took, from the first process to the last."""

    @property
    def offences(self) -> list[str]:
        """All that is wrong, in the order of its coming; nothing says that the demo shows what it should."""
        found = [offence for row in self.rows for offence in offences(row)]
        if left := self.tally.failed - sum(row.failed for row in self.rows):
            found.append(f"after the last row: {left} failed requests, the last: {self.tally.failures[-1]}")
        found += [self.error] if self.error else []
        missed = ", ".join(moment.title for moment in self.scenario.moments[len(self.rows) :])
        return found + ([f"not reached: {missed}"] if missed else [])

    def document(self) -> dict[str, Any]:
        """The whole as plain data for JSON."""
        return {
            "scenario": self.scenario.name,
            "passed": not self.offences,
            "offences": self.offences,
            "rows": [_row(row) for row in self.rows],
            "requests": self.tally.requests,
            "failed": self.tally.failed,
            "retried": self.tally.retried,
            "errors": dict(self.tally.errors),
            "failures": self.tally.failures,
            "seconds": round(self.seconds, 1),
        }


def _row(row: Row) -> dict[str, Any]:
    shown = {
        "title": row.title,
        "command": row.command,
        "wanted": to_builtins(row.wanted),
        "ingresses": to_builtins(row.objects.ingresses),
        "virtualServices": to_builtins(row.objects.virtual_services),
        "services": to_builtins(row.objects.services),
        "pods": to_builtins(row.objects.pods),
        "requests": row.requests,
        "answers": dict(row.answers),
        "share": round(row.share, 4),
        "failed": row.failed,
        "seconds": round(row.seconds, 1),
        "offences": offences(row),
    }
    shown |= {} if row.switch is None else {"switchSeconds": round(row.switch, 3)}
    shown |= {} if row.wanted.second is None else {row.wanted.sides[1]: _second(row)}
    return shown if row.analysis is None else shown | {"analysis": _analysis(row, row.analysis)}


def _analysis(row: Row, analysis: Analysis) -> dict[str, Any]:
    reaction = {} if row.reaction is None else {"reactionSeconds": round(row.reaction, 3)}
    return {**to_builtins(analysis), **reaction}


def _second(row: Row) -> dict[str, Any]:
    answers = row.second
    return {
        "requests": sum(answers.values()),
        "answers": dict(answers),
        "share": round(share(answers, row.wanted.new), 4),
    }
