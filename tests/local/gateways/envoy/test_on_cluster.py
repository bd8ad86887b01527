"""The mesh gateway on a real cluster: what pods and people outside meet."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

import chance
from serinus.kube import Client, ConnectionOptions, load_connection
from serinus.local.cluster import LocalCluster, Settings
from serinus.local.gateways.envoy import EnvoyGateway
from visitors import Visitors, ask_inside

pytestmark = [pytest.mark.cluster, pytest.mark.asyncio(loop_scope="module")]

REQUESTS = 2000
LIMIT = 60.0

KINDS = {
    "pods": "Pod",
    "services": "Service",
    "virtualservices": "VirtualService",
    "gateways": "Gateway",
    "httproutes": "HTTPRoute",
    "tcproutes": "TCPRoute",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cluster(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LocalCluster]:
    """A cluster with a mesh, as `serinus up --mesh` starts it."""
    async with LocalCluster(Settings("mesh", root=tmp_path_factory.mktemp("mesh"), mesh=True)) as cluster:
        yield cluster


class Shop:
    """Two versions of an app behind a Service each, and one Service before both."""

    def __init__(self, cluster: LocalCluster, client: Client, namespace: str) -> None:
        self.envoy: EnvoyGateway = cluster.envoy
        self.client = client
        self.namespace = namespace
        self.host = f"{namespace}.example.com"
        self._address = cluster.gateways["envoy"]

    async def create(self, group: str, plural: str, name: str, spec: Any, **meta: Any) -> Any:
        path = f"{group}/namespaces/{self.namespace}/{plural}"
        version = group.removeprefix("/apis/").removeprefix("/api/")
        told = {"apiVersion": version, "kind": KINDS[plural], "metadata": {"name": name, **meta}}
        return await self.client.create(path, {**told, "spec": spec})

    async def pod(self, name: str, spec: Any, **meta: Any) -> None:
        await self.create("/api/v1", "pods", name, {"restartPolicy": "Never", "containers": [spec]}, **meta)

    async def open(self) -> None:
        await self.client.create("/api/v1/namespaces", {"metadata": {"name": self.namespace}})
        ports = [{"port": 80, "targetPort": 80}]
        for name in ("stable", "canary"):
            labels = {"app": "myapp", "version": name}
            web = {"name": "web", "image": f"nginx:{name}", "ports": [{"containerPort": 80}]}
            await self.pod(name, web, labels=labels)
            await self.create("/api/v1", "services", name, {"selector": labels, "ports": ports})
        await self.create("/api/v1", "services", "myapp", {"selector": {"app": "myapp"}, "ports": ports})

    async def until(self, wanted: Callable[[Any], bool]) -> None:
        async with asyncio.timeout(LIMIT):
            await self.envoy.until(wanted)

    async def answers(self, count: int, address: str = "") -> Counter[str]:
        """Ask from outside."""
        return await Visitors(self.host).ask(address or self._address, count)

    async def served(self, address: str = "") -> None:
        """Wait until both versions answer from outside."""
        async with asyncio.timeout(LIMIT):
            while set(await self.answers(100, address)) != {"nginx:stable", "nginx:canary"}:  # noqa: ASYNC110
                await asyncio.sleep(0.1)

    async def place(self, plural: str, name: str, conditions: Callable[[Any], Any]) -> str:
        """Read in an object's status where it is served."""
        path = f"{ISTIO if plural == 'virtualservices' else GATEWAY}/namespaces/{self.namespace}/{plural}/{name}"
        async with asyncio.timeout(LIMIT):
            while True:
                found = await self.client.get(path)
                for condition in conditions(found) or () if found.get("status") else ():
                    if place := re.search(r"127\.0\.0\.1:[0-9]+", condition["message"]):
                        return place[0]
                await asyncio.sleep(0.05)

    async def call(self, name: str, url: str, count: int, **annotations: str) -> Counter[str]:
        """Ask from inside."""
        return await ask_inside(self.client, f"{self.namespace}/{name}", url, count, **annotations)


@pytest_asyncio.fixture(loop_scope="module")
async def shop(cluster: LocalCluster, request: pytest.FixtureRequest) -> AsyncIterator[Shop]:
    options = ConnectionOptions(kubeconfig=str(cluster.kubeconfig), context=cluster.context)
    name = "shop-" + str(abs(hash(request.node.name)))[:8]
    async with Client(load_connection(options)) as client:
        shop = Shop(cluster, client, name)
        await shop.open()
        yield shop


def near(seen: Counter[str], share: float) -> bool:
    """Whether chance allows the canary's part, and nobody else answered."""
    assert set(seen) <= {"nginx:stable", "nginx:canary"}, seen
    return chance.near(seen["nginx:canary"] / seen.total(), share, seen.total())


def weighted(share: int) -> list[Any]:
    return [
        {"destination": {"host": "stable"}, "weight": 100 - share},
        {"destination": {"host": "canary"}, "weight": share},
    ]


ISTIO = "/apis/networking.istio.io/v1"
GATEWAY = "/apis/gateway.networking.k8s.io/v1"


async def test_a_virtual_service_splits_what_comes_from_outside_and_what_pods_say_to_each_other(shop: Shop) -> None:
    http = [{"name": "primary", "route": weighted(30)}]
    await shop.create(ISTIO, "virtualservices", "myapp", {"hosts": [shop.host, "myapp"], "http": http})
    await shop.served()
    assert near(await shop.answers(REQUESTS), 0.3)
    assert near(await shop.call("inside", "http://myapp/", REQUESTS, mesh="true"), 0.3)
    direct = await shop.call("direct", "http://stable/", 20, mesh="true")
    assert direct == {"nginx:stable": 20}
    apart = await shop.call("apart", "http://myapp/", 1)
    assert set(apart) & {"nginx:stable", "nginx:canary"} == set()


async def test_a_changed_weight_is_served_soon_and_loses_nothing(shop: Shop) -> None:
    http = [{"name": "primary", "route": weighted(50)}]
    await shop.create(ISTIO, "virtualservices", "myapp", {"hosts": [shop.host], "http": http})
    await shop.served()
    asking = asyncio.create_task(shop.answers(REQUESTS))
    path = f"{ISTIO}/namespaces/{shop.namespace}/virtualservices/myapp"
    for share in (10, 20, 60, 0, 90, 40):
        before = shop.envoy.generation
        await shop.client.patch(path, {"spec": {"http": [{"name": "primary", "route": weighted(share)}]}})
        await shop.until(lambda _routing, before=before: shop.envoy.generation > before)
    assert set(await asking) == {"nginx:stable", "nginx:canary"}
    assert near(await shop.answers(REQUESTS), 0.4)


async def test_an_http_route_splits_and_its_status_tells_when_it_is_in_effect(shop: Shop) -> None:
    listeners = [{"name": "http", "port": 80, "protocol": "HTTP"}]
    await shop.create(GATEWAY, "gateways", "door", {"gatewayClassName": "serinus", "listeners": listeners})
    refs = [{"name": "stable", "port": 80, "weight": 75}, {"name": "canary", "port": 80, "weight": 25}]
    spec = {"parentRefs": [{"name": "door"}], "hostnames": [shop.host], "rules": [{"backendRefs": refs}]}
    await shop.create(GATEWAY, "httproutes", "myapp", spec)
    await shop.served()
    assert near(await shop.answers(REQUESTS), 0.25)
    path = f"{GATEWAY}/namespaces/{shop.namespace}/httproutes/myapp"
    refs = [{"name": "stable", "port": 80, "weight": 0}, {"name": "canary", "port": 80, "weight": 1}]
    changed = await shop.client.patch(path, {"spec": {"rules": [{"backendRefs": refs}]}})
    await told(shop, path, changed["metadata"]["generation"], {"Accepted": "True", "ResolvedRefs": "True"})
    assert await shop.answers(200) == {"nginx:canary": 200}
    refs = [{"name": "nobody", "port": 80}]
    changed = await shop.client.patch(path, {"spec": {"rules": [{"backendRefs": refs}]}})
    await told(shop, path, changed["metadata"]["generation"], {"Accepted": "True", "ResolvedRefs": "False"})
    assert await shop.answers(10) == {"500": 10}
    gateway = await shop.client.get(f"{GATEWAY}/namespaces/{shop.namespace}/gateways/door")
    assert {item["type"]: item["status"] for item in gateway["status"]["conditions"]} == {
        "Accepted": "True",
        "Programmed": "True",
    }
    assert gateway["status"]["listeners"][0]["attachedRoutes"] == 1


async def test_ports_of_connections_stand_in_the_status_of_who_opened_them(shop: Shop) -> None:
    listeners = [{"name": "db", "port": 5432, "protocol": "TCP"}]
    await shop.create(GATEWAY, "gateways", "raw", {"gatewayClassName": "serinus", "listeners": listeners})
    refs = [{"name": "stable", "port": 80, "weight": 80}, {"name": "canary", "port": 80, "weight": 20}]
    await shop.create(GATEWAY, "tcproutes", "db", {"parentRefs": [{"name": "raw"}], "rules": [{"backendRefs": refs}]})
    tcp = [{"match": [{"port": 3306}], "route": weighted(60)}]
    await shop.create(ISTIO, "virtualservices", "db", {"hosts": ["db.test"], "gateways": ["door"], "tcp": tcp})

    def listener(gateway: Any) -> Any:
        return (gateway["status"].get("listeners") or [{}])[0].get("conditions")

    of_gateway = await shop.place("gateways", "raw", listener)
    of_istio = await shop.place("virtualservices", "db", lambda service: service["status"].get("conditions"))
    for address, share in ((of_gateway, 0.2), (of_istio, 0.6)):
        await shop.served(address)
        assert near(await shop.answers(REQUESTS, address), share)
    path = f"{GATEWAY}/namespaces/{shop.namespace}/tcproutes/db"
    generation = (await shop.client.get(path))["metadata"]["generation"]
    await told(shop, path, generation, {"Accepted": "True", "ResolvedRefs": "True"})


async def told(shop: Shop, path: str, generation: int, wanted: dict[str, str]) -> None:
    """Wait until a route's status speaks of a generation; check what it says."""
    async with asyncio.timeout(LIMIT):
        while True:
            parents = (await shop.client.get(path)).get("status", {}).get("parents") or [{}]
            conditions = parents[0].get("conditions") or []
            if conditions and all(item["observedGeneration"] == generation for item in conditions):
                break
            await asyncio.sleep(0.02)
    assert parents[0]["controllerName"] == "local.serinus.dev/envoy"
    assert {item["type"]: item["status"] for item in conditions} == wanted


async def test_what_envoy_refuses_is_left_out_alone_until_it_is_mended(shop: Shop) -> None:
    good = [{"route": [{"destination": {"host": "stable"}}]}]
    await shop.create(ISTIO, "virtualservices", "good", {"hosts": [shop.host], "http": good})
    bad = [{"match": [{"headers": {"x-a": {"regex": "[[:nothing:]]"}}}], **good[0]}]
    await shop.create(ISTIO, "virtualservices", "bad", {"hosts": [f"bad.{shop.host}"], "http": bad})
    key = f"VirtualService {shop.namespace}/bad"
    await shop.until(lambda routing: any(remark.owner == key for remark in routing.left_out))
    async with asyncio.timeout(LIMIT):
        while await shop.answers(10) != {"nginx:stable": 10}:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    path = f"{ISTIO}/namespaces/{shop.namespace}/virtualservices/bad"
    await shop.client.patch(path, {"spec": {"http": good}})
    await shop.until(lambda routing: not any(remark.owner == key for remark in routing.left_out))
