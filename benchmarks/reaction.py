"""Workload `reaction`: how soon a person's word changes the traffic."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import msgspec

from benchmarks.figures import Spread
from benchmarks.manifests import FLEET_STEPS, PROMOTED_STEPS
from benchmarks.scene import Scene, is_healthy, scene
from benchmarks.subject import Subject

Say = Callable[[str], None]

_REST_SECONDS = 0.3
"""Between a pause that was seen and the word to go on: what the pause itself caused should be over."""
_ROLLING_SECONDS = 2.0
"""After which time a fleet whose update began counts as rolling."""


class ReactionFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Milliseconds from a request to the changed weight, both as the benchmark sees them."""

    promote_ms: Spread
    abort_ms: Spread
    others: int
    """How many other Rollouts were updated at the same time for the figures below."""
    still_rolling: int
    """How many of them were not through yet when the last measurement was over."""
    busy_promote_ms: Spread
    busy_abort_ms: Spread
    busy_request_ms: Spread
    """How much of it the API took to answer the request itself: it tells a slow controller from a slow API."""


class Amounts(msgspec.Struct, frozen=True, kw_only=True):
    """How much is measured."""

    cycles: int
    others: int
    probes: int
    rounds: int
    limit: float


async def measure_reaction(subject: Subject, amounts: Amounts, say: Say) -> ReactionFigures:
    """Promote and abort, first with nothing else to do, then while a fleet rolls."""
    async with scene(subject, "reaction") as made:
        probes = [f"probe{number}" for number in range(amounts.probes)]
        await made.create(probes, "1.0", PROMOTED_STEPS)
        await made.healthy(probes, "1.0", amounts.limit)
        say(f"reaction: {amounts.cycles} times promote and abort, idle")
        idle = [await _cycle(Steering(made), probes[0], f"2.{number}") for number in range(amounts.cycles)]
        busy = await _busy(made, probes, amounts, say)
    return ReactionFigures(
        promote_ms=Spread.of(promoted for promoted, _ in idle),
        abort_ms=Spread.of(aborted for _, aborted in idle),
        others=amounts.others,
        still_rolling=busy.rolling,
        busy_promote_ms=Spread.of(busy.promoted),
        busy_abort_ms=Spread.of(busy.aborted),
        busy_request_ms=Spread.of(busy.requests),
    )


class Steering:
    """Promotes and aborts, and takes the time; all times are milliseconds."""

    def __init__(self, made: Scene) -> None:
        self.made = made
        self.requests: list[float] = []
        """How long the API took to answer each request."""

    async def promote(self, name: str, weight: int) -> float:
        """From the request to the next weight."""
        return await self._timed(self.made.promote(name), name, weight)

    async def abort(self, name: str) -> float:
        """From the request to weight 0."""
        return await self._timed(self.made.abort(name), name, 0)

    async def _timed(self, request: Awaitable[None], name: str, weight: int) -> float:
        started = time.perf_counter()
        await request
        self.requests.append(1000 * (time.perf_counter() - started))
        return 1000 * (await self.made.weighted(name, weight) - started)


class _Busy(msgspec.Struct):
    promoted: list[float]
    aborted: list[float]
    requests: list[float]
    rolling: int


async def _cycle(steering: Steering, name: str, version: str) -> tuple[float, float]:
    made = steering.made
    await made.update([name], version)
    await made.paused([name], 20)
    await asyncio.sleep(_REST_SECONDS)
    promoted = await steering.promote(name, 40)
    await made.paused([name], 40)
    await asyncio.sleep(_REST_SECONDS)
    return promoted, await steering.abort(name)


async def _busy(made: Scene, probes: list[str], amounts: Amounts, say: Say) -> _Busy:
    """Let the whole fleet roll, then promote and abort the probes, which wait at 20 %."""
    others = [f"other{number:05d}" for number in range(amounts.others)]
    say(f"reaction: creating {len(others)} other Rollouts")
    await made.create(others, "3.0", FLEET_STEPS)
    await made.healthy(others, "3.0", amounts.limit)
    steering = Steering(made)
    found = _Busy([], [], steering.requests, len(others))
    for number in range(1, amounts.rounds + 1):
        version = f"3.{number}"
        await made.update(probes, version)
        await made.paused(probes, 20)
        say(f"reaction: round {number} of {amounts.rounds} while {len(others)} others roll")
        await made.update(others, version)
        await asyncio.sleep(_ROLLING_SECONDS)
        found.promoted += [await steering.promote(name, 40) for name in probes[::2]]
        found.aborted += [await steering.abort(name) for name in probes[1::2]]
        found.rolling = min(found.rolling, sum(not is_healthy(made.rollouts.values[name], version) for name in others))
        await made.healthy(others, version, amounts.limit)
    return found
