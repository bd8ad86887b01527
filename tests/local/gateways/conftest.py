"""Objects from YAML, upstream servers, and a real nginx."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
import yaml
import yarl

from serinus.local.gateways.nginx.ingresses import route
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
        self.address = ""
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.address = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

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


def services(upstreams: dict[str, Upstream]) -> str:
    """Write a Service and its endpoints for each upstream; `empty` has none."""
    documents = []
    for name in (*upstreams, "empty"):
        documents.append(f"kind: Service\nmetadata: {{name: {name}}}\nspec: {{ports: [{{port: 80, targetPort: 80}}]}}")
        if name in upstreams:
            port = upstreams[name].address.split(":")[1]
            documents.append(
                f"kind: EndpointSlice\nmetadata: {{name: {name}-1, labels: {{kubernetes.io/service-name: {name}}}}}\n"
                f"ports: [{{port: {port}}}]\nendpoints: [{{addresses: [127.0.0.1]}}]"
            )
    return "\n---\n".join(documents)


@pytest.fixture
def until() -> Callable[[Callable[[], Any]], Awaitable[None]]:
    """Wait for something that no event tells of."""

    async def wait(condition: Callable[[], Any]) -> None:
        async with asyncio.timeout(30):
            while not condition():  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    return wait


Serve = Callable[..., Awaitable[None]]


@pytest.fixture
def serve(master: Master, upstreams: dict[str, Upstream]) -> Serve:
    """Put Ingresses (YAML) into effect, with Services `stable`, `canary` and `empty`."""

    async def put(*documents: str) -> None:
        await master.apply(route(read_found("\n---\n".join((services(upstreams), *documents)))))

    return put


class Web:
    """A client that opens a connection for each request."""

    def __init__(self, master: Master) -> None:
        self._master = master
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True))

    async def get(
        self, path: str = "/", *, host: str = "shop.test", method: str = "GET", **headers: str
    ) -> tuple[int, str]:
        """Ask nginx; a header's underscores become dashes."""
        spelled = {name.replace("_", "-"): value for name, value in headers.items()}
        url = yarl.URL(f"http://127.0.0.1:{self._master.port}{path}", encoded=True)
        async with self._session.request(method, url, headers={"Host": host, **spelled}) as reply:
            return reply.status, (await reply.text()).strip()

    async def share(self, requests: int, name: str, **headers: str) -> float:
        """Say which part of many requests a backend answered."""

        async def few() -> int:
            return sum([(await self.get(**headers))[1] == name for _ in range(requests // 10)])

        return sum(await asyncio.gather(*(few() for _ in range(10)))) / requests

    async def close(self) -> None:
        await self._session.close()


@pytest.fixture
async def web(master: Master) -> AsyncIterator[Web]:
    client = Web(master)
    yield client
    await client.close()
