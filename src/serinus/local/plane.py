"""The control plane in life: started, found ready, watched, stopped."""

import asyncio
import os
import ssl
from asyncio.subprocess import Process
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any

import aiohttp

from serinus.local import flags, pki
from serinus.local.access import Endpoint, User, Users, kubeconfig
from serinus.local.errors import LocalError
from serinus.local.flags import Plane
from serinus.local.folders import private_folder, write_private
from serinus.local.ports import free_ports
from serinus.local.processes import Processes

READY_LIMIT = 90.0
"""Seconds until an API that is not ready is given up; 3 to 6 are usual."""
POLL = 0.05
PORT_TRIES = 3
LAST_WORDS = 300
"""How many characters of a program's last line an error repeats."""
GRACE = 3.0
"""Seconds that each program gets to end by itself."""


class EndedError(LocalError):
    """A program of the control plane ended although nobody asked it to."""


class ControlPlane:
    """etcd, kube-apiserver and kube-controller-manager of one cluster."""

    def __init__(self, binary: Path, folder: Path, processes: Processes, *, audit: bool = True) -> None:
        self.users = Users()
        self.pids: dict[str, int] = {}
        self._binary = binary
        self._folder = private_folder(folder)
        self._processes = processes
        self._audit_log = folder / "audit.log" if audit else None
        self._running: dict[str, Process] = {}
        self.plane: Plane

    async def start(self, node: str) -> Plane:
        """Start etcd and the API, and return when that is ready.

        Ports that somebody takes just before we do are replaced by others.
        """
        private_folder(self._folder / "logs")
        certificates = pki.create(self._folder / "pki", node)
        for left in reversed(range(PORT_TRIES)):
            self.plane = self._prepare(certificates)
            try:
                await self._start_all()
            except EndedError:
                await self.stop()
                if not left or not self._lost_a_port():
                    raise
            else:
                return self.plane
        raise AssertionError("the last try returns or raises")

    async def start_controllers(self) -> None:
        """Start what makes workloads live; best after all kinds are there.

        It looks for new kinds every 30 seconds only: until then their pods
        would outlive them, and autoscalers would not find them.
        """
        await self._run(flags.controller_manager(self.plane))

    async def watch(self) -> None:
        """Wait until one of the programs ends, and say which: raises EndedError."""
        endings = [
            asyncio.create_task(ends_badly(name, process, self._log(name))) for name, process in self._running.items()
        ]
        try:
            await asyncio.gather(*endings)
        finally:
            for task in endings:
                task.cancel()

    async def stop(self) -> None:
        """Stop all, those that need the others first."""
        for name in ("kube-controller-manager", "kube-apiserver", "etcd"):
            if process := self._running.pop(name, None):
                await self._processes.stop(process, grace=GRACE)
        self.pids.clear()

    def _prepare(self, certificates: pki.Pki) -> Plane:
        """Choose ports and write the files that the programs read."""
        api, etcd, peer = free_ports(3)
        plane = Plane(self._folder, certificates, api, etcd, peer, self._audit_log)
        self.users.write_tokens(plane.tokens)
        write_private(plane.audit_policy, flags.AUDIT_POLICY)
        endpoint = Endpoint(plane.server, certificates.ca)
        manager = {"kube-controller-manager": self.users.controller_manager}
        write_private(plane.manager_kubeconfig, kubeconfig(endpoint, "local", manager))
        return plane

    async def _start_all(self) -> None:
        """Start each program as soon as the one that it needs answers.

        An API server that finds no etcd waits a second and more before it asks
        again.
        """
        await self._run(flags.etcd(self.plane))
        await self._until(_listening(self.plane.etcd_port), "etcd")
        await self._run(flags.apiserver(self.plane))
        ready = f"{self.plane.server}/readyz"
        await self._until(until_well(ready, self.plane.pki.ca, self.users.admin), "kube-apiserver")

    async def _run(self, argv: Sequence[str]) -> None:
        name = argv[0]
        with self._log(name).open("wb") as log:
            argv = [str(self._binary), *argv]
            try:
                process = await self._processes.start(argv, env=_env(), cwd=self._folder, stdout=log, stderr=log)
            except OSError as error:
                advice = "remove that file to build it again"
                raise LocalError(f"cannot start {name} from {self._binary}: {error.strerror}; {advice}") from error
        self._running[name] = process
        self.pids[name] = process.pid

    async def _until(self, answer: Coroutine[Any, Any, None], name: str) -> None:
        """Wait for an answer, unless a program ends or it takes too long."""
        watching = asyncio.create_task(self.watch())
        asking = asyncio.create_task(answer)
        try:
            async with asyncio.timeout(READY_LIMIT):
                await asyncio.wait([watching, asking], return_when=asyncio.FIRST_COMPLETED)
        except TimeoutError:
            raise LocalError(f"{name} was not ready after {READY_LIMIT:.0f} s; its log is {self._log(name)}") from None
        finally:
            asking.cancel()
            watching.cancel()
        (watching if watching.done() else asking).result()

    def _lost_a_port(self) -> bool:
        """Whether a program found one of its ports taken."""
        logs = [self._log(name) for name in ("etcd", "kube-apiserver")]
        return any("address already in use" in log.read_text(errors="replace") for log in logs if log.exists())

    def _log(self, name: str) -> Path:
        return self._folder / "logs" / f"{name}.log"


async def ends_badly(name: str, process: Process, log: Path) -> None:
    """Wait for a program that should not end, and complain when it does."""
    code = await process.wait()
    said = f", and it said: {last_line(log)}" if code > 0 else ""  # a signal leaves no last word
    raise EndedError(f"{name} ended with code {code}; its log is {log}{said}")


def last_line(log: Path) -> str:
    """The last thing that a program wrote, shortened."""
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1].strip()[:LAST_WORDS] if lines else "nothing"


def _env() -> dict[str, str]:
    """Our environment without what etcd would take for its flags.

    With less collecting of garbage the programs start with a third less work, and take a hundred megabytes more.
    """
    return {"GOGC": "400"} | {name: value for name, value in os.environ.items() if not name.startswith("ETCD_")}


async def _listening(port: int) -> None:
    """Wait until somebody listens on a port of loopback."""
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(POLL)
        else:
            writer.close()
            return


async def until_well(url: str, ca: Path | None = None, user: User | None = None) -> None:
    """Ask until the answer is 200, as long as it takes."""
    tls = ssl.create_default_context(cafile=str(ca)) if ca else True
    headers = {"Authorization": f"Bearer {user.token}"} if user else {}
    timeout = aiohttp.ClientTimeout(total=2)
    async with aiohttp.ClientSession(headers=headers, timeout=timeout) as session:
        while True:
            try:
                async with session.get(url, ssl=tls) as reply:
                    if reply.status == 200:
                        return
            except (aiohttp.ClientError, TimeoutError):
                pass
            await asyncio.sleep(POLL)
