"""AnalysisRuns: from a key to measurements, a status, and events."""

import logging
from datetime import UTC, datetime
from functools import partial

from serinus.analysis.course import INVALID
from serinus.analysis.decide import plan_run, refuse
from serinus.analysis.phases import BAD, ERROR
from serinus.api.analysis import AnalysisRun, AnalysisRunSpec, AnalysisRunStatus
from serinus.api.kinds import ANALYSIS_RUN
from serinus.controller.apply import Applier
from serinus.controller.decoding import Malformed
from serinus.controller.freshness import Freshness
from serinus.controller.measuring import Measurer, Sources
from serinus.controller.recorder import Recorder
from serinus.controller.stores import Stores
from serinus.kube import Client, Key
from serinus.plan import Collect, Measure, Measured, Plan, Ref, SeenRun

log = logging.getLogger(__name__)


class Runs:
    """Looks at one AnalysisRun at a time; what is to be measured is measured in the background."""

    def __init__(
        self, client: Client, stores: Stores, recorder: Recorder, freshness: Freshness, sources: Sources
    ) -> None:
        self._client = client
        self._stores = stores
        self._recorder = recorder
        self._freshness = freshness
        self._measurer = Measurer(sources, stores.queue.add)

    async def aclose(self) -> None:
        """Stop measuring."""
        await self._measurer.aclose()

    async def look_at(self, key: Key) -> None:
        """One turn for one run."""
        run = self._stores.runs.get(key.namespace, key.name)
        if run is None or run.metadata.deletion_timestamp is not None:
            self._measurer.forget(key)
        elif isinstance(run, Malformed):
            await self._report_malformed(key, run)
        else:
            await self._advance(key, run)

    async def _advance(self, key: Key, run: AnalysisRun) -> None:
        now = datetime.now(UTC)
        seen = self._measurer.seen(key, run)
        plan = plan_run(seen, now)
        if plan.why:
            log.debug("%s waits: %s", key, "; ".join(plan.why))
        for ask in plan.asks:
            assert isinstance(ask, Measure | Collect)
            self._measurer.start(key, run, ask)
        await self._apply(key, plan, run, is_urgent=_has_bad_news(seen))
        self._measurer.settle(key, seen)
        if plan.wake is not None:
            self._stores.queue.add_after(key, max(0.001, (plan.wake - now).total_seconds()))

    async def _apply(self, key: Key, plan: Plan, run: AnalysisRun, *, is_urgent: bool) -> None:
        urgent = is_urgent or self._stores.queue.hurries(key)
        applier = Applier(self._client.urgent if urgent else self._client)
        me = Ref(ANALYSIS_RUN, key.namespace, key.name)
        await applier.apply(plan, me, run.metadata, partial(self._freshness.wrote, key))
        for event in plan.events:
            self._recorder.record(run.metadata, event, ANALYSIS_RUN)

    async def _report_malformed(self, key: Key, found: Malformed) -> None:
        """Tell the user of a run that cannot be read what is wrong with it."""
        message = f"{INVALID}{found.error}"
        status = found.raw.get("status")
        if isinstance(status, dict) and (status.get("phase"), status.get("message")) == (ERROR, message):
            return
        run = AnalysisRun(metadata=found.metadata, spec=AnalysisRunSpec(metrics=()), status=AnalysisRunStatus())
        await self._apply(key, refuse(run, message, datetime.now(UTC)), run, is_urgent=False)


def _has_bad_news(seen: SeenRun) -> bool:
    """Whether a measurement has just gone wrong: whoever waits for the verdict must know it soon."""
    return any(isinstance(answer, Measured) and answer.measurement.phase in BAD for answer in seen.answers.values())
