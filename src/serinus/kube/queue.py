"""Which key is next: deduplicated, in two lanes, with delays."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Hashable
from heapq import heapify, heappop, heappush
from typing import Generic, NamedTuple, TypeVar

FIRST_RETRY = 0.001
LAST_RETRY = 10.0
_SLACK = 16
"""How many times that hold no more are kept at least, before they are cleared away."""


class Key(NamedTuple):
    """Which object a worker shall look at."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


K = TypeVar("K", bound=Hashable)


class Closed(Exception):  # noqa: N818 - an end, not an error
    """The queue hands out nothing more."""


class Queue(Generic[K]):
    """Keys for workers. A key is never with two workers at once.

    A key that is added while it is worked on comes again after `done`. Urgent
    keys overtake the others. All times are seconds on the running loop's clock.
    """

    def __init__(self) -> None:
        self._lanes: tuple[dict[K, float], dict[K, float]] = ({}, {})  # urgent, ordinary: key -> since when
        self._working: dict[K, tuple[float, bool]] = {}  # key -> how long it had waited, urgent?
        self._again: dict[K, bool] = {}  # added while worked on -> urgent?
        self._due: dict[K, tuple[float, bool]] = {}  # added for later -> when, urgent?
        self._heap: list[tuple[float, int, K]] = []
        self._counter = 0
        self._timer: asyncio.TimerHandle | None = None
        self._failures: dict[K, int] = {}
        self._getters: deque[asyncio.Future[None]] = deque()
        self._reserve: deque[asyncio.Future[None]] = deque()  # those that take urgent keys only
        self._idle = asyncio.Event()
        self._idle.set()
        self.closed = False

    @property
    def depth(self) -> int:
        """How many keys wait for a worker now."""
        return len(self._lanes[0]) + len(self._lanes[1])

    @property
    def working(self) -> int:
        """How many keys are with a worker."""
        return len(self._working)

    @property
    def delayed(self) -> int:
        """How many keys wait for their time."""
        return len(self._due)

    def add(self, key: K, urgent: bool = False) -> None:
        """Have a key worked on as soon as a worker is free."""
        if self.closed:
            return
        if key in self._working:
            self._again[key] = urgent or self._again.get(key, False)
            return
        urgent_lane, ordinary = self._lanes
        if key in urgent_lane:
            return
        if urgent:
            urgent_lane[key] = ordinary.pop(key, _now())
        else:
            ordinary.setdefault(key, _now())
        self._wake()

    def add_after(self, key: K, seconds: float, urgent: bool = False) -> None:
        """Add a key later; of several times the earliest holds."""
        if self.closed:
            return
        if seconds <= 0:
            self.add(key, urgent)
            return
        when = _now() + seconds
        known = self._due.get(key)
        if known is not None:
            urgent = urgent or known[1]
            when = min(when, known[0])
        self._due[key] = (when, urgent)
        if known is None or when < known[0]:
            self._counter += 1
            heappush(self._heap, (when, self._counter, key))
            self._tidy()
            self._set_timer()

    def retry(self, key: K, urgent: bool = False) -> float:
        """Add a key again after its back-off; returns the seconds.

        1 ms at the first failure in a row, doubled at each further one, 10 s at most.
        """
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        seconds = min(LAST_RETRY, FIRST_RETRY * 2.0 ** min(failures, 32))
        self.add_after(key, seconds, urgent)
        return seconds

    def failures(self, key: K) -> int:
        """How often a key has been retried since it was last forgotten."""
        return self._failures.get(key, 0)

    def forget(self, key: K) -> None:
        """Let a key's back-off begin anew: it succeeded, or is gone."""
        self._failures.pop(key, None)

    async def get(self, *, urgent_only: bool = False) -> K:
        """The next key; it is the caller's until `done`.

        Who takes urgent keys only is free for them when all others are at work. Raises `Closed` once the queue
        is closed.
        """
        lanes = self._lanes[:1] if urgent_only else self._lanes
        while not self.closed:
            for lane in lanes:
                if lane:
                    return self._hand_out(lane)
            await self._wait(self._reserve if urgent_only else self._getters)
        raise Closed

    def waited(self, key: K) -> float:
        """How many seconds a key in work had waited for its worker."""
        return self._working.get(key, (0.0, False))[0]

    def hurries(self, key: K) -> bool:
        """Whether a key in work is urgent."""
        return self._working.get(key, (0.0, False))[1]

    def done(self, key: K) -> None:
        """Give a key back."""
        del self._working[key]
        if not self._working:
            self._idle.set()
        if key in self._again:
            self.add(key, self._again.pop(key))

    def close(self) -> None:
        """Hand out nothing more; keys in work are finished."""
        self.closed = True
        if self._timer is not None:
            self._timer.cancel()
        for getter in (*self._getters, *self._reserve):
            if not getter.done():
                getter.set_result(None)

    async def idle(self) -> None:
        """Wait until no key is with a worker."""
        await self._idle.wait()

    def _hand_out(self, lane: dict[K, float]) -> K:
        key = next(iter(lane))
        self._working[key] = (_now() - lane.pop(key), lane is self._lanes[0])
        self._idle.clear()
        return key

    async def _wait(self, getters: deque[asyncio.Future[None]]) -> None:
        getter = asyncio.get_running_loop().create_future()
        getters.append(getter)
        try:
            await getter
        except asyncio.CancelledError:
            if getter.done() and not getter.cancelled():  # woken and cancelled at once: pass it on
                self._wake()
            raise
        finally:
            if getter in getters:
                getters.remove(getter)

    def _wake(self) -> None:
        """Wake one who may take the next key; the reserve only when nobody else is free."""
        for getters in (self._getters, self._reserve) if self._lanes[0] else (self._getters,):
            while getters:
                getter = getters.popleft()
                if not getter.done():
                    getter.set_result(None)
                    return

    def _tidy(self) -> None:
        """Let go of times that earlier ones have taken the place of: a far one would stay until it comes."""
        if len(self._heap) > 2 * len(self._due) + _SLACK:
            self._heap = [entry for entry in self._heap if self._due.get(entry[2], (None,))[0] == entry[0]]
            heapify(self._heap)

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(self._heap[0][0], self._release) if self._heap else None

    def _release(self) -> None:
        now = _now()
        while self._heap and self._heap[0][0] <= now:
            when, _, key = heappop(self._heap)
            if key in self._due and self._due[key][0] == when:  # else an earlier time has served it
                _, urgent = self._due.pop(key)
                self.add(key, urgent)
        self._timer = None
        self._set_timer()


def _now() -> float:
    return asyncio.get_running_loop().time()
