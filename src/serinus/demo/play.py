"""Play a scenario on a cluster, moment by moment."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import msgspec

from serinus.api.analysis import AnalysisRun
from serinus.demo import analysis
from serinus.demo.front import Front
from serinus.demo.kubectl import Kubectl, KubectlError, spoken
from serinus.demo.reading import Objects, read
from serinus.demo.record import Record
from serinus.demo.row import Row
from serinus.demo.scenario import PATIENCE, Moment, Wanted
from serinus.demo.screen import Screen
from serinus.demo.table import Now
from serinus.demo.tally import Sample
from serinus.demo.traffic import Traffic
from serinus.demo.watch import Watch, until

SAMPLE_LIMIT = 60.0
"""Seconds in which a moment's requests must be answered; 4 are usual."""


@dataclass(frozen=True)
class Stage:
    """The running parts that a play needs."""

    kubectl: Kubectl
    watch: Watch
    front: Front
    traffic: Traffic
    testers: Traffic | None = None
    """Who looks at the new version before users do; while a moment is measured, and not before it is there."""


class Play:
    """Goes through the moments and fills the record."""

    def __init__(self, record: Record, stage: Stage, screen: Screen) -> None:
        self._record = record
        self._stage = stage
        self._screen = screen
        record.tally = stage.traffic.tally
        stage.watch.tell = screen.tells

    async def run(self) -> None:
        """Play to the end, or to the first moment that is not reached."""
        first, *others = self._record.scenario.moments
        trouble = await self._arrive(first)
        traffic = asyncio.create_task(self._stage.traffic.run())
        try:
            await self._see(first, trouble)
            for moment in others:
                if trouble:
                    break
                trouble = await self._arrive(moment)
                await self._see(moment, trouble)
        finally:
            traffic.cancel()
            await asyncio.gather(traffic, return_exceptions=True)

    async def _arrive(self, moment: Moment) -> str:
        """Begin a moment and wait until it is there; says what did not come."""
        if moment.rest:
            self._screen.waits(Now(moment, f"{moment.rest:.0f} s, until queries have forgotten the update before"))
            await asyncio.sleep(moment.rest)
        self._record.tally.first.clear()
        await self._type(moment.command)
        self._screen.waits(Now(moment, moment.awaited))
        limit = PATIENCE + moment.delay
        if not await until(lambda: moment.reached(self._stage.watch.sight()), limit):
            return f"did not come in {limit:.0f} s: {moment.awaited}"
        await self._type(moment.then)
        name = self._stage.front.name
        self._screen.waits(Now(moment, f"{name} takes up its routes"))
        if not await until(lambda: self._is_in_effect(moment), PATIENCE):
            return f"{name} does not send {moment.wanted.weight} % to {moment.wanted.new} after {PATIENCE:.0f} s"
        return ""

    async def _type(self, command: tuple[str, ...]) -> None:
        if command:
            printed = await self._stage.kubectl.run(*command)
            self._screen.typed(spoken(command), printed.decode().strip())

    def _is_in_effect(self, moment: Moment) -> bool:
        return self._stage.front.sends(moment.wanted, self._stage.watch.sight())

    async def _see(self, moment: Moment, trouble: str) -> None:
        """Measure a moment and add its row."""
        sample = self._stage.traffic.measure()
        self._screen.waits(Now(moment, f"{moment.wanted.requests:,} requests", sample.answers, sample.second))
        async with self._tested(moment):
            objects = await self._read()
            await until(lambda: _is_enough(sample, moment.wanted), SAMPLE_LIMIT)
        troubles = [trouble] if trouble else self._lost(moment)
        row = self._row(moment, objects, sample, troubles)
        self._record.rows.append(row)
        self._screen.saw(row)

    @asynccontextmanager
    async def _tested(self, moment: Moment) -> AsyncIterator[None]:
        """Let testers look at a moment, where there are any."""
        testers = self._stage.testers
        if testers is None or moment.wanted.second is None:
            yield
            return
        asking = asyncio.create_task(testers.run())
        try:
            yield
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)

    def _lost(self, moment: Moment) -> list[str]:
        """Say so when a moment ended before all its requests were sent."""
        if moment.reached(self._stage.watch.sight()) and self._is_in_effect(moment):
            return []
        return ["it was over before it was measured: pauses are too short for this machine"]

    def _row(self, moment: Moment, objects: Objects, sample: Sample, troubles: list[str]) -> Row:
        """Write down what was seen, and what failed since the row before."""
        tally = self._record.tally
        known = sum(row.failed for row in self._record.rows)
        run = self._stage.watch.sight().run_of(self._stage.watch.sight().updated) if moment.wanted.analysis else None
        return Row(
            title=moment.title,
            wanted=moment.wanted,
            command=spoken(moment.command) if moment.command else "",
            objects=objects,
            answers=dict(sample.answers),
            second=dict(sample.second),
            failed=tally.failed - known,
            failures=tuple(tally.failures[known:]),
            troubles=tuple(troubles),
            analysis=analysis.read(run) if run else None,
            reaction=self._reaction(run, moment.wanted.new) if run else None,
            switch=self._switch(moment.wanted) if self._stage.testers else None,
            seconds=self._stage.traffic.seconds,
        )

    def _reaction(self, run: AnalysisRun, image: str) -> float | None:
        """How long after a failed run's end the version still got requests."""
        ended, last = self._stage.watch.ended.get(run.name), self._record.tally.last.get(image)
        if run.status.phase not in analysis.BAD or ended is None or last is None:
            return None
        return max(0.0, last - ended)

    def _switch(self, wanted: Wanted) -> float | None:
        """How long both versions answered users when all traffic went to the other one at once."""
        first, last = self._record.tally.first.get(wanted.new), self._record.tally.last.get(wanted.stable)
        return None if wanted.weight < 100 or first is None or last is None else max(0.0, last - first)

    async def _read(self) -> Objects:
        """Read the objects as kubectl shows them."""
        printed = await self._stage.kubectl.run("get", ",".join(self._stage.front.kinds), "-o", "json")
        try:
            return read(printed)
        except msgspec.MsgspecError as error:
            raise KubectlError(f"what kubectl printed cannot be read: {error}") from error


def _is_enough(sample: Sample, wanted: Wanted) -> bool:
    """Whether the shares can be told, on every side that is asked for."""
    sides = (sample.answers,) if wanted.second is None else (sample.answers, sample.second)
    return all(answers.total() >= wanted.requests for answers in sides)
