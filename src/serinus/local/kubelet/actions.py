"""What probes and hooks do to a container, once."""

import asyncio
import contextlib
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from serinus.local.kubelet.spec import Action, Container, Exec, HttpGet, TcpSocket
from serinus.local.processes import Processes

LOOPBACK = "127.0.0.1"
OUTPUT_SHOWN = 500
"""Bytes of a failed command's output that its event repeats."""


class ActionFailedError(Exception):
    """The container did not do what was asked; says how."""


@dataclass(frozen=True)
class Target:
    """A running container, as a probe sees it."""

    container: Container
    listens: Mapping[int, str]
    env: Mapping[str, str]
    folder: Path

    def place(self, port: int | str, host: str = "") -> tuple[str, int]:
        """Say where to dial for a port, given by number or by name.

        Raises ActionFailedError for a name that the container does not declare.
        """
        number = self._number(port)
        if host not in {"", LOOPBACK, "localhost"}:
            return host, number
        dialled = self.listens.get(number, f"{LOOPBACK}:{number}")
        return LOOPBACK, int(dialled.rpartition(":")[2])

    def _number(self, port: int | str) -> int:
        if isinstance(port, int):
            return port
        for declared in self.container.ports:
            if declared.name == port:
                return declared.container_port
        if port.isdecimal():
            return int(port)
        raise ActionFailedError(f"the container has no port named {port!r}")


class Actor:
    """Performs actions; one for all containers."""

    def __init__(self, processes: Processes, web: aiohttp.ClientSession) -> None:
        self._processes = processes
        self._web = web

    async def perform(self, action: Action, target: Target, limit: float | None) -> None:
        """Do it, within `limit` seconds. Raises ActionFailedError."""
        try:
            async with asyncio.timeout(limit):
                await self._dispatch(action, target)
        except TimeoutError:
            raise ActionFailedError(f"no answer within {limit:g} s") from None
        except (aiohttp.ClientError, OSError) as error:
            raise ActionFailedError(str(error) or type(error).__name__) from None

    async def _dispatch(self, action: Action, target: Target) -> None:
        if action.http_get:
            await self._get(action.http_get, target)
        elif action.tcp_socket:
            await connect(*_tcp_place(action.tcp_socket, target))
        elif action.exec:
            await self._execute(action.exec, target)
        elif action.sleep:
            await asyncio.sleep(action.sleep.seconds)
        elif action.grpc is not None:
            raise ActionFailedError("this kubelet has no gRPC probes: use httpGet, tcpSocket or exec")

    async def _get(self, get: HttpGet, target: Target) -> None:
        host, port = target.place(get.port, get.host)
        url = f"{get.scheme.lower()}://{host}:{port}/{get.path.removeprefix('/')}"
        headers = {header.name: header.value for header in get.http_headers}
        # A probe asks about health, not identity: by the API's contract certificates are not checked.
        async with self._web.get(url, headers=headers, ssl=False, allow_redirects=False) as response:
            if not 200 <= response.status < 400:
                raise ActionFailedError(f"HTTP probe failed with status code {response.status}")

    async def _execute(self, command: Exec, target: Target) -> None:
        process = await self._processes.start(
            command.command, env=target.env, cwd=target.folder, stdout=PIPE, stderr=STDOUT
        )
        try:
            output, _ = await process.communicate()
        finally:
            await self._processes.stop(process, grace=0)
        if process.returncode:
            said = output[-OUTPUT_SHOWN:].decode(errors="replace").strip()
            raise ActionFailedError(f"{command.command[0]} ended with {process.returncode}: {said}")


def _tcp_place(socket: TcpSocket, target: Target) -> tuple[str, int]:
    return target.place(socket.port, socket.host)


async def connect(host: str, port: int) -> None:
    """Open a connection and close it. Raises OSError."""
    _, writer = await asyncio.open_connection(host, port)
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


async def opened(host: str, port: int) -> None:
    """Wait until somebody accepts connections."""
    pause = 0.01
    while True:
        try:
            return await connect(host, port)
        except OSError:
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 0.5)
