"""Runs for tests, and a shell that answers what is asked."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from msgspec.structs import replace

from serinus.analysis.decide import plan_run
from serinus.api.analysis import AnalysisRun, Measurement, Metric, MetricResult
from serinus.api.patches import merged
from serinus.plan import Event, Measure, Measured, Plan, Refused, SeenRun

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)

WEB = {"web": {"url": "http://localhost:1/x"}}


def metric(name: str = "errors", **fields: Any) -> dict[str, Any]:
    return {"name": name, "provider": WEB, **fields}


def metric_of(name: str = "errors", **fields: Any) -> Metric:
    return msgspec.convert(metric(name, **fields), Metric)


def run_of(*metrics: dict[str, Any], status: dict[str, Any] | None = None, **spec: Any) -> AnalysisRun:
    manifest = {
        "metadata": {"name": "run", "namespace": "shop", "uid": "u1", "resourceVersion": "1"},
        "spec": {"metrics": list(metrics), **spec},
        "status": status or {},
    }
    return msgspec.convert(manifest, AnalysisRun)


def result(phase: str = "Running", *phases: str, **fields: Any) -> MetricResult:
    """A metric's result after measurements that ended in some phases."""
    ended = tuple(
        Measurement(phase=one, started_at=NOON, finished_at=None if one == "Running" else NOON) for one in phases
    )
    counts = {name.lower(): phases.count(name) for name in ("Successful", "Failed", "Inconclusive", "Error")}
    count = sum(counts.values()) - counts["error"]
    values = {"name": "errors", "phase": phase, "measurements": ended, "count": count, **counts, **fields}
    return MetricResult(**values)


Says = Callable[[Measure], Measured | Refused | str]
"""What the outside answers; a text is a phase."""


class Shell:
    """Carries out plans for one run; answers come when, and in the order in which, a test wants them."""

    def __init__(self, run: AnalysisRun, says: Says | None = None) -> None:
        self.run = run
        self.says = says or (lambda _: "Successful")
        self.now = NOON
        self.answers: dict[Measure, Measured | Refused] = {}
        self.measuring: list[Measure] = []
        self.asked: list[Measure] = []
        self.events: list[Event] = []
        self.plan = Plan()

    def look(self) -> Plan:
        """One turn of the loop."""
        seen = SeenRun(self.run, dict(self.answers), frozenset(self.measuring))
        self.plan = plan_run(seen, self.now)
        assert plan_run(seen, self.now) == self.plan
        asks = [ask for ask in self.plan.asks if isinstance(ask, Measure)]
        assert not set(asks) & set(self.measuring), "asked twice"
        self.measuring += asks
        self.asked += asks
        status = merged(msgspec.to_builtins(self.run)["status"], self.plan.status) if self.plan.status else None
        if status is not None:
            manifest = {**msgspec.to_builtins(self.run), "status": status}
            self.run = msgspec.convert(manifest, AnalysisRun)
        self.answers = {}
        self.events += self.plan.events
        return self.plan

    def answer(self, ask: Measure | None = None) -> None:
        """The outside answers one question, the oldest when none is named."""
        ask = ask or self.measuring[0]
        self.measuring.remove(ask)
        said = self.says(ask)
        self.answers[ask] = self.measured(ask, said) if isinstance(said, str) else said

    def measured(self, ask: Measure, phase: str, message: str = "") -> Measured:
        message = message or ("" if phase == "Successful" else "why")
        if phase == "Running":
            later = Measurement(phase=phase, started_at=self.now, resume_at=self.now + timedelta(seconds=5))
            return Measured(later)
        return Measured(Measurement(phase=phase, message=message, started_at=self.now, finished_at=self.now, value="1"))

    def settle(self) -> None:
        """Answer everything that is asked, and look, until nothing more is asked."""
        self.look()
        while self.measuring:
            self.answer()
            self.look()

    def play(self, seconds: float = 600.0) -> AnalysisRun:
        """Let time pass until the run is over, or for so long."""
        end = self.now + timedelta(seconds=seconds)
        self.settle()
        while self.plan.wake is not None and self.plan.wake <= end and not self.is_over:
            self.now = self.plan.wake
            self.settle()
        return self.run

    def terminate(self) -> None:
        """Somebody asks for the end."""
        self.run = replace(self.run, spec=replace(self.run.spec, terminate=True))

    @property
    def is_over(self) -> bool:
        return self.run.status.completed_at is not None

    @property
    def phase(self) -> str:
        return self.run.status.phase

    @property
    def message(self) -> str:
        return self.run.status.message
