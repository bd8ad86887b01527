"""Steady requests to many hosts, each answer judged.

Per gateway half of the requests come on a connection of their own, the other half on one kept connection per host.
A kept one repeats a request only when it was closed without a byte of an answer, as every HTTP client does; such
repetitions are counted.
"""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from msgspec import Struct

from serinus.demo.traffic import AT_ONCE, LIMIT, KeptClient, Pace
from serinus.demo.wire import Answer, BrokenError, Wire


class Target(NamedTuple):
    """A host, and the gateway that serves it."""

    gateway: str
    address: str
    host: str


class Failure(Struct, frozen=True):
    """A request that was not answered as it should be."""

    sent: float
    """When it was sent: seconds since 1970, as in the gateways' access logs."""
    seconds: float
    """How long it took."""
    gateway: str
    host: str
    connection: str
    """"new" or "kept"."""
    what: str
    meanwhile: str = ""
    """What was being done to the Rollout behind the host."""


Judge = Callable[[str, float, Answer], str]
"""Says what is wrong with an answer, given its host and when (`time.time`) its request was sent."""
Report = Callable[[Failure], None]


class Load:
    """Sends requests and counts how they end."""

    def __init__(self, targets: list[Target], judge: Judge, report: Report) -> None:
        self.sent: Counter[str] = Counter()
        """Requests that have ended, well or not, by gateway."""
        self.failed = 0
        self.repeated = 0
        self._targets = targets
        self._judge = judge
        self._report = report
        self._room = asyncio.Semaphore(AT_ONCE)

    async def run(self, rate: float) -> None:
        """Send so many per second to each gateway, until cancelled."""
        gateways = {target.gateway for target in self._targets}
        async with asyncio.TaskGroup() as group:
            for gateway in sorted(gateways):
                targets = [target for target in self._targets if target.gateway == gateway]
                group.create_task(self._fresh(targets, rate / 2, group))
                for target in targets:
                    group.create_task(self._kept(target, rate / 2 / len(targets)))

    async def _fresh(self, targets: list[Target], rate: float, group: asyncio.TaskGroup) -> None:
        async def send(target: Target) -> None:
            try:
                await self._count(target, "new", lambda: _once(target))
            finally:
                self._room.release()

        pace = Pace(rate)
        for target in itertools.cycle(targets):
            await pace.wait()
            await self._room.acquire()
            group.create_task(send(target))

    async def _kept(self, target: Target, rate: float) -> None:
        client = KeptClient(target.address, target.host)
        pace = Pace(rate)
        try:
            while True:
                await pace.wait()
                await self._count(target, "kept", client.send)
        finally:
            client.close()

    async def _count(self, target: Target, connection: str, send: Callable[[], Awaitable[tuple[Answer, bool]]]) -> None:
        """Send one request and judge its answer."""
        sent = time.time()
        try:
            async with asyncio.timeout(LIMIT):
                answer, repeated = await send()
            self.repeated += repeated
            what = self._judge(target.host, sent, answer)
        except BrokenError as error:
            what = str(error)
        except TimeoutError:
            what = f"no answer in {LIMIT:.0f} s"
        self.sent[target.gateway] += 1
        if what:
            self.failed += 1
            self._report(Failure(sent, time.time() - sent, target.gateway, target.host, connection, what))


async def _once(target: Target) -> tuple[Answer, bool]:
    wire = await Wire.open(target.address, target.host)
    try:
        return await wire.get(is_last=True), False
    finally:
        wire.close()


async def until_served(targets: list[Target], limit: float) -> None:
    """Wait until every host answers; raises TimeoutError."""
    async with asyncio.timeout(limit):
        for target in targets:
            while not await _answers(target):  # noqa: ASYNC110 - only asking tells
                await asyncio.sleep(0.1)


async def _answers(target: Target) -> bool:
    try:
        answer, _ = await _once(target)
    except BrokenError:
        return False
    return answer.status == 200
