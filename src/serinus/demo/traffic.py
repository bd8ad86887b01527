"""Steady traffic, from before the first update to the very end.

Two kinds of clients share it: one makes a connection for each request, the other
keeps a few open. The second repeats a request only when a connection that was
idle before is closed without a byte of an answer, as every HTTP client does.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from json import loads

from serinus.demo.tally import Outcome, Sample, Tally
from serinus.demo.wire import Answer, BrokenError, Wire

RATE = 400
"""Requests per second: half of them each on a connection of its own, half on connections that are kept."""
KEPT = 4
"""How many connections are kept."""
LIMIT = 10.0
"""Seconds that a request may take."""
AT_ONCE = 200
"""Requests under way at most; more say that the machine cannot keep up."""


class Traffic:
    """Sends requests to a gateway and counts the answers."""

    def __init__(
        self,
        address: str,
        host: str,
        images: Iterable[str],
        tally: Tally | None = None,
        faulty: Iterable[str] = (),
    ) -> None:
        self.tally = tally or Tally()
        self._address = address
        self._host = host
        self._images = frozenset(images)
        self._faulty = frozenset(faulty)
        """Versions that are known to answer with errors of their own."""
        self.rate: float = RATE
        """What to send, from the time when it begins to run."""
        self._side = ""
        self._room = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> None:
        """Send until cancelled."""
        self.tally.began = self.tally.began if self._side else _now()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._fresh(group))
            for _ in range(KEPT):
                group.create_task(self._kept())

    def testers(self, host: str, side: str) -> "Traffic":
        """The same for another host, from clients that go by a name of their own and are half as many."""
        other = Traffic(self._address, host, self._images, self.tally, self._faulty)
        other._side, other.rate = side, self.rate / 2
        return other

    @property
    def seconds(self) -> float:
        """How long the traffic has flowed."""
        return _now() - self.tally.began

    def measure(self) -> Sample:
        """Begin to count the answers to what is sent from now on."""
        self.tally.sample = Sample(_now())
        return self.tally.sample

    async def _fresh(self, group: asyncio.TaskGroup) -> None:
        async def send() -> None:
            try:
                await self._count(self._once)
            finally:
                self._room.release()

        pace = Pace(self.rate / 2)
        while True:
            await pace.wait()
            await self._room.acquire()
            group.create_task(send())

    async def _once(self) -> tuple[Answer, bool]:
        wire = await Wire.open(self._address, self._host)
        try:
            return await wire.get(is_last=True), False
        finally:
            wire.close()

    async def _kept(self) -> None:
        client = KeptClient(self._address, self._host)
        pace = Pace(self.rate / 2 / KEPT)
        try:
            while True:
                await pace.wait()
                await self._count(client.send)
        finally:
            client.close()

    async def _count(self, send: Callable[[], Awaitable[tuple[Answer, bool]]]) -> None:
        """Send one request and note how it ended."""
        sent = _now()
        try:
            async with asyncio.timeout(LIMIT):
                answer, retried = await send()
        except BrokenError as error:
            self.tally.add(Outcome(sent, failure=str(error), side=self._side))
        except TimeoutError:
            self.tally.add(Outcome(sent, failure=f"no answer in {LIMIT:.0f} s", side=self._side))
        else:
            is_own = answer.status == 500 and answer.image in self._faulty
            failure = fault(answer, self._images, 500 if is_own else 200)
            self.tally.add(Outcome(sent, answer.image, failure, self._side, is_own, retried))


class KeptClient:
    """A client that keeps its connection from one request to the next."""

    def __init__(self, address: str, host: str) -> None:
        self._address = address
        self._host = host
        self._wire: Wire | None = None

    async def send(self) -> tuple[Answer, bool]:
        """Send one request; the answer, and whether it had to be sent twice."""
        if self._wire is not None:
            try:
                return await self._ask(self._wire), False
            except BrokenError as error:
                if error.answered:
                    raise
            return await self._ask(await self._open()), True
        return await self._ask(await self._open()), False

    def close(self) -> None:
        """Let go of the connection."""
        if self._wire is not None:
            self._wire.close()
            self._wire = None

    async def _open(self) -> Wire:
        self._wire = await Wire.open(self._address, self._host)
        return self._wire

    async def _ask(self, wire: Wire) -> Answer:
        is_over = True
        try:
            answer = await wire.get(is_last=False)
            is_over = answer.is_last
            return answer
        finally:
            if is_over:
                self.close()


class Pace:
    """Lets through so many per second; what is late by more than a second is not made up for."""

    def __init__(self, rate: float) -> None:
        self._interval = 1 / rate
        self._next = _now()

    async def wait(self) -> None:
        """Return when the next may go."""
        now = _now()
        self._next = max(self._next + self._interval, now - 1.0)
        await asyncio.sleep(max(0.0, self._next - now))


def fault(answer: Answer, images: frozenset[str], wanted: int = 200) -> str:
    """Say what is wrong with an answer; empty for one that has the wanted status and comes from a version."""
    if answer.status != wanted:
        return f"status {answer.status} from {answer.image or 'the gateway'}"
    if answer.image not in images:
        return f"an answer of an unknown version, {answer.image or 'which does not say'}"
    try:
        told = loads(answer.body).get("image")
    except (ValueError, AttributeError):
        told = "nothing that can be read"
    return "" if told == answer.image else f"a body that tells of {told} under a head of {answer.image}"


def _now() -> float:
    return asyncio.get_running_loop().time()
