"""A whole cluster: control plane, one node, gateways."""

import asyncio
import os
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from serinus.kube import Client, Connection, ConnectionOptions, load_connection
from serinus.local import bootstrap, state
from serinus.local.access import Endpoint, kubeconfig
from serinus.local.build import build
from serinus.local.errors import LocalError
from serinus.local.flags import Plane
from serinus.local.folders import private_folder, write_private
from serinus.local.gateways.nginx import NginxGateway
from serinus.local.gateways.routing import Receiver
from serinus.local.kubelet import ImageTable, ImageTableError, Kubelet, KubeletTLS
from serinus.local.lock import held
from serinus.local.plane import ControlPlane, ends_badly, until_well
from serinus.local.processes import Processes
from serinus.local.programs import control_plane
from serinus.local.state import State
from serinus.local.tasks import Tasks, first_cause
from serinus.local.vendors import MESH, definitions, known

if TYPE_CHECKING:
    from serinus.local.gateways.envoy import EnvoyGateway

NODE = "local"
READY_LIMIT = 60.0
"""Seconds until the node and the gateways must be ready."""


@dataclass(frozen=True)
class Settings:
    """What a user can choose about a cluster."""

    name: str = "default"
    root: Path | None = None
    """The folder that holds the folders of all clusters; None for the usual one."""
    images: tuple[Path, ...] = ()
    """Files that say which local program an image means, besides our own table."""
    audit: bool = True
    vendors: tuple[str, ...] = ()
    """Whose kinds are installed besides our own; `serinus.local.vendors` knows them."""
    mesh: bool = False
    """Whether a mesh gateway runs too; the kinds that it serves are installed then."""
    prometheus: bool = False
    """Whether a Prometheus runs too; it is built at the first time."""


class Part(Protocol):
    """Something that runs as long as the cluster."""

    @property
    def ready(self) -> asyncio.Event:
        """Set when others can rely on it."""

    async def run(self) -> None:
        """Run until cancelled."""


class LocalCluster:
    """A real Kubernetes cluster that lives as long as the `async with` block.

    When a part of it ends by itself, the block is cancelled and LocalError says
    which part it was and where its log is.
    """

    gateways: dict[str, str]
    """Address per kind of gateway, as {"nginx": "127.0.0.1:1234"}."""
    nginx: NginxGateway
    """The gateway itself, for who must know which routes are in effect; there when the block begins."""
    envoy: "EnvoyGateway"
    """The mesh gateway; there when the block begins, where the settings want one."""
    hosts: dict[str, str]
    """Names of the cluster's own that mean a loopback address to us, both as host:port."""
    pages: dict[str, str]
    """What a browser can open, by name; whoever adds one does it before `run_beside`."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.state = state.folder_of(self.settings.name, self.settings.root)
        self.kubeconfig = self.state / "kubeconfig"
        self.context = f"serinus-{self.settings.name}"
        self.controller_context = f"{self.context}-controller"
        self.audit_log = self.state / "audit.log"
        self.gateways = {}
        self.hosts = {}
        self.pages = {}
        self.processes = Processes()
        self._stack = AsyncExitStack()
        self._pids: dict[str, int] = {}
        self._tasks: Tasks
        self._plane: Plane
        self._control: ControlPlane

    @property
    def server(self) -> str:
        """The API's address."""
        return self._plane.server

    @property
    def ca(self) -> Path:
        """The certificate of the authority that vouches for the API."""
        return self._plane.pki.ca

    @property
    def admin_token(self) -> str:
        """The token of a user who may do everything."""
        return self._control.users.admin.token

    @property
    def controller_token(self) -> str:
        """The token of the user with the controller's rights."""
        return self._control.users.controller.token

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException as error:
            await self._leave(error)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._leave(error)

    async def _leave(self, error: BaseException | None) -> None:
        """Stop everything; of several failures, tell the first of ours."""
        try:
            await self._stack.__aexit__(type(error) if error else None, error, None)
        except BaseExceptionGroup as group:
            raise first_cause(group, LocalError) from group

    async def run_beside(self, name: str, argv: Sequence[str], *, health: str) -> None:
        """Run a program that must live as long as the cluster.

        Its log and its pid in the state file are named after it. Returns when
        it answers 200 under the URL `health`.
        """
        log = self.state / "logs" / f"{name}.log"
        with log.open("wb") as output:
            process = await self.processes.start(argv, stdout=output, stderr=output)
        self._tasks.start(ends_badly(name, process, log))
        try:
            async with asyncio.timeout(READY_LIMIT):
                await until_well(health)
        except TimeoutError:
            raise LocalError(f"the {name} was not ready after {READY_LIMIT:.0f} s; its log is {log}") from None
        self._pids[name] = process.pid
        self._record()

    async def _start(self) -> None:
        """Start everything, each thing after those that it needs."""
        images = _images(self.settings)
        wanted = _vendors(self.settings)
        private_folder(self.state)
        self._stack.enter_context(self._only_one())
        self._stack.push_async_callback(self.processes.aclose)
        binary = await build(control_plane())
        prometheus = await _prometheus() if self.settings.prometheus else None
        self._control = ControlPlane(binary, self.state, self.processes, audit=self.settings.audit)
        self._stack.push_async_callback(self._control.stop)
        self._plane = await self._control.start(NODE)
        self._write_kubeconfig()
        client = await self._stack.enter_async_context(Client(self._node_connection()))
        await bootstrap.prepare(client)
        await bootstrap.add_kinds(client, await definitions(wanted))
        await self._control.start_controllers()
        self._pids.update(self._control.pids)
        self._tasks = await self._stack.enter_async_context(Tasks())
        self._tasks.start(self._control.watch())
        await self._start_node(client, images)
        if prometheus:
            await self._start_prometheus(client, prometheus)
        self._record()

    @contextmanager
    def _only_one(self) -> Iterator[None]:
        """Hold the cluster's name; tell other processes who we are meanwhile."""
        name = self.settings.name
        refusal = f"a cluster named {name!r} is already up; stop it with `serinus down --name {name}`"
        with held(self.state / "lock", refusal):
            State(name, os.getpid(), state.start_of(os.getpid())).write(self.state)
            try:
                yield
            finally:
                (self.state / state.FILE).unlink(missing_ok=True)

    async def _start_node(self, client: Client, images: ImageTable) -> None:
        """Start what runs pods, what brings traffic to them, and what measures them."""
        pki = self._plane.pki
        envoy = self._envoy(client) if self.settings.mesh else None
        kubelet = Kubelet(
            client,
            node=NODE,
            directory=private_folder(self.state / "kubelet"),
            tls=KubeletTLS(cert=pki.kubelet.cert, key=pki.kubelet.key, client_ca=pki.kubelet_client_ca),
            images=images,
            processes=self.processes,
            doors=envoy.door if envoy else None,
        )
        self.nginx = NginxGateway(client, directory=private_folder(self.state / "nginx"), processes=self.processes)
        await self._run_all([kubelet, self.nginx, *([envoy] if envoy else [])])
        self.gateways["nginx"] = self.nginx.address
        if envoy:
            self.envoy = envoy
            self.gateways["envoy"] = envoy.address

    async def _start_prometheus(self, client: Client, binary: Path) -> None:
        """Start what measures the pods, and give it the name that analyses know it by."""
        from serinus.local.prometheus import NAMES, Prometheus  # noqa: PLC0415 - only where it is wanted

        prometheus = Prometheus(client, binary, self.state / "prometheus", self.processes, self._receivers)
        await self._run_all([prometheus])
        self.hosts.update(dict.fromkeys(NAMES, prometheus.address))
        self.pages["prometheus"] = f"http://{prometheus.address}"

    def _receivers(self) -> frozenset[Receiver]:
        """The Services that gateways send requests to at this moment."""
        if not self.settings.mesh:
            return self.nginx.routing.receivers
        from serinus.local.gateways.envoy.receivers import receivers  # noqa: PLC0415 - only where there is a mesh

        return self.nginx.routing.receivers | receivers(self.envoy.routing)

    async def _run_all(self, parts: Sequence[Part]) -> None:
        """Run parts as long as the cluster lives; return when all are ready."""
        for part in parts:
            self._tasks.start(part.run())
        try:
            async with asyncio.timeout(READY_LIMIT):
                for part in parts:
                    await part.ready.wait()
        except TimeoutError:
            late = ", ".join(type(part).__name__ for part in parts if not part.ready.is_set())
            raise LocalError(f"not ready after {READY_LIMIT:.0f} s: {late}") from None

    def _envoy(self, client: Client) -> "EnvoyGateway":
        """Make the mesh gateway; its room is imported only where there is one."""
        from serinus.local.gateways.envoy import EnvoyGateway  # noqa: PLC0415

        return EnvoyGateway(client, directory=private_folder(self.state / "envoy"), processes=self.processes)

    def _record(self) -> None:
        """Write the state file, so that other processes find the cluster."""
        State(
            name=self.settings.name,
            pid=os.getpid(),
            started=state.start_of(os.getpid()),
            ready=True,
            server=self.server,
            kubeconfig=str(self.kubeconfig),
            context=self.context,
            controller_context=self.controller_context,
            ca=str(self.ca),
            audit_log=str(self.audit_log) if self.settings.audit else None,
            gateways=self.gateways,
            hosts=self.hosts,
            pages=self.pages,
            pids=self._pids,
        ).write(self.state)

    def _write_kubeconfig(self) -> None:
        users = self._control.users
        contexts = {self.context: users.admin, self.controller_context: users.controller}
        endpoint = Endpoint(self.server, self.ca)
        write_private(self.kubeconfig, kubeconfig(endpoint, self.context, contexts))

    def _node_connection(self) -> Connection:
        token = self._control.users.node.token
        return load_connection(ConnectionOptions(kubeconfig=str(self.kubeconfig), token=token))


async def _prometheus() -> Path:
    """Find or build Prometheus; its room is imported only where it is wanted."""
    from serinus.local.prometheus.binary import prometheus_binary  # noqa: PLC0415

    return await prometheus_binary()


def _vendors(settings: Settings) -> tuple[str, ...]:
    """Whose kinds are wanted; an unknown name needs no cluster to be told."""
    names = (*settings.vendors, *(MESH if settings.mesh else ()))
    for name in names:
        known(name)
    return names


def _images(settings: Settings) -> ImageTable:
    """Read the user's tables first: a mistake in them needs no cluster to be told."""
    try:
        return ImageTable.load(settings.images)
    except ImageTableError as error:
        raise LocalError(str(error)) from error
