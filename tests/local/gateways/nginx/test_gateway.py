"""The gateway on a real cluster: what the API says is what requests meet."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from serinus.kube import Client, ConnectionOptions, load_connection
from serinus.local.gateways.nginx import NginxGateway
from serinus.local.gateways.routing import Location, Routing
from serinus.local.processes import Processes

pytestmark = pytest.mark.cluster

INGRESSES = "/apis/networking.k8s.io/v1/namespaces/{}/ingresses"
PREFIX = "nginx.ingress.kubernetes.io/"


@pytest.fixture
async def client(cluster: Any) -> AsyncIterator[Client]:
    options = ConnectionOptions(kubeconfig=str(cluster.kubeconfig), context=cluster.context)
    async with Client(load_connection(options)) as client:
        yield client


@pytest.fixture
async def gateway(client: Client, tmp_path: Path, processes: Processes) -> AsyncIterator[NginxGateway]:
    """A gateway of its own beside that of the cluster."""
    nginx = NginxGateway(client, directory=tmp_path, processes=processes)
    running = asyncio.create_task(nginx.run())
    async with asyncio.timeout(30):
        await nginx.ready.wait()
    yield nginx
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


class Shop:
    """A host of its own, in a namespace of its own, with the Services `stable` and `canary`."""

    def __init__(self, client: Client, namespace: str, gateway: NginxGateway) -> None:
        self.client = client
        self.namespace = namespace
        self.host = f"{namespace}.test"
        self.gateway = gateway

    async def open_service(self, name: str, address: str) -> None:
        """Make a Service whose only pod listens at an address of this test."""
        pods = f"/api/v1/namespaces/{self.namespace}/pods"
        metadata = {"name": name, "annotations": {"local.serinus.dev/listens": f'{{"8080": "{address}"}}'}}
        spec = {"nodeName": "nowhere", "containers": [{"name": "web", "image": "web"}]}
        await self.client.create(pods, {"metadata": metadata, "spec": spec})
        services = f"/api/v1/namespaces/{self.namespace}/services"
        ports = [{"name": "http", "port": 80, "targetPort": 8080}]
        await self.client.create(services, {"metadata": {"name": name}, "spec": {"ports": ports}})
        await self.client.create(
            f"/apis/discovery.k8s.io/v1/namespaces/{self.namespace}/endpointslices",
            {
                "metadata": {"name": f"{name}-1", "labels": {"kubernetes.io/service-name": name}},
                "addressType": "IPv4",
                "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}],
                "endpoints": [
                    {
                        "addresses": ["10.64.250.1"],
                        "conditions": {"ready": True},
                        "targetRef": {"kind": "Pod", "namespace": self.namespace, "name": name},
                    }
                ],
            },
        )

    async def publish(self, name: str, service: str, **annotations: str) -> None:
        """Make an Ingress of the whole host."""
        backend = {"service": {"name": service, "port": {"name": "http"}}}
        paths = [{"path": "/", "pathType": "Prefix", "backend": backend}]
        spelled = {PREFIX + key.replace("_", "-"): value for key, value in annotations.items()}
        metadata = {"name": name, "annotations": {"kubernetes.io/ingress.class": "nginx", **spelled}}
        await self.client.create(
            INGRESSES.format(self.namespace),
            {"metadata": metadata, "spec": {"rules": [{"host": self.host, "http": {"paths": paths}}]}},
        )

    async def annotate(self, name: str, **annotations: str) -> None:
        spelled = {PREFIX + key.replace("_", "-"): value for key, value in annotations.items()}
        path = f"{INGRESSES.format(self.namespace)}/{name}"
        await self.client.patch(path, {"metadata": {"annotations": spelled}})

    async def withdraw(self, name: str) -> None:
        await self.client.delete(f"{INGRESSES.format(self.namespace)}/{name}")

    async def routed(self, wanted: Callable[[Location | None], bool]) -> Routing:
        """Wait until the route of the host is as wanted."""
        async with asyncio.timeout(20):
            return await self.gateway.until(lambda routing: wanted(self._location(routing)))

    def _location(self, routing: Routing) -> Location | None:
        found = [server.locations[0] for server in routing.servers if server.host == self.host]
        return found[0] if found else None

    async def ask(self, **headers: str) -> tuple[int, str]:
        spelled = {name.replace("_", "-"): value for name, value in headers.items()}
        headers = {"Host": self.host, **spelled}
        url, all_headers = f"http://{self.gateway.address}/", {"Host": self.host, **spelled}
        async with aiohttp.ClientSession() as session, session.get(url, headers=all_headers) as reply:
            return reply.status, await reply.text()


@pytest.fixture
async def shop(client: Client, namespace: str, gateway: NginxGateway, upstreams: dict[str, Any]) -> Shop:
    shop = Shop(client, namespace, gateway)
    for name, upstream in upstreams.items():
        await shop.open_service(name, upstream.address)
    return shop


async def test_a_canary_lives_and_dies_with_its_ingress(shop: Shop) -> None:
    await shop.publish("main", "stable")
    await shop.routed(lambda location: location is not None and bool(location.backend and location.backend.addresses))
    assert await shop.ask() == (200, "stable")
    await shop.publish("second", "canary", canary="true", canary_weight="0", canary_by_header="X-Canary")
    await shop.routed(lambda location: location is not None and location.split is not None)
    assert await shop.ask() == (200, "stable")
    assert await shop.ask(X_Canary="always") == (200, "canary")
    await shop.annotate("second", canary_weight="100")
    await shop.routed(lambda location: bool(location and location.split and location.split.rule.share == 1))
    assert await shop.ask() == (200, "canary")
    assert await shop.ask(X_Canary="never") == (200, "stable")
    await shop.withdraw("second")
    await shop.routed(lambda location: bool(location and location.split is None))
    assert await shop.ask(X_Canary="always") == (200, "stable")
    await shop.withdraw("main")
    await shop.routed(lambda location: location is None)
    assert (await shop.ask())[0] == 404


async def test_a_service_may_come_after_its_ingress(shop: Shop, upstreams: dict[str, Any]) -> None:
    await shop.publish("main", "late")
    await shop.routed(lambda location: location is not None)
    assert (await shop.ask())[0] == 503
    await shop.open_service("late", upstreams["stable"].address)
    await shop.routed(lambda location: bool(location and location.backend and location.backend.addresses))
    assert await shop.ask() == (200, "stable")


async def test_an_ingress_that_nginx_refuses_is_left_out_alone_until_it_is_mended(shop: Shop) -> None:
    await shop.publish("main", "stable")
    await shop.publish("second", "canary", canary="true", canary_by_header="X-Go", canary_by_header_pattern="a(")
    async with asyncio.timeout(20):
        routing = await shop.gateway.until(
            lambda routing: any(remark.ingress == f"{shop.namespace}/second" for remark in routing.left_out)
        )
    reason = next(remark.text for remark in routing.left_out if remark.ingress == f"{shop.namespace}/second")
    assert "nginx refuses it" in reason
    assert "a(" in reason
    assert await shop.ask(X_Go="aa") == (200, "stable")
    await shop.annotate("second", canary_by_header_pattern="^a+$")
    await shop.routed(lambda location: bool(location and location.split))
    assert await shop.ask(X_Go="aa") == (200, "canary")


async def test_nginx_is_started_again_when_it_was_killed(
    shop: Shop, gateway: NginxGateway, tmp_path: Path, until: Callable[[Callable[[], Any]], Awaitable[None]]
) -> None:
    await shop.publish("main", "stable")
    await shop.routed(lambda location: bool(location and location.backend and location.backend.addresses))
    before = gateway.generation
    os.kill(int((tmp_path / "nginx.pid").read_text()), signal.SIGKILL)
    await until(lambda: gateway.generation > before)
    assert await shop.ask() == (200, "stable")


async def test_nothing_changes_where_only_other_things_change(shop: Shop, gateway: NginxGateway) -> None:
    await shop.publish("main", "stable")
    await shop.routed(lambda location: bool(location and location.backend and location.backend.addresses))
    before = ours(gateway.routing, shop.namespace)
    path = f"/api/v1/namespaces/{shop.namespace}/services/stable"
    for number in range(5):
        await shop.client.patch(path, {"metadata": {"labels": {"number": str(number)}}})
    await shop.publish("marker", "stable", canary="true")  # makes a remark, and no route
    async with asyncio.timeout(20):
        await gateway.until(
            lambda routing: any(remark.ingress == f"{shop.namespace}/marker" for remark in routing.remarks)
        )
    assert ours(gateway.routing, shop.namespace) == before


def ours(routing: Routing, namespace: str) -> list[object]:
    """The routes of one namespace: other tests share the cluster, and with it the gateway's view."""
    return [server for server in routing.servers if namespace in repr(server)]


async def test_real_pods_answer_through_the_gateway_of_the_cluster(
    cluster: Any, namespace: str, until: Callable[[Callable[[], Any]], Awaitable[None]]
) -> None:
    cluster.kubectl("-n", namespace, "create", "deployment", "web", "--image=nginx:1.21.0", "--port=80", "--replicas=2")
    cluster.kubectl("-n", namespace, "expose", "deployment", "web", "--port=80")
    rule = f"{namespace}.test/*=web:80"
    cluster.kubectl("-n", namespace, "create", "ingress", "web", "--class=nginx", f"--rule={rule}")
    cluster.kubectl("-n", namespace, "rollout", "status", "deployment", "web", "--timeout=60s")
    url = f"http://{cluster.gateways['nginx']}/"
    async with aiohttp.ClientSession() as session, asyncio.timeout(30):
        while True:
            async with session.get(url, headers={"Host": f"{namespace}.test"}) as reply:
                if reply.status == 200:
                    assert "nginx:1.21.0" in await reply.text()
                    return
                assert reply.status in {404, 503}
            await asyncio.sleep(0.05)
