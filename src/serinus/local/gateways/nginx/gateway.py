"""The gateway in life: watch, route, write, reload."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from serinus.kube import Client
from serinus.local.gateways.following import follow
from serinus.local.gateways.logs import keep_small
from serinus.local.gateways.nginx.ingresses import route
from serinus.local.gateways.nginx.master import IngressRefusedError, Master
from serinus.local.gateways.objects import Found
from serinus.local.gateways.routing import Remark, Routing
from serinus.local.gateways.watching import Watching
from serinus.local.processes import Processes

log = logging.getLogger(__name__)


class NginxGateway:
    """Serves the cluster's Ingresses of class nginx with a real nginx.

    Its configuration, logs and process number are files in `directory`, which it
    creates. It listens on 127.0.0.1 only.
    """

    def __init__(self, client: Client, *, directory: Path, processes: Processes) -> None:
        self.ready = asyncio.Event()
        """Set when the Ingresses that were there at the start are served."""
        self.routing = Routing()
        """The routes in effect, and what is left out and why."""
        self._directory = directory
        self._banned: dict[str, tuple[str, str]] = {}
        self._dirty = asyncio.Event()
        self._news = asyncio.Condition()
        self._watching = Watching(client, self._dirty.set)
        self._master = Master(directory, processes, ended=self._dirty.set)

    @property
    def address(self) -> str:
        """Where it listens, as host:port; known when `ready` is set."""
        return f"127.0.0.1:{self._master.port}"

    @property
    def generation(self) -> int:
        """Number of the configuration in effect; it grows with every reload."""
        return self._master.generation

    async def run(self) -> None:
        """Serve until cancelled; ends with a LocalError in a group where nginx cannot be started."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._watching.run())
                group.create_task(keep_small(self._directory, self._master.reopen_logs))
                await self._watching.synced()
                await self._update()
                self.ready.set()
                await follow(self._dirty, self._update)
        finally:
            await self._master.stop()

    async def until(self, wanted: Callable[[Routing], bool]) -> Routing:
        """Wait until routes that satisfy a condition are in effect; returns them."""
        async with self._news:
            await self._news.wait_for(lambda: self.ready.is_set() and wanted(self.routing))
            return self.routing

    async def _update(self) -> None:
        """Put what the cluster says now into effect."""
        found = self._watching.found()
        while True:
            routing = route(found, self._bans(found))
            try:
                await self._apply(routing)
                break
            except IngressRefusedError as refusal:
                if not refusal.owner:
                    raise
                self._ban(found, refusal)
        self._report(routing)
        async with self._news:
            self.routing = routing
            self._news.notify_all()

    async def _apply(self, routing: Routing) -> None:
        if routing.servers != self.routing.servers or not self._master.running:
            await self._master.apply(routing)

    def _bans(self, found: Found) -> dict[str, str]:
        """The Ingresses that nginx refuses as they stand."""
        versions = {item.key: item.metadata.resource_version for item in found.ingresses}
        self._banned = {key: ban for key, ban in self._banned.items() if versions.get(key) == ban[0]}
        return {key: reason for key, (_, reason) in self._banned.items()}

    def _ban(self, found: Found, refusal: IngressRefusedError) -> None:
        """Leave out an Ingress until it changes; raises the refusal where that did not help before."""
        version = next((item.metadata.resource_version for item in found.ingresses if item.key == refusal.owner), None)
        if version is None or refusal.owner in self._banned:
            raise refusal
        self._banned[refusal.owner] = (version, f"nginx refuses it: {refusal.message}")

    def _report(self, routing: Routing) -> None:
        """Log what is new to say about Ingresses."""
        for remark in _new(routing.left_out, self.routing.left_out):
            log.warning("left out the Ingress %s: %s", remark.ingress, remark.text)
        for remark in _new(routing.remarks, self.routing.remarks):
            log.info("Ingress %s: %s", remark.ingress, remark.text)


def _new(now: tuple[Remark, ...], before: tuple[Remark, ...]) -> list[Remark]:
    return [remark for remark in now if remark not in before]
