"""AnalysisRuns: from a key to measurements, a status, and events."""

from datetime import datetime

from serinus.analysis.course import INVALID
from serinus.analysis.decide import plan_run, refuse
from serinus.analysis.phases import BAD, ERROR
from serinus.api.analysis import AnalysisRun, AnalysisRunSpec, AnalysisRunStatus
from serinus.api.kinds import ANALYSIS_RUN
from serinus.controller.decoding import Malformed
from serinus.controller.freshness import Freshness
from serinus.controller.measuring import Measurer, Sources
from serinus.controller.recorder import Recorder
from serinus.controller.stores import Stores
from serinus.controller.turn import Turns
from serinus.kube import Client, Key
from serinus.plan import Ask, Collect, Measure, Measured, Plan, SeenRun


class Runs(Turns[AnalysisRun, SeenRun]):
    """Looks at one AnalysisRun at a time; what is to be measured is measured in the background."""

    kind = ANALYSIS_RUN

    def __init__(
        self, client: Client, stores: Stores, recorder: Recorder, freshness: Freshness, sources: Sources
    ) -> None:
        super().__init__(client, stores, recorder, freshness)
        self._measurer = Measurer(sources, stores.queue.add)

    async def aclose(self) -> None:
        """Stop measuring."""
        await self._measurer.aclose()

    def observe(self, key: Key, found: AnalysisRun) -> SeenRun:
        """A run with what has been measured for it, and what is being measured."""
        return self._measurer.seen(key, found)

    def plan(self, seen: SeenRun, now: datetime) -> Plan:
        """Decide."""
        return plan_run(seen, now)

    def refuse(self, found: Malformed, now: datetime) -> Plan | None:
        """What to tell the user of a run that cannot be read."""
        message = f"{INVALID}{found.error}"
        status = found.raw.get("status")
        if isinstance(status, dict) and (status.get("phase"), status.get("message")) == (ERROR, message):
            return None
        run = AnalysisRun(metadata=found.metadata, spec=AnalysisRunSpec(metrics=()), status=AnalysisRunStatus())
        return refuse(run, message, now)

    async def ask(self, key: Key, seen: SeenRun, ask: Ask) -> None:
        """Begin to measure, or to clear away."""
        assert isinstance(ask, Measure | Collect)
        self._measurer.start(key, seen.run, ask)

    def is_urgent(self, seen: SeenRun) -> bool:
        """Whether a measurement has just gone wrong: whoever waits for the verdict must know it soon."""
        return any(isinstance(answer, Measured) and answer.measurement.phase in BAD for answer in seen.answers.values())

    def settle(self, key: Key, seen: SeenRun) -> None:
        """Let go of the answers that are written down."""
        super().settle(key, seen)
        self._measurer.settle(key, seen)

    def forget(self, key: Key) -> None:
        """Stop measuring for a run that is gone."""
        super().forget(key)
        self._measurer.forget(key)
