"""What happens in a namespace, told as it happens: nobody has to ask again and again."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress

from serinus.api.kinds import Kind
from serinus.kube import Client, Informer, Object, Store

_QUIET = 1.0
"""Seconds after which one looks again although nothing was told: some questions are about the time."""
_PAUSE = 0.1
"""Seconds between two looks at least: what happens comes in bursts."""


class Changes:
    """Watches kinds in one namespace, and wakes who waits for something to happen there."""

    def __init__(self, client: Client, namespace: str, kinds: Iterable[Kind]) -> None:
        self._happened = asyncio.Event()
        self._informers = [
            Informer(client, kind.path(namespace), Store[Object](), on_change=self._on_change, metadata_only=True)
            for kind in kinds
        ]

    async def run(self) -> None:
        """Watch until cancelled."""
        await asyncio.gather(*(informer.run() for informer in self._informers))

    async def next(self) -> None:
        """Wait until something has happened since the last time, or for a second."""
        await asyncio.sleep(_PAUSE)
        with suppress(TimeoutError):
            async with asyncio.timeout(_QUIET):
                await self._happened.wait()
        self._happened.clear()

    def _on_change(self, _: Object | None, __: Object | None) -> None:
        self._happened.set()
