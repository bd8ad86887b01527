"""Objects from YAML, upstream servers, and a real Envoy."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
import yaml
import yarl

from serinus.local.gateways.envoy import httproute as api
from serinus.local.gateways.envoy.model import Mesh, Routing
from serinus.local.gateways.envoy.proxy import OUTSIDE, Proxy, door_of
from serinus.local.gateways.envoy.table import route
from serinus.local.gateways.envoy.virtualservice import DestinationRule, VirtualService
from serinus.local.gateways.objects import EndpointSlice, Found, Pod, Service
from serinus.local.processes import Processes

FOUND: dict[str, tuple[str, type[Any]]] = {
    "Service": ("services", Service),
    "EndpointSlice": ("slices", EndpointSlice),
    "Pod": ("pods", Pod),
}
MESH: dict[str, tuple[str, type[Any]]] = {
    "VirtualService": ("virtual_services", VirtualService),
    "DestinationRule": ("destination_rules", DestinationRule),
    "GatewayClass": ("classes", api.GatewayClass),
    "Gateway": ("gateways", api.Gateway),
    "HTTPRoute": ("http_routes", api.Route),
    "GRPCRoute": ("grpc_routes", api.Route),
    "TCPRoute": ("tcp_routes", api.Route),
    "TLSRoute": ("tls_routes", api.Route),
    "ReferenceGrant": ("grants", api.ReferenceGrant),
    "Namespace": ("namespaces", api.Namespace),
}
CLASS = """
kind: GatewayClass
metadata: {name: serinus}
spec: {controllerName: local.serinus.dev/envoy}
---
kind: Gateway
metadata: {name: door}
spec: {gatewayClassName: serinus, listeners: [{name: http, port: 80, protocol: HTTP}]}
"""


def read_mesh(*documents: str) -> Mesh:
    """Read a snapshot from YAML documents; the namespace is `default` where none is given."""
    lists: dict[str, list[Any]] = {name: [] for name, _ in (*FOUND.values(), *MESH.values())}
    for document in filter(None, yaml.safe_load_all("\n---\n".join(documents))):
        name, kind = (FOUND | MESH)[document["kind"]]
        document["metadata"].setdefault("namespace", "default")
        lists[name].append(msgspec.convert(document, kind))
    several = {name: tuple(items) for name, items in lists.items()}
    found = Found(**{name: several.pop(name) for name, _ in FOUND.values()})
    return Mesh(found=found, **several)


@pytest.fixture
def mesh() -> Callable[..., Mesh]:
    return read_mesh


class Upstream:
    """A tiny web server that answers with its name, keeps connections, and notes what it was asked."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.status = 200
        self.delay = 0.0
        self.address = ""
        self.tls: ssl.SSLContext | None = None
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.tls)
        self.address = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").rstrip().split("\r\n")
                headers = {key.lower(): value for key, value in (line.split(": ", 1) for line in head[1:])}
                self.requests.append((head[0], headers))
                await asyncio.sleep(self.delay)
                body = self.name.encode()
                writer.write(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%s" % (self.status, len(body), body))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


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
async def proxy(tmp_path: Path, processes: Processes) -> AsyncIterator[Proxy]:
    """A real Envoy; it starts when it gets its first routes."""
    envoy = Proxy(tmp_path / "envoy", processes, ended=lambda: None)
    yield envoy
    await envoy.stop()


def service(name: str, *pods: tuple[str, str], namespace: str = "default") -> str:
    """Write a Service with one port, 80, and its pods: name and address of each, labelled by name."""
    targets = ", ".join(
        f"{{addresses: [10.64.0.1], targetRef: {{kind: Pod, name: {pod}, namespace: {namespace}}}}}" for pod, _ in pods
    )
    documents = [
        f"kind: Service\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec: {{ports: [{{port: 80}}]}}",
        (
            f"kind: EndpointSlice\nmetadata: {{name: {name}-1, namespace: {namespace},"
            f" labels: {{kubernetes.io/service-name: {name}}}}}\nports: [{{port: 80}}]\nendpoints: [{targets}]"
        ),
        *(
            f"kind: Pod\nmetadata: {{name: {pod}, namespace: {namespace}, labels: {{version: {pod}}},"
            f' annotations: {{local.serinus.dev/listens: \'{{"80": "{address}"}}\'}}}}'
            for pod, address in pods
        ),
    ]
    return "\n---\n".join(documents)


def services(upstreams: dict[str, Upstream]) -> str:
    """A Service per upstream, `both` in front of all pods, and `empty`, which has none."""
    pods = [(name, upstream.address) for name, upstream in upstreams.items()]
    return "\n---\n".join((*(service(name, (name, address)) for name, address in pods), service("empty"), both(pods)))


def both(pods: list[tuple[str, str]]) -> str:
    return "\n---\n".join(text for text in service("both", *pods).split("\n---\n") if not text.startswith("kind: Pod"))


Serve = Callable[..., Awaitable[Routing]]


@pytest.fixture
def serve(proxy: Proxy, upstreams: dict[str, Upstream]) -> Serve:
    """Put documents into effect, with Services `stable`, `canary`, `both` and `empty`."""

    async def put(*documents: str, namespaces: tuple[str, ...] = ("default",)) -> Routing:
        routing = route(read_mesh(services(upstreams), CLASS, *documents), namespaces)
        await proxy.apply(routing)
        return routing

    return put


class Web:
    """A client that opens a connection for each request."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True))

    async def get(
        self, path: str = "/", *, host: str = "shop.test", method: str = "GET", **headers: str
    ) -> tuple[int, str]:
        """Ask from outside; a header's underscores become dashes."""
        url = yarl.URL(f"http://127.0.0.1:{self._proxy.ports[OUTSIDE]}{path}", encoded=True)
        return await self._ask(method, url, headers={"Host": host, **dashed(headers)}, allow_redirects=False)

    async def call(self, url: str, *, namespace: str = "default", **headers: str) -> tuple[int, str]:
        """Ask as a pod of a namespace does, through its proxy."""
        proxy = f"http://127.0.0.1:{self._proxy.ports[door_of(namespace)]}"
        return await self._ask("GET", yarl.URL(url), headers=dashed(headers), proxy=proxy)

    async def _ask(self, method: str, url: yarl.URL, **options: Any) -> tuple[int, str]:
        async with self._session.request(method, url, **options) as reply:
            return reply.status, (await reply.text()).strip()

    async def share(self, requests: int, name: str, ask: Callable[[], Awaitable[tuple[int, str]]]) -> float:
        """Say which part of many requests a backend answered."""

        async def few() -> int:
            return sum([(await ask())[1] == name for _ in range(requests // 10)])

        return sum(await asyncio.gather(*(few() for _ in range(10)))) / requests

    async def close(self) -> None:
        await self._session.close()


def dashed(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


@pytest.fixture
async def web(proxy: Proxy) -> AsyncIterator[Web]:
    client = Web(proxy)
    yield client
    await client.close()
