"""Repeated questions to a container, and the verdict over the answers."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from serinus.local.kubelet.actions import ActionFailedError, Actor, Target, opened
from serinus.local.kubelet.spec import Probe


@dataclass
class Tally:
    """Counts answers in a row until a threshold is met. Pure."""

    success_threshold: int
    failure_threshold: int
    verdict: bool | None = None
    _last: bool | None = None
    _row: int = 0

    def count(self, well: bool) -> bool | None:
        """Add an answer; give the verdict, None while there is none yet."""
        self._row = self._row + 1 if well is self._last else 1
        self._last = well
        if self._row >= (self.success_threshold if well else self.failure_threshold):
            self.verdict = well
        return self.verdict


@dataclass(frozen=True)
class Finding:
    """One answer, and the verdict after it; `trouble` is empty where all is well."""

    verdict: bool | None
    trouble: str = ""


async def ask(actor: Actor, probe: Probe, target: Target) -> AsyncGenerator[Finding]:
    """Ask for ever, as often as the probe says."""
    tally = Tally(probe.success_threshold, probe.failure_threshold)
    await asyncio.sleep(probe.initial_delay_seconds)
    await _listening(probe, target)
    while True:
        try:
            await actor.perform(probe, target, probe.timeout_seconds)
            yield Finding(tally.count(True))
        except ActionFailedError as error:
            yield Finding(tally.count(False), str(error))
        await asyncio.sleep(probe.period_seconds)


async def _listening(probe: Probe, target: Target) -> None:
    """Put the first question off until somebody listens, for one period at most.

    A process needs a moment to open its port; a question in that moment would
    cost a whole period.
    """
    socket = probe.http_get or probe.tcp_socket
    if socket is None:
        return
    with contextlib.suppress(TimeoutError, ActionFailedError):
        async with asyncio.timeout(probe.period_seconds):
            await opened(*target.place(socket.port, socket.host))
