"""The gateway in life: watch, route, write, prove, and tell."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from serinus.kube import AlreadyExists, ApiError, Client, Conflict, NotFound
from serinus.local.gateways.envoy.attachment import CLASS, CONTROLLER
from serinus.local.gateways.envoy.bans import Bans, Versions, versions_of
from serinus.local.gateways.envoy.listeners import HOST
from serinus.local.gateways.envoy.model import Mesh, Remark, Routing
from serinus.local.gateways.envoy.proxy import OUTSIDE, Proxy, door_of
from serinus.local.gateways.envoy.statuses import PREFIX, Effect, patches
from serinus.local.gateways.envoy.table import route
from serinus.local.gateways.envoy.watching import Watching
from serinus.local.gateways.following import RefusedError, follow
from serinus.local.gateways.logs import keep_small
from serinus.local.processes import Processes

log = logging.getLogger(__name__)


class EnvoyGateway:
    """Serves VirtualServices, routes of Gateway API and Services with a real Envoy.

    Its configuration, logs and administration socket are files in `directory`,
    which it creates. It listens on 127.0.0.1 only.
    """

    def __init__(self, client: Client, *, directory: Path, processes: Processes) -> None:
        self.ready = asyncio.Event()
        """Set when the routes that were there at the start are served."""
        self.routing = Routing()
        """What is in effect, and what is left out and why."""
        self._client = client
        self._directory = directory
        self._namespaces: set[str] = set()
        self._bans = Bans()
        self._dirty = asyncio.Event()
        self._news = asyncio.Condition()
        self._watching = Watching(client, self._dirty.set)
        self._proxy = Proxy(directory, processes, ended=self._dirty.set)

    @property
    def address(self) -> str:
        """Where it listens for clients that are no pods, as host:port; known when `ready` is set."""
        return f"{HOST}:{self._proxy.ports[OUTSIDE]}"

    @property
    def entrances(self) -> dict[str, str]:
        """Per port of its own where it listens, as host:port: those of TCP and TLS, by the names that routing has."""
        return {door: f"{HOST}:{port}" for door, port in sorted(self._proxy.entrances.items())}

    @property
    def generation(self) -> int:
        """Number of the configuration in effect; it grows with every change."""
        return self._proxy.generation

    async def door(self, namespace: str) -> str:
        """Open the door for a namespace's pods; returns its URL when it is open."""
        if namespace not in self._namespaces:
            self._namespaces.add(namespace)
            self._dirty.set()
        await self.until(lambda routing: namespace in dict(routing.inside))
        return f"http://{HOST}:{self._proxy.ports[door_of(namespace)]}"

    async def run(self) -> None:
        """Serve until cancelled; ends with a LocalError in a group where Envoy cannot be started."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._watching.run())
                group.create_task(keep_small(self._directory, self._proxy.reopen_logs))
                await self._watching.settled()
                mesh = await self._serve()
                self.ready.set()
                await self._announce()
                await self._tell(mesh)
                await follow(self._dirty, self._update)
        finally:
            await self._proxy.stop()

    async def until(self, wanted: Callable[[Routing], bool]) -> Routing:
        """Wait until a routing that satisfies a condition is in effect; returns it."""
        async with self._news:
            await self._news.wait_for(lambda: self.ready.is_set() and wanted(self.routing))
            return self.routing

    async def _update(self) -> None:
        """Put what the cluster says now into effect, and tell it."""
        await self._announce()
        await self._tell(await self._serve())

    async def _serve(self) -> Mesh:
        """Put what the cluster says now into effect; returns what that was."""
        mesh = self._watching.mesh()
        versions = versions_of(mesh)
        while True:
            routing = route(mesh, self._namespaces, self._bans.reasons(versions))
            try:
                await self._apply(routing)
                break
            except RefusedError as refusal:
                if not await self._convict(routing, versions, refusal):
                    raise
        self._bans.accepted(versions)
        self._report(routing)
        async with self._news:
            self.routing = routing
            self._news.notify_all()
        return mesh

    async def _convict(self, routing: Routing, versions: Versions, refusal: RefusedError) -> bool:
        """Leave out whose routes Envoy refuses alone, else all that changed; says whether there was anybody."""
        suspects = self._bans.suspects(routing, versions)
        verdicts = {owner: await self._proxy.judge(routes) for owner, routes in suspects.items()}
        guilty = {owner: verdict for owner, verdict in verdicts.items() if verdict}
        for owner, verdict in (guilty or dict.fromkeys(suspects, str(refusal))).items():
            self._bans.add(owner, versions, verdict)
        return bool(suspects)

    async def _apply(self, routing: Routing) -> None:
        if _served(routing) != _served(self.routing) or not self._proxy.running:
            await self._proxy.apply(routing)

    async def _announce(self) -> None:
        """Make the class that Gateways name, as soon as the API knows such a kind."""
        if self._watching.lacks_class(CLASS):
            body = {
                "apiVersion": "gateway.networking.k8s.io/v1",
                "kind": "GatewayClass",
                "metadata": {"name": CLASS},
                "spec": {"controllerName": CONTROLLER},
            }
            try:
                await self._client.create(f"{PREFIX}/gatewayclasses", body)
            except (AlreadyExists, NotFound):
                return

    async def _tell(self, mesh: Mesh) -> None:
        """Write the statuses that differ; who changed meanwhile comes again by the watch."""
        effect = Effect(self.routing, {"": self.address, **self.entrances}, datetime.now(UTC))
        for patch in patches(mesh, effect):
            try:
                await self._client.patch(patch.path, patch.body)
            except (Conflict, NotFound):
                continue
            except ApiError as error:
                log.error("cannot write the status %s: %s", patch.path, error)

    def _report(self, routing: Routing) -> None:
        """Log what is new to say about objects."""
        for remark in _new(routing.left_out, self.routing.left_out):
            log.warning("left out the %s: %s", remark.owner, remark.text)
        for remark in _new(routing.remarks, self.routing.remarks):
            log.info("%s: %s", remark.owner, remark.text)


def _served(routing: Routing) -> tuple[object, ...]:
    """What Envoy must be told of."""
    return routing.outside, routing.inside, routing.entrances, routing.clusters


def _new(now: tuple[Remark, ...], before: tuple[Remark, ...]) -> list[Remark]:
    return [remark for remark in now if remark not in before]
