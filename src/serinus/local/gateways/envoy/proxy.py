"""The Envoy process: started, given configurations, stopped.

The order of a change keeps every request served: clusters first, those of the
routes before among them, then routes, then entrances. At last the witness, a
door that answers with the number of the configuration: Envoy has one worker,
which takes news in order, so the answer proves all that was written before.
"""

import asyncio
import itertools
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from serinus.local.errors import LocalError
from serinus.local.gateways.envoy.admin import Admin, Taken
from serinus.local.gateways.envoy.binary import envoy_binary
from serinus.local.gateways.envoy.clusters import cluster
from serinus.local.gateways.envoy.entrances import entrance
from serinus.local.gateways.envoy.listeners import HOST, bootstrap, file_of, listener, trial
from serinus.local.gateways.envoy.model import Cluster, Entrance, Host, Route, Routing
from serinus.local.gateways.envoy.routes import answering, route_configuration
from serinus.local.gateways.following import RefusedError
from serinus.local.ports import free_ports
from serinus.local.processes import Processes

START_LIMIT = 20.0
UPDATE_LIMIT = 15.0
"""Seconds until a configuration must be in effect; 0.03 are usual."""
POLL = 0.002
GRACE = 3.0
OUTSIDE = "outside"
WITNESS = "witness"
CLUSTERS = "clusters.json"
LISTENERS = "listeners.json"


class Proxy:
    """One Envoy, and the routes that it serves."""

    def __init__(self, directory: Path, processes: Processes, ended: Callable[[], None]) -> None:
        self.generation = 0
        """Number of the configuration in effect; 0 before the first."""
        self.ports: dict[str, int] = {}
        """Per door, the port on which it listens."""
        self.entrances: dict[str, int] = {}
        """Per entrance, the port on which it listens."""
        self._next = 0
        self._directory = directory.absolute()
        self._processes = processes
        self._ended = ended
        self._binary = envoy_binary()
        self._process: Process | None = None
        self._waiting: asyncio.Task[None] | None = None
        self._admin: Admin | None = None
        self._fixed: dict[str, int] = {}
        self._written: dict[str, list[Any]] = {}
        self._doubtful: set[str] = set()
        self._clusters: dict[str, Cluster] = {}
        self._opened: tuple[Entrance, ...] = ()

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.returncode is None

    async def apply(self, routing: Routing) -> None:
        """Put routes into effect; return when no request meets the old ones any more.

        Raises RefusedError where Envoy does not take them (some may be in effect
        then), and LocalError where it does not start or does not answer.
        """
        self._next += 1
        if not self.running:
            await self._start()
        refused = (await self._taken()).refused
        try:
            async with asyncio.timeout(UPDATE_LIMIT):
                await self._change(routing, refused)
        except (TimeoutError, OSError, aiohttp.ClientError) as error:
            raise LocalError(f"Envoy did not take up its new configuration: {self._last_words()}") from error
        self.generation = self._next

    async def judge(self, routes: Sequence[Route]) -> str:
        """Let another Envoy look at some routes alone; returns what it has against them, else nothing."""
        host = Host(("*",), tuple(routes))
        configuration = trial(route_configuration("trial", (host,), any_port=True))
        file = self._directory / "trial.json"
        await asyncio.to_thread(file.write_bytes, msgspec.json.encode(configuration))
        command = [str(self._binary), "--mode", "validate", "--disable-hot-restart", "-l", "critical", "-c", file.name]
        process = await self._processes.start(command, cwd=self._directory, stdout=DEVNULL, stderr=PIPE)
        try:
            async with asyncio.timeout(START_LIMIT):
                _, output = await process.communicate()
        except TimeoutError:
            return "it does not come to an end"
        finally:
            if process.returncode is None:
                await self._processes.stop(process, grace=0)
        lines = output.decode(errors="replace").strip().splitlines() or ["no reason given"]
        return lines[-1] if process.returncode else ""

    async def stop(self) -> None:
        """End Envoy."""
        if self._waiting is not None:
            self._waiting.cancel()
        if self._process is not None:
            await self._processes.stop(self._process, grace=GRACE)
        await self._leave()

    def reopen_logs(self) -> None:
        """Make Envoy open its log files anew, after they were moved away."""
        if self._admin is not None and self.running:
            self._admin.reopen_logs()

    async def _change(self, routing: Routing, refused: int) -> None:
        wanted = {found.name: found for found in routing.clusters}
        kept = {name: found for name, found in self._clusters.items() if name not in wanted}
        await self._put({CLUSTERS: [cluster(found) for found in (*wanted.values(), *kept.values())]}, refused)
        await self._put(_route_files(routing), refused, known=self.ports)
        await self._open(routing, refused)
        await self._put({file_of(WITNESS): [answering(WITNESS, str(self._next))]}, refused)
        await self._prove()
        self._clusters = wanted

    async def _open(self, routing: Routing, refused: int) -> None:
        """Open what is missing. No door is ever closed, a pod may hold its address; entrances go with their routes."""
        doors = dict.fromkeys((WITNESS, OUTSIDE, *self.ports, *(door_of(name) for name, _ in routing.inside)))
        new = self._choose(doors, routing.entrances)
        try:
            await self._put({LISTENERS: self._listeners(doors, routing.entrances)}, refused)
        except RefusedError as error:
            self._fixed = {door: port for door, port in self._fixed.items() if door not in new}
            raise LocalError(str(error)) if new else error from None  # somebody may have taken a port just before
        self._opened = routing.entrances
        self.entrances = {one.door: self._fixed[one.door] for one in routing.entrances}
        while not doors.keys() <= self.ports.keys():
            found = await self._require().ports()
            self.ports |= {door: found[door] for door in doors if door in found}
            await asyncio.sleep(POLL)

    def _choose(self, doors: Iterable[str], entrances: Iterable[Entrance]) -> list[str]:
        """Give each entrance a port of its own; returns the names of those that had none.

        Envoy cannot choose them: of a listener that it replaced, it would give the socket to the next one that wants
        any port.
        """
        names = [one.door for one in entrances]
        self._fixed = {door: port for door, port in self._fixed.items() if door in {*doors, *names}}
        new = [name for name in names if name not in self._fixed]
        self._fixed |= zip(new, free_ports(len(new)), strict=True)
        return new

    def _listeners(self, doors: Iterable[str], entrances: Iterable[Entrance]) -> list[Any]:
        """Write all entrances; an Envoy that takes another's place listens where that one did."""
        folder, ports = self._directory, self._fixed
        for_http = [listener(name, ports.get(name, 0), folder, log=name != WITNESS) for name in sorted(doors)]
        return for_http + [entrance(one, ports.get(one.door, 0), folder) for one in entrances]

    async def _put(self, files: dict[str, list[Any]], refused: int, known: Iterable[str] | None = None) -> None:
        """Replace the files that differ, and wait until Envoy has read them."""
        changed = {name: resources for name, resources in files.items() if self._differs(name, resources)}
        self._doubtful |= changed.keys()
        for name, resources in changed.items():
            await asyncio.to_thread(self._write, name, resources)
        subscribed = {file_of(door) for door in known} if known is not None else changed.keys()
        await self._until_read({subscription(name) for name in changed if name in subscribed}, refused)
        self._doubtful -= changed.keys()
        self._written |= changed

    def _differs(self, name: str, resources: list[Any]) -> bool:
        """Whether a file must be written; after a refusal nobody knows which ones Envoy took."""
        return name in self._doubtful or self._written.get(name) != resources

    async def _until_read(self, subscriptions: set[str], refused: int) -> None:
        version = str(self._next)
        for pause in _pauses():
            taken = await self._taken()
            if taken.refused > refused:
                raise RefusedError(f"Envoy refuses the configuration: {self._last_words()}")
            if all(taken.versions.get(name) == version for name in subscriptions):
                return
            await asyncio.sleep(pause)

    async def _prove(self) -> None:
        """Ask the worker itself, until it answers with the new number."""
        url = f"http://{HOST}:{self.ports[WITNESS]}/"
        async with aiohttp.ClientSession() as session:
            for pause in _pauses():
                async with session.get(url) as reply:
                    if await reply.text() == str(self._next):
                        return
                await asyncio.sleep(pause)

    async def _start(self) -> None:
        """Start Envoy with what the one before it served last, or with nothing."""
        await self._leave()
        self._fixed = {**self.entrances, **self.ports}
        self._opened = tuple(one for one in self._opened if one.door in self._fixed)
        await asyncio.to_thread(self._prepare)
        log = self._directory / "envoy.log"
        try:
            with log.open("ab") as output:
                self._process = await self._processes.start(
                    self._command(), cwd=self._directory, stdout=output, stderr=output
                )
        except OSError as error:
            raise LocalError(f"cannot start Envoy from {self._binary}: {error.strerror}") from error
        self._waiting = asyncio.create_task(self._wait(self._process))
        self._admin = Admin(self._directory)
        await self._meet(self._process, self._admin)

    def _prepare(self) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        doors = self.ports or {OUTSIDE: 0, WITNESS: 0}
        empty = {file_of(door): [route_configuration(door, (), any_port=True)] for door in doors}
        files = {CLUSTERS: [], **empty, **self._written, LISTENERS: self._listeners(doors, self._opened)}
        (self._directory / "bootstrap.json").write_bytes(msgspec.json.encode(bootstrap(self._directory)))
        for name, resources in files.items():
            self._write(name, resources)
        self._written = files

    async def _meet(self, process: Process, admin: Admin) -> None:
        """Wait until the new Envoy serves."""
        deadline = asyncio.get_running_loop().time() + START_LIMIT
        while process.returncode is None and asyncio.get_running_loop().time() < deadline:
            if await admin.ready():
                found = await admin.ports()
                if {WITNESS, OUTSIDE, *self._fixed} <= found.keys():
                    opened = {one.door for one in self._opened}
                    self.ports = {door: port for door, port in found.items() if door not in opened}
                    return
            await asyncio.sleep(0.01)
        self.entrances = {}  # somebody may have taken a port of theirs: the next Envoy gets others
        await self._processes.stop(process)
        raise LocalError(f"Envoy did not start: {self._last_words()}")

    async def _wait(self, process: Process) -> None:
        await process.wait()
        self._ended()

    async def _leave(self) -> None:
        admin, self._admin = self._admin, None
        if admin is not None:
            await admin.close()

    async def _taken(self) -> Taken:
        try:
            return await self._require().taken()
        except (OSError, TimeoutError, aiohttp.ClientError) as error:
            raise LocalError(f"Envoy does not answer: {self._last_words()}") from error

    def _require(self) -> Admin:
        assert self._admin is not None
        return self._admin

    def _command(self) -> list[str]:
        quiet = ["--log-level", "warning", "--log-format", "%Y-%m-%d %T.%e %l %n: %v"]
        return [str(self._binary), "-c", "bootstrap.json", "--concurrency", "1", "--disable-hot-restart", *quiet]

    def _write(self, name: str, resources: list[Any]) -> None:
        """Replace a file at once: Envoy looks when something is moved to its place."""
        draft = self._directory / f".{name}"
        draft.write_bytes(msgspec.json.encode({"version_info": str(self._next), "resources": resources}))
        draft.replace(self._directory / name)

    def _last_words(self) -> str:
        """The end of Envoy's log."""
        try:
            lines = (self._directory / "envoy.log").read_text(errors="replace").splitlines()
        except OSError:
            return "it left no log"
        return " / ".join(lines[-3:]) or "its log is empty"


def door_of(namespace: str) -> str:
    """The name of the door for a namespace's pods."""
    return f"inside-{namespace}"


def subscription(file: str) -> str:
    """The name by which Envoy counts what it reads from a file."""
    if file == CLUSTERS:
        return "cluster_manager.cds"
    if file == LISTENERS:
        return "listener_manager.lds"
    door = file.removeprefix("routes-").removesuffix(".json")
    return f"http.{door}.rds.{door}"


def _route_files(routing: Routing) -> dict[str, list[Any]]:
    inside = {door_of(name): hosts for name, hosts in routing.inside}
    files = {file_of(door): [route_configuration(door, hosts, any_port=False)] for door, hosts in inside.items()}
    return {file_of(OUTSIDE): [route_configuration(OUTSIDE, routing.outside, any_port=True)], **files}


def _pauses() -> Iterable[float]:
    """Seconds between two looks: short at first."""
    return itertools.chain(itertools.repeat(POLL, 20), itertools.repeat(10 * POLL))
