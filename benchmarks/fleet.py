"""Workload `fleet`: many canaries, all updated at once."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing

import msgspec

from benchmarks.audit import AuditLog, Call, Calls
from benchmarks.figures import Spread
from benchmarks.manifests import FLEET_STEPS
from benchmarks.process import Process
from benchmarks.scene import Scene, scene
from benchmarks.subject import Subject

Say = Callable[[str], None]

_OLD, _NEW = "1.21.0", "1.22.0"
_IDLE_SECONDS = 5.0
_QUIET_SECONDS = 8.0
"""So long must a controller write nothing until its update counts as over: longer than any delay that it was given."""


class FleetFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What an update of all Rollouts took and cost; costs are those of everything until the controller is quiet."""

    rollouts: int
    all_healthy_s: float
    """From the first update to the last Rollout that has completed its own."""
    healthy_s: Spread
    """From a Rollout's own update to its completion."""
    writes: float
    """API writes per Rollout, Events among them."""
    events: float
    """Events per Rollout: a part of the writes."""
    calls: float
    """API calls per Rollout, watches not counted."""
    detail: dict[str, float]
    """Calls per Rollout by verb and resource."""
    cpu_ms: float
    """CPU milliseconds per Rollout."""
    idle_cpu_percent: float
    """Of one core, with the whole fleet Healthy."""
    idle_mb: float
    peak_mb: float


async def measure_fleet(subject: Subject, count: int, limit: float, say: Say) -> FleetFigures:
    """Update ``count`` Rollouts at once; ``limit`` seconds for each phase."""
    names = [f"r{number:05d}" for number in range(count)]
    with closing(AuditLog(subject.audit_log, subject.user)) as log:
        async with scene(subject, "fleet") as made:
            say(f"fleet: creating {count} Rollouts")
            await made.create(names, _OLD, FLEET_STEPS)
            await made.healthy(names, _OLD, limit)
            await _quiet(log, limit)
            return await _measured(made, names, log, Costs(subject.pid, limit, say))


class Costs:
    """What the controller's process costs while something happens."""

    def __init__(self, pid: int, limit: float, say: Say) -> None:
        self.process = Process(pid)
        self.limit = limit
        self.say = say

    async def idle(self) -> float:
        """CPU in percent of a core, over some seconds."""
        before = self.process.cpu
        await asyncio.sleep(_IDLE_SECONDS)
        return 100 * (self.process.cpu - before) / _IDLE_SECONDS


async def _measured(made: Scene, names: list[str], log: AuditLog, costs: Costs) -> FleetFigures:
    idle_cpu, idle_mb = await costs.idle(), costs.process.resident
    log.restart()
    cpu, started = costs.process.cpu, time.perf_counter()
    costs.say(f"fleet: updating all {len(names)}")
    begun = await _update(made, names)
    moments = await made.healthy(names, _NEW, costs.limit)
    calls = await _quiet(log, costs.limit)
    count = len(names)
    return FleetFigures(
        rollouts=count,
        all_healthy_s=round(max(moments.values()) - started, 1),
        healthy_s=Spread.of(moments[name] - begun[name] for name in names),
        writes=round(calls.writes.total() / count, 2),
        events=round(calls.events / count, 2),
        calls=round(calls.finished / count, 2),
        detail=detail(calls.counts, count),
        cpu_ms=round(1000 * (costs.process.cpu - cpu) / count, 1),
        idle_cpu_percent=round(idle_cpu, 2),
        idle_mb=round(idle_mb, 1),
        peak_mb=round(costs.process.peak, 1),
    )


async def _update(made: Scene, names: list[str]) -> dict[str, float]:
    """Update all, and note when each one's turn was over."""
    begun: dict[str, float] = {}

    async def one(name: str) -> None:
        await made.update([name], _NEW)
        begun[name] = time.perf_counter()

    for first in range(0, len(names), 30):
        await asyncio.gather(*(one(name) for name in names[first : first + 30]))
    return begun


async def _quiet(log: AuditLog, limit: float) -> Calls:
    """Wait until the controller has done all its work; Events may come later, at their own pace."""
    async with asyncio.timeout(limit):
        before, since = -1, time.perf_counter()
        while True:
            calls = log.read()
            now = calls.writes.total() - calls.events
            if now != before:
                before, since = now, time.perf_counter()
            if time.perf_counter() - since > _QUIET_SECONDS:
                return calls
            await asyncio.sleep(0.2)


def detail(counts: Counter[Call], rollouts: int) -> dict[str, float]:
    """Calls per Rollout, the most frequent first."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return {f"{verb} {resource}": round(count / rollouts, 2) for (verb, resource), count in ordered}
