"""How many requests we allow ourselves, and who goes first."""

from __future__ import annotations

import asyncio
from collections import deque


class Throttle:
    """A token bucket with two lanes: urgent calls overtake the others.

    `qps` tokens come per second, `burst` are kept at most. Without `qps`
    everybody passes at once.
    """

    def __init__(self, qps: float | None = None, burst: int | None = None) -> None:
        if qps is not None and qps <= 0:
            raise ValueError(f"qps is {qps}; it must be above 0, or None for no limit")
        if burst is not None and burst < 1:
            raise ValueError(f"burst is {burst}; it must be at least 1")
        self._qps = qps
        self._burst = float(burst or max(1.0, 2 * (qps or 1)))
        self._tokens = self._burst
        self._counted_at: float | None = None
        self._lanes: tuple[deque[asyncio.Future[None]], ...] = (deque(), deque())
        self._timer: asyncio.TimerHandle | None = None

    async def admit(self, urgent: bool = False) -> None:
        """Wait for our turn."""
        if self._qps is None:
            return
        waiter = asyncio.get_running_loop().create_future()
        self._lanes[0 if urgent else 1].append(waiter)
        self._serve()
        try:
            await waiter
        except asyncio.CancelledError:
            if not waiter.cancelled():  # its token goes to the next one
                self._tokens += 1
                self._serve()
            raise

    def _serve(self) -> None:
        self._refill()
        while self._tokens >= 1 and (waiter := self._next()):
            self._tokens -= 1
            waiter.set_result(None)
        if self._timer is None and any(self._lanes):
            assert self._qps is not None
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later((1 - self._tokens) / self._qps, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self._serve()

    def _next(self) -> asyncio.Future[None] | None:
        for lane in self._lanes:
            while lane:
                waiter = lane.popleft()
                if not waiter.done():
                    return waiter
        return None

    def _refill(self) -> None:
        assert self._qps is not None
        now = asyncio.get_running_loop().time()
        passed = now - self._counted_at if self._counted_at is not None else 0.0
        self._counted_at = now
        self._tokens = min(self._burst, self._tokens + passed * self._qps)
