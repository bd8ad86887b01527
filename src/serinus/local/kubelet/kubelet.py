"""The kubelet: watches its pods and gives each one a task."""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp

from serinus.kube import Client, Informer, Store
from serinus.local.kubelet.actions import Actor
from serinus.local.kubelet.addresses import NoPortError, Ports
from serinus.local.kubelet.events import Events
from serinus.local.kubelet.images import ImageTable
from serinus.local.kubelet.logs import Log
from serinus.local.kubelet.node import describe, register
from serinus.local.kubelet.pod import PodRun
from serinus.local.kubelet.sandbox import Host, now
from serinus.local.kubelet.scheduler import Scheduler
from serinus.local.kubelet.server import KubeletTLS, LogServer, NoLogError
from serinus.local.kubelet.spec import Pod, decode_pod
from serinus.local.processes import Processes

log = logging.getLogger(__name__)

SECOND_TRY = 10.0
"""Seconds after which a pod that we failed with is tried again."""


class Kubelet:
    """Runs the pods of one node as local processes.

    `port` is bound from the start; `ready` is set when the node is registered,
    all its pods are known and logs are served.
    """

    def __init__(  # noqa: PLR0913 - the parts of a machine, each given by name
        self,
        client: Client,
        *,
        directory: Path,
        tls: KubeletTLS,
        images: ImageTable,
        processes: Processes,
        node: str = "local",
        doors: Callable[[str], Awaitable[str]] | None = None,
    ) -> None:
        self.ready = asyncio.Event()
        self._client = client
        self._node = node
        self._directory = directory
        self._tls = tls.context()
        self._images = images
        self._processes = processes
        self._doors = doors
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._runs: dict[str, PodRun] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._host: Host | None = None
        self._store: Store[Pod] = Store()
        self._scheduler = Scheduler(client, node, self._store)
        self._informer = Informer(client, "/api/v1/pods", self._store, decode=decode_pod, on_change=self._on_change)

    @property
    def port(self) -> int:
        """The port of the kubelet's HTTPS endpoint, on loopback."""
        port: int = self._listener.getsockname()[1]
        return port

    async def run(self) -> None:
        """Run until cancelled; then every pod's processes end."""
        connector = aiohttp.TCPConnector(force_close=True, limit=0)
        headers = {"User-Agent": "kube-probe/serinus", "Accept": "*/*"}
        async with aiohttp.ClientSession(connector=connector, headers=headers, auto_decompress=False) as web:
            self._host = host = await self._describe_host(web)
            server = await LogServer(self._find_log, now).start(self._listener, self._tls)
            try:
                await self._serve(host)
            finally:
                await self._end_pods()
                await server.cleanup()

    @property
    def _place(self) -> Host:
        assert self._host is not None, "the kubelet does not run"
        return self._host

    async def _describe_host(self, web: aiohttp.ClientSession) -> Host:
        return Host(
            client=self._client,
            processes=self._processes,
            images=self._images,
            actor=Actor(self._processes, web),
            events=Events(self._client, self._node),
            directory=self._directory,
            ports=await asyncio.to_thread(Ports),
            doors=self._doors,
        )

    async def _serve(self, host: Host) -> None:
        await register(self._client, describe(self._node, self.port, now()))
        async with asyncio.TaskGroup() as group:
            group.create_task(self._informer.run())
            group.create_task(self._scheduler.run())
            group.create_task(host.events.run())
            await self._informer.synced.wait()
            self.ready.set()

    def _on_change(self, old: Pod | None, new: Pod | None) -> None:
        if old and (new is None or new.metadata.uid != old.metadata.uid):
            self._drop(old)
        if new is None:
            return
        if not new.spec.node_name:
            self._scheduler.consider(new)
        elif new.spec.node_name == self._node:
            self._admit(new)

    def _admit(self, pod: Pod) -> None:
        uid = pod.metadata.uid
        if known := self._runs.get(uid):
            return known.update(pod)
        run = self._runs[uid] = PodRun(self._place, pod)
        task = self._tasks[uid] = asyncio.create_task(self._drive(run), name=str(pod.path))
        task.add_done_callback(lambda _: self._tasks.pop(uid, None))
        return None

    def _drop(self, pod: Pod) -> None:
        """The API has forgotten a pod: so do we."""
        uid = pod.metadata.uid
        self._runs.pop(uid, None)
        if task := self._tasks.get(uid):
            task.cancel()

    async def _drive(self, run: PodRun) -> None:
        """Drive one pod to its end; trouble with it is nobody else's."""
        await self._informer.synced.wait()  # so that no address is given twice
        uid = run.pod.metadata.uid
        try:
            while not await self._try(run):
                await asyncio.sleep(SECOND_TRY)
                run = self._runs[uid] = PodRun(self._place, run.pod)
        except asyncio.CancelledError:
            if uid not in self._runs:  # else we are ending: the logs stay
                await run.forget()
            raise
        await run.forget()

    async def _try(self, run: PodRun) -> bool:
        try:
            await run.run()
        except NoPortError as error:
            self._place.events.warn(run.pod, "FailedCreatePodSandBox", str(error))
            return False
        except Exception:
            log.exception("pod %s/%s is tried again", run.pod.metadata.namespace, run.pod.metadata.name)
            return False
        return True

    async def _end_pods(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _find_log(self, namespace: str, name: str, container: str, previous: bool) -> Log:
        pod = self._store.get(namespace, name)
        run = self._runs.get(pod.metadata.uid) if pod else None
        if run is None:
            raise NoLogError(f'pod "{name}" does not run in namespace "{namespace}"')
        return await run.find_log(container, previous)
