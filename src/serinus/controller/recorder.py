"""Events for people: kept beside the work, never in its way."""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from typing import Any

from msgspec import Struct

from serinus.api.kinds import EVENT, ROLLOUT, Kind
from serinus.api.meta import ObjectMeta
from serinus.controller.settings import Budget
from serinus.kube import Client, KubeError
from serinus.plan import Event

log = logging.getLogger(__name__)

_STALE_SECONDS = 10.0
"""An event that the budget holds back for longer is not sent: the log has it, and news that old mislead."""
_LAST_SECONDS = 2.0
_REPEAT_SECONDS = 600.0
"""An equal warning within this time is not told again: a loop of failures should not fill the cluster."""
_REMEMBERED = 10_000


class _Told(Struct, frozen=True):
    """An event on its way; ``since`` is on the loop's clock."""

    about: ObjectMeta
    event: Event
    since: float
    moment: datetime
    kind: Kind


class Recorder:
    """Sends Events in the background, within a budget; warnings first."""

    def __init__(self, client: Client, budget: Budget, on_event: Callable[[Event], None]) -> None:
        self._client = client
        self._budget = budget
        self._on_event = on_event
        self._warnings: deque[_Told] = deque()
        self._others: deque[_Told] = deque()
        self._warned: dict[tuple[str, Event], float] = {}
        self._arrived = asyncio.Event()
        self._numbers = count(int(datetime.now(UTC).timestamp() * 1e6))

    def record(self, about: ObjectMeta, event: Event, kind: Kind = ROLLOUT) -> None:
        """Tell of an event about an object, as soon as the budget allows it."""
        log.info("%s/%s: %s: %s", about.namespace, about.name, event.reason, event.message)
        self._on_event(event)
        now = asyncio.get_running_loop().time()
        told = _Told(about, event, now, datetime.now(UTC), kind)
        if event.type != "Warning":
            self._others.append(told)
        elif self._is_new(about, event, now):
            self._warnings.append(told)
        self._arrived.set()

    async def run(self) -> None:
        """Send until cancelled."""
        loop = asyncio.get_running_loop()
        tokens, filled_at = float(self._budget.burst), loop.time()
        while True:
            await self._arrived.wait()
            now = loop.time()
            tokens = min(self._budget.burst, tokens + (now - filled_at) * self._budget.qps)
            filled_at = now
            if tokens < 1 and self._budget.qps > 0:
                await asyncio.sleep((1 - tokens) / self._budget.qps)
            elif told := self._next(now - _STALE_SECONDS):
                tokens -= 1
                await self._send(told)

    async def drain(self) -> None:
        """Send what waits, at the end of the process."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST_SECONDS):
                while told := self._next(0.0):
                    await self._send(told)

    def _is_new(self, about: ObjectMeta, event: Event, now: float) -> bool:
        """Whether a warning was not told lately."""
        if len(self._warned) > _REMEMBERED:
            self._warned = {key: since for key, since in self._warned.items() if now - since < _REPEAT_SECONDS}
        if now - self._warned.get((about.uid, event), -_REPEAT_SECONDS) < _REPEAT_SECONDS:
            return False
        self._warned[about.uid, event] = now
        return True

    def _next(self, oldest: float) -> _Told | None:
        """The next event; those from before ``oldest`` are let go."""
        for lane in (self._warnings, self._others):
            while lane:
                told = lane.popleft()
                if told.since >= oldest:
                    return told
        self._arrived.clear()
        return None

    async def _send(self, told: _Told) -> None:
        try:
            await self._client.create(EVENT.path(told.about.namespace), self._manifest(told))
        except KubeError as error:
            log.warning("cannot record the event %s: %s", told.event.reason, error)

    def _manifest(self, told: _Told) -> dict[str, Any]:
        about, event, moment = told.about, told.event, told.moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        return {
            "apiVersion": EVENT.api_version,
            "kind": EVENT.kind,
            "metadata": {"name": f"{about.name[:230]}.{next(self._numbers):x}", "namespace": about.namespace},
            "involvedObject": {
                "apiVersion": told.kind.api_version,
                "kind": told.kind.kind,
                "namespace": about.namespace,
                "name": about.name,
                "uid": about.uid,
                "resourceVersion": about.resource_version,
            },
            "reason": event.reason,
            "message": event.message[:1024],
            "type": event.type,
            "source": {"component": "rollouts-controller"},
            "firstTimestamp": moment,
            "lastTimestamp": moment,
            "count": 1,
        }
