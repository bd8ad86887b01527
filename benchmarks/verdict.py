"""Workload `verdict`: how soon a failing measurement takes the traffic back."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec
from aiohttp import web

from benchmarks.figures import Spread
from benchmarks.manifests import PROMOTED_STEPS
from benchmarks.scene import Scene, scene
from benchmarks.subject import Subject

Say = Callable[[str], None]

_NAME = "judged"
_TURN_SECONDS = 30.0
"""Within which time the next measurement must come."""


class VerdictFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Milliseconds from the end of a failing measurement to the canary's weight gone, as the benchmark sees both."""

    rollback_ms: Spread


class Metric:
    """A metric of our own over HTTP, which is good until it is told to be bad."""

    def __init__(self) -> None:
        self.failed_at = 0.0
        """When the last bad answer was on its way (``time.perf_counter``)."""
        self._is_bad = False
        self._failed = asyncio.Event()

    def mend(self) -> None:
        """Be good from now on."""
        self._is_bad = False
        self._failed.clear()

    async def fail(self) -> float:
        """Be bad from now on; returns when the first bad answer was given."""
        self._is_bad = True
        async with asyncio.timeout(_TURN_SECONDS):
            await self._failed.wait()
        return self.failed_at

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """One measurement."""
        verdict = "bad" if self._is_bad else "good"
        response = web.json_response({"verdict": verdict})
        await response.prepare(request)
        await response.write_eof()
        if self._is_bad and not self._failed.is_set():
            self.failed_at = time.perf_counter()
            self._failed.set()
        return response


async def measure_verdict(subject: Subject, cycles: int, limit: float, say: Say) -> VerdictFigures:
    """Update, let the background analysis fail at 20 %, and take the time; again and again."""
    metric = Metric()
    async with _served(metric) as url, scene(subject, "verdict") as made:
        await made.create([_NAME], "1.0", PROMOTED_STEPS)
        await made.judge(_NAME, url)
        await made.healthy([_NAME], "1.0", limit)
        say(f"verdict: {cycles} times a measurement that fails")
        times = [await _cycle(made, metric, f"2.{number}") for number in range(cycles)]
    return VerdictFigures(rollback_ms=Spread.of(times))


async def _cycle(made: Scene, metric: Metric, version: str) -> float:
    metric.mend()
    await made.update([_NAME], version)
    await made.paused([_NAME], 20)
    failed = await metric.fail()
    return 1000 * (await made.weighted(_NAME, 0) - failed)


@asynccontextmanager
async def _served(metric: Metric) -> AsyncIterator[str]:
    """The metric's address."""
    application = web.Application()
    application.router.add_get("/", metric.answer)
    runner = web.AppRunner(application)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()
