"""A real Envoy, and routes for it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import yarl

from local.gateways.snapshots import FOUND, Kinds, read, service
from local.gateways.upstreams import Upstream
from local.gateways.web import Answer, Web, dashed
from serinus.local.gateways.envoy import httproute as api
from serinus.local.gateways.envoy.model import Mesh, Routing
from serinus.local.gateways.envoy.proxy import OUTSIDE, Proxy, door_of
from serinus.local.gateways.envoy.table import route
from serinus.local.gateways.envoy.virtualservice import DestinationRule, VirtualService
from serinus.local.gateways.objects import Found
from serinus.local.processes import Processes

MESH: Kinds = {
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
PODS = {kind: FOUND[kind] for kind in ("Service", "EndpointSlice", "Pod")}
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
    """Read what the mesh depends on."""
    fields = read(documents, {**PODS, **MESH})
    found = Found(**{name: fields.pop(name) for name, _ in PODS.values()})
    return Mesh(found=found, **fields)


@pytest.fixture
def mesh() -> Callable[..., Mesh]:
    return read_mesh


@pytest.fixture
async def proxy(tmp_path: Path, processes: Processes) -> AsyncIterator[Proxy]:
    """A real Envoy; it starts when it gets its first routes."""
    envoy = Proxy(tmp_path / "envoy", processes, ended=lambda: None)
    yield envoy
    await envoy.stop()


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


class MeshWeb(Web):
    """A client that also asks from inside."""

    def __init__(self, proxy: Proxy) -> None:
        super().__init__(lambda: proxy.ports[OUTSIDE])
        self._proxy = proxy

    async def call(self, url: str, *, namespace: str = "default", **headers: str) -> Answer:
        """Ask as a pod of a namespace does, through its proxy."""
        proxy = f"http://127.0.0.1:{self._proxy.ports[door_of(namespace)]}"
        return await self.ask("GET", yarl.URL(url), headers=dashed(headers), proxy=proxy)


@pytest.fixture
async def web(proxy: Proxy) -> AsyncIterator[MeshWeb]:
    client = MeshWeb(proxy)
    yield client
    await client.close()
