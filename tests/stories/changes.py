"""What there is in a namespace, and what happens there: nobody has to ask again and again."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from serinus.api.kinds import Kind
from serinus.kube import Client, Informer, Object, Store

_QUIET = 1.0
"""Seconds after which one looks again although nothing was told: some questions are about the time."""
_PAUSE = 0.1
"""Seconds between two looks at least: what happens comes in bursts."""


class Changes:
    """Watches kinds in one namespace, and wakes who waits for something to happen there.

    Each kind comes by a watch of its own, so what is held may be of different moments.
    """

    def __init__(self, client: Client, namespace: str, kinds: Iterable[Kind]) -> None:
        self._happened = asyncio.Event()
        self._informers = {
            kind: Informer(client, kind.path(namespace), Store[Object](), on_change=self._on_change) for kind in kinds
        }

    async def run(self) -> None:
        """Watch until cancelled."""
        await asyncio.gather(*(informer.run() for informer in self._informers.values()))

    def held(self, kind: Kind) -> list[dict[str, Any]]:
        """The objects of a kind as they were last told."""
        return [item.raw for item in self._informers[kind].store.values()]

    async def synced(self) -> None:
        """Wait until everything is held that there is."""
        await asyncio.gather(*(informer.synced.wait() for informer in self._informers.values()))

    async def next(self) -> bool:
        """Wait until something has happened since the last time, or for a second; say whether it has."""
        await asyncio.sleep(_PAUSE)
        with suppress(TimeoutError):
            async with asyncio.timeout(_QUIET):
                await self._happened.wait()
        has_happened = self._happened.is_set()
        self._happened.clear()
        return has_happened

    def _on_change(self, _: Object | None, __: Object | None) -> None:
        self._happened.set()
