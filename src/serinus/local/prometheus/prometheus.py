"""Prometheus in life: watch the pods, write what to scrape, keep it running."""

import asyncio
import logging
from collections.abc import Callable, Collection
from pathlib import Path

import msgspec

from serinus.kube import Client
from serinus.local.errors import LocalError
from serinus.local.folders import private_folder, write_private
from serinus.local.gateways.routing import Receiver
from serinus.local.gateways.watching import Watching
from serinus.local.processes import Processes
from serinus.local.prometheus.config import TARGETS
from serinus.local.prometheus.server import Server
from serinus.local.prometheus.targets import Target, targets

NAMES = tuple(f"prometheus.monitoring{suffix}:9090" for suffix in ("", ".svc", ".svc.cluster.local"))
"""How analyses spell it: the Service `prometheus` of the namespace `monitoring`."""
PACE = 0.1
"""Seconds between two looks at what is to be scraped."""
RETRY = 1.0
"""Seconds between attempts to revive a Prometheus that ended."""

log = logging.getLogger(__name__)


class Prometheus:
    """Scrapes the cluster's pods with a real Prometheus.

    Everything that it writes is in `directory`, which it creates. It listens on
    127.0.0.1 only, and comes back at the same address when it ends by itself.
    `receivers` tells the Services that gateways send requests to now.
    """

    def __init__(
        self,
        client: Client,
        binary: Path,
        directory: Path,
        processes: Processes,
        receivers: Callable[[], Collection[Receiver]] = frozenset,
    ) -> None:
        self.ready = asyncio.Event()
        """Set when it answers and knows the pods that were there at the start."""
        self._receivers = receivers
        self._folder = private_folder(directory)
        self._server = Server(binary, directory, processes)
        self._written: list[Target] | None = None
        self._watching = Watching(client, lambda: None)

    @property
    def address(self) -> str:
        """Where it listens, as host:port; known when `ready` is set."""
        return f"127.0.0.1:{self._server.port}"

    async def run(self) -> None:
        """Scrape until cancelled; ends with a LocalError in a group where it cannot be started."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._watching.run())
                await self._watching.synced()
                await self._update()
                await self._server.start()
                self.ready.set()
                group.create_task(self._revive())
                await self._follow()
        finally:
            await self._server.stop()

    async def _follow(self) -> None:
        """Tell it every change; gateways do not say when theirs are in effect, so look often."""
        while True:
            await asyncio.sleep(PACE)
            try:
                await self._update()
            except LocalError as error:
                log.error("%s; trying again", error)
                await asyncio.sleep(RETRY)

    async def _update(self) -> None:
        wanted = targets(self._watching.found(), self._receivers())
        if wanted != self._written:
            await asyncio.to_thread(write_private, self._folder / TARGETS, msgspec.json.encode(wanted))
            self._written = wanted

    async def _revive(self) -> None:
        """Start it again whenever it ends."""
        while True:
            code = await self._server.ended()
            log.error("Prometheus ended with code %d; starting it again", code)
            try:
                await self._server.start()
            except LocalError as error:
                log.error("%s; trying again", error)
                await asyncio.sleep(RETRY)
