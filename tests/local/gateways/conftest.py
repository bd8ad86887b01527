"""Objects from YAML, upstream servers, and a real nginx."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from serinus.local.gateways.nginx.master import Master
from serinus.local.gateways.objects import EndpointSlice, Found, Ingress, IngressClass, Pod, Service
from serinus.local.processes import Processes

KINDS: dict[str, tuple[str, type[Any]]] = {
    "Ingress": ("ingresses", Ingress),
    "IngressClass": ("classes", IngressClass),
    "Service": ("services", Service),
    "EndpointSlice": ("slices", EndpointSlice),
    "Pod": ("pods", Pod),
}


def read_found(text: str) -> Found:
    """Read a snapshot from YAML documents; the namespace is `default` where none is given."""
    lists: dict[str, list[Any]] = {name: [] for name, _ in KINDS.values()}
    for document in filter(None, yaml.safe_load_all(text)):
        name, kind = KINDS[document["kind"]]
        document["metadata"].setdefault("namespace", "default")
        lists[name].append(msgspec.convert(document, kind))
    return Found(**{name: tuple(items) for name, items in lists.items()})


@pytest.fixture
def found() -> Callable[[str], Found]:
    return read_found


class Upstream:
    """A tiny web server that answers with its name and shows what it was asked."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.delay = 0.0
        self.cut = False
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)

    @property
    def address(self) -> str:
        assert self._server is not None
        return "127.0.0.1:{}".format(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").rstrip().split("\r\n")
            headers = {key.lower(): value for key, value in (line.split(": ", 1) for line in head[1:])}
            self.requests.append((head[0], headers))
            await asyncio.sleep(self.delay)
            if not self.cut:
                writer.write(self._reply(headers))
                await writer.drain()
        finally:
            writer.close()

    def _reply(self, headers: dict[str, str]) -> bytes:
        if headers.get("upgrade") == "websocket":
            return b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n" + b"hello"
        body = self.name.encode()
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(body), body)


@pytest.fixture
async def upstreams() -> AsyncIterator[dict[str, Upstream]]:
    """Two versions of a web server: `stable` and `canary`."""
    servers = {name: Upstream(name) for name in ("stable", "canary")}
    for server in servers.values():
        await server.start()
    yield servers
    for server in servers.values():
        await server.stop()


@pytest.fixture
async def processes() -> AsyncIterator[Processes]:
    async with Processes() as running:
        yield running


@pytest.fixture
async def master(tmp_path: Path, processes: Processes) -> AsyncIterator[Master]:
    """A real nginx; it starts when it gets its first routes."""
    nginx = Master(tmp_path, processes, ended=lambda: None)
    yield nginx
    await nginx.stop()
