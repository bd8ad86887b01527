"""Events for people: kept beside the work, never in its way."""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from typing import Any

from serinus.api.kinds import EVENT, GROUP_VERSION, ROLLOUT
from serinus.api.meta import ObjectMeta
from serinus.controller.settings import Budget
from serinus.kube import Client, KubeError
from serinus.plan import Event

log = logging.getLogger(__name__)

_WAITING = 1000
_LAST_SECONDS = 2.0
_REPEAT_SECONDS = 600.0
"""An equal event within this time is not told again: a loop of failures should not fill the cluster."""


class Recorder:
    """Sends Events in the background, within a budget."""

    def __init__(self, client: Client, budget: Budget, on_event: Callable[[Event], None]) -> None:
        self._client = client
        self._budget = budget
        self._on_event = on_event
        self._waiting: deque[tuple[str, dict[str, Any]]] = deque(maxlen=_WAITING)
        self._told: dict[tuple[str, Event], float] = {}
        self._arrived = asyncio.Event()
        self._numbers = count(int(datetime.now(UTC).timestamp() * 1e6))

    def record(self, about: ObjectMeta, event: Event) -> None:
        """Tell of an event, as soon as the budget allows it."""
        log.info("%s/%s: %s: %s", about.namespace, about.name, event.reason, event.message)
        self._on_event(event)
        now = asyncio.get_running_loop().time()
        if event.type == "Warning" and now - self._told.get((about.uid, event), -_REPEAT_SECONDS) < _REPEAT_SECONDS:
            return
        if event.type == "Warning":
            self._told[about.uid, event] = now
        self._waiting.append((about.namespace, self._manifest(about, event)))
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
            if tokens < 1:
                await asyncio.sleep((1 - tokens) / self._budget.qps)
                continue
            tokens -= 1
            await self._send()

    async def drain(self) -> None:
        """Send what waits, at the end of the process."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST_SECONDS):
                while self._waiting:
                    await self._send()

    async def _send(self) -> None:
        namespace, manifest = self._waiting.popleft()
        if not self._waiting:
            self._arrived.clear()
        try:
            await self._client.create(EVENT.path(namespace), manifest)
        except KubeError as error:
            log.warning("cannot record the event %s: %s", manifest["reason"], error)

    def _manifest(self, about: ObjectMeta, event: Event) -> dict[str, Any]:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {
            "apiVersion": EVENT.api_version,
            "kind": EVENT.kind,
            "metadata": {"name": f"{about.name[:230]}.{next(self._numbers):x}", "namespace": about.namespace},
            "involvedObject": {
                "apiVersion": GROUP_VERSION,
                "kind": ROLLOUT.kind,
                "namespace": about.namespace,
                "name": about.name,
                "uid": about.uid,
                "resourceVersion": about.resource_version,
            },
            "reason": event.reason,
            "message": event.message[:1024],
            "type": event.type,
            "source": {"component": "rollouts-controller"},
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
        }
