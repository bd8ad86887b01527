"""Ask Envoy about itself, through a socket that only we may use."""

import asyncio
import contextlib
import os
import re
from pathlib import Path

import aiohttp
import msgspec

from serinus.local.gateways.envoy.listeners import ADMIN

LIMIT = aiohttp.ClientTimeout(total=5.0)
STATS = "/stats?filter=(version_text|update_rejected)$"
STAT = re.compile(r'^(\S+)\.(version_text|update_rejected): "?([^"\n]*)"?$', re.MULTILINE)


class Port(msgspec.Struct, frozen=True):
    """Where a listener listens."""

    port_value: int = 0


class Address(msgspec.Struct, frozen=True):
    """An address of a listener."""

    socket_address: Port = Port()


class ListenerStatus(msgspec.Struct, frozen=True):
    """One listener."""

    name: str
    local_address: Address = Address()


class Listeners(msgspec.Struct, frozen=True):
    """All listeners that are open."""

    listener_statuses: tuple[ListenerStatus, ...] = ()


class Taken(msgspec.Struct, frozen=True):
    """What Envoy has taken of its files: per subscription the version, and how many it refused."""

    versions: dict[str, str]
    refused: int


class Admin:
    """A client of one Envoy's administration socket.

    The socket's own path may be longer than the system allows: we go through a
    descriptor of its folder.
    """

    def __init__(self, folder: Path) -> None:
        self._descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY)
        path = f"/proc/self/fd/{self._descriptor}/{ADMIN}"
        connector = aiohttp.UnixConnector(path, force_close=True)
        self._session = aiohttp.ClientSession(connector=connector, timeout=LIMIT)

    async def close(self) -> None:
        """Let go of the socket."""
        await self._session.close()
        os.close(self._descriptor)

    async def ready(self) -> bool:
        """Whether Envoy serves."""
        with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError):
            async with self._session.get("http://admin/ready") as reply:
                return reply.status == 200
        return False

    async def taken(self) -> Taken:
        """What Envoy has taken; raises OSError or TimeoutError where it does not answer."""
        found = STAT.findall(await self._text("GET", STATS))
        versions = {name: value for name, kind, value in found if kind == "version_text"}
        return Taken(versions, sum(int(value) for _, kind, value in found if kind == "update_rejected"))

    async def ports(self) -> dict[str, int]:
        """The port of each listener that is open."""
        text = await self._text("GET", "/listeners?format=json")
        statuses = msgspec.json.decode(text, type=Listeners).listener_statuses
        ports = {status.name: status.local_address.socket_address.port_value for status in statuses}
        return {name: port for name, port in ports.items() if port}

    def reopen_logs(self) -> None:
        """Make Envoy open its log files anew, after they were moved away."""
        task = asyncio.ensure_future(self._text("POST", "/reopen_logs"))
        task.add_done_callback(lambda done: done.cancelled() or done.exception())

    async def _text(self, method: str, path: str) -> str:
        async with self._session.request(method, f"http://admin{path}") as reply:
            return await reply.text()
