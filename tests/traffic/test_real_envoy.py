"""Rollouts before a real Envoy: what their weights, headers, mirrors and cookies do to real requests."""

import asyncio
import copy
import re
import sys
from asyncio.subprocess import PIPE
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
import yaml

from chance import near
from serinus.kube import Client, ConnectionOptions, load_connection
from serinus.local.cluster import LocalCluster, Settings
from serinus.local.controller import run_controller
from serinus.local.gateways.envoy.model import Forward, Routing
from stories.manifests import (
    HOST,
    INGRESS,
    NAME,
    V1,
    V2,
    V3,
    Manifest,
    around,
    pause,
    routed,
    weight,
)
from stories.meshes import FRONT, through_gateway, through_istio, through_subsets
from visitors import Visitors, ask_inside, image

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(240), pytest.mark.asyncio(loop_scope="module")]

REQUESTS = 2000
FEW = 800
"""Where a share is not what a test is about."""
COUNT = re.compile(r"^http_requests_total{.*} ([0-9]+)$", re.MULTILINE)
LIMIT = 60.0
PLURALS = {
    "DestinationRule": "destinationrules",
    "Gateway": "gateways",
    "HTTPRoute": "httproutes",
    "Ingress": "ingresses",
    "Rollout": "rollouts",
    "Service": "services",
    "VirtualService": "virtualservices",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cluster(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LocalCluster]:
    """A cluster with a mesh and a controller, as `serinus up --mesh` starts it."""
    async with LocalCluster(Settings("envoy", root=tmp_path_factory.mktemp("envoy"), mesh=True)) as cluster:
        await run_controller(cluster)
        yield cluster


class Shop:
    """A namespace with one Rollout, and the people who ask for it."""

    def __init__(self, cluster: LocalCluster, client: Client, namespace: str) -> None:
        self.cluster = cluster
        self.client = client
        self.namespace = namespace
        self.host = f"{namespace}.example.com"
        self.visitors = Visitors(self.host)

    async def open(self, *manifests: Manifest) -> None:
        """Make everything, and wait for the first version to serve."""
        await self.client.create("/api/v1/namespaces", {"metadata": {"name": self.namespace}})
        lasting = [patient(manifest) for manifest in manifests]
        await self.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(lasting).replace(HOST, self.host))
        if "Rollout" in {manifest["kind"] for manifest in manifests}:
            await self.reaches("Healthy", 0)

    async def kubectl(self, *args: str, stdin: str = "") -> str:
        return await run("kubectl", *self._where(), *args, stdin=stdin)

    async def migrate(self, *flags: str) -> None:
        """Apply what `serinus migrate` prints."""
        printed = await run("serinus", "migrate", NAME, "--gateway", "door", "--strict", *flags, *self._where())
        await self.kubectl("apply", "-f", "-", stdin=printed)

    def _where(self) -> list[str]:
        cluster = self.cluster
        return ["--kubeconfig", str(cluster.kubeconfig), "--context", cluster.context, "-n", self.namespace]

    def path(self, version: str, kind: str, name: str = "") -> str:
        root = "/apis/" if "/" in version else "/api/"
        return f"{root}{version}/namespaces/{self.namespace}/{PLURALS[kind]}{f'/{name}' if name else ''}"

    @property
    def rollout(self) -> str:
        return self.path("argoproj.io/v1alpha1", "Rollout", NAME)

    async def update(self, version: str = V2) -> None:
        change = [{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": version}]
        await self.client.patch(self.rollout, change, kind="json")

    async def go_on(self) -> None:
        await self.client.patch(f"{self.rollout}/status", {"status": {"pauseConditions": None}})

    async def abort(self) -> None:
        await self.client.patch(f"{self.rollout}/status", {"status": {"abort": True}})

    async def until(self, phase: str, canary: int) -> None:
        """Wait for a phase and the canary's weight in the status, and for Envoy to serve it."""
        await self.reaches(phase, canary)
        async with asyncio.timeout(LIMIT):
            await self.cluster.envoy.until(lambda routing: _is_weighted(_weights(routing, self.host), canary))

    async def reaches(self, phase: str, canary: int) -> None:
        """Wait for a phase and the canary's weight in the status."""
        try:
            async with asyncio.timeout(LIMIT):
                while not _is_at(await self.client.get(self.rollout), phase, canary):  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
        except TimeoutError:
            status = (await self.client.get(self.rollout)).get("status")
            raise AssertionError(f"it does not come to {phase} at {canary}: {status}") from None

    async def outside(self, count: int = REQUESTS, path: str = "/", **headers: str) -> Counter[str]:
        return await self.visitors.ask(self.cluster.gateways["envoy"], count, path, **headers)

    async def inside(self, pod: str, url: str, count: int = REQUESTS) -> Counter[str]:
        return await ask_inside(self.client, f"{self.namespace}/{pod}", url, count, mesh="true")

    async def counted(self, version: str) -> int:
        """How many requests the pods of a version have answered by their own count."""
        pods = (await self.client.get(f"/api/v1/namespaces/{self.namespace}/pods"))["items"]
        places = [
            re.search(r"127\.0\.0\.1:[0-9]+", pod["metadata"]["annotations"]["local.serinus.dev/listens"])
            for pod in pods
            if pod["spec"]["containers"][0]["image"] == version
        ]
        async with aiohttp.ClientSession() as session:
            texts = [await (await session.get(f"http://{place[0]}/metrics")).text() for place in places if place]
        return sum(int(count) for text in texts for count in COUNT.findall(text))


async def run(program: str, *args: str, stdin: str = "") -> str:
    """Run a program of this environment; returns what it printed."""
    argv = [str(Path(sys.executable).parent / program), *args]
    process = await asyncio.create_subprocess_exec(*argv, stdin=PIPE, stdout=PIPE, stderr=PIPE)
    async with asyncio.timeout(LIMIT):
        printed, told = await process.communicate(stdin.encode())
    assert process.returncode == 0, told.decode()
    return printed.decode()


def _is_at(found: Manifest, phase: str, canary: int) -> bool:
    status = found.get("status", {})
    seen = status.get("canary", {}).get("weights", {}).get("canary", {}).get("weight", 0)
    is_seen = status.get("observedGeneration") == str(found["metadata"]["generation"])
    return bool(is_seen and (status.get("phase"), seen) == (phase, canary))


def _weights(routing: Routing, host: str) -> set[float]:
    """The canary's shares, in percent, of what a host's routes split or send to one alone."""
    actions = [route.action for found in routing.outside if host in found.domains for route in found.routes]
    splits = [action.shares for action in actions if isinstance(action, Forward) and action.shares]
    return {100.0 * _canary(shares) / sum(share.weight for share in shares) for shares in splits}


def _is_weighted(weights: set[float], canary: int) -> bool:
    """Whether a canary has its share; routes for sessions give one version all, so no share at all is asked of each."""
    return canary in weights if canary else weights == {0}


def _canary(shares: Any) -> int:
    return sum(share.weight for share in shares if "canary" in share.cluster)


BEFORE = {V2: V1, V3: V2}


def share(seen: Counter[str], version: str = V2) -> float:
    """A version's part; nobody else than it and the one before may have answered."""
    assert set(seen) <= {BEFORE[version], version}, seen
    return seen[version] / seen.total()


def patient(manifest: Manifest) -> Manifest:
    """Let pods answer for a while when they are told to end, as gateways hear of it at the same time."""
    changed = copy.deepcopy(manifest)
    if manifest["kind"] == "Rollout":
        for container in changed["spec"]["template"]["spec"]["containers"]:
            container["env"] = [{"name": "DRAIN_MS", "value": "3000"}]
    return changed


@pytest_asyncio.fixture(loop_scope="module")
async def shop(cluster: LocalCluster, request: pytest.FixtureRequest) -> AsyncIterator[Shop]:
    options = ConnectionOptions(kubeconfig=str(cluster.kubeconfig), context=cluster.context)
    async with Client(load_connection(options)) as client:
        shop = Shop(cluster, client, "shop-" + str(abs(hash(request.node.name)))[:8])
        yield shop
        await client.delete(f"/api/v1/namespaces/{shop.namespace}")


async def test_subsets_of_a_destination_rule_are_split_inside_and_outside(shop: Shop) -> None:
    await shop.open(*through_subsets(weight(10), pause(), weight(60), pause()))
    assert await shop.outside(100) == {V1: 100}
    await shop.update()
    for number, percent in enumerate((10, 60)):
        await shop.until("Paused", percent)
        assert near(share(await shop.outside()), percent / 100)
        assert near(share(await shop.inside(f"caller-{number}", "http://myapp/")), percent / 100)
        await (shop.go_on() if number == 0 else shop.abort())
    await shop.until("Degraded", 0)
    assert await shop.outside(300) == {V1: 300}
    assert await shop.inside("caller-2", "http://myapp/", 300) == {V1: 300}


async def test_headers_and_mirrors_of_an_http_route_meet_real_requests(shop: Shop) -> None:
    header = {"name": "testers", "match": [{"headerName": "X-Test", "headerValue": {"exact": "yes"}}]}
    mirror = {"name": "shadow", "percentage": 35, "match": [{"path": {"prefix": "/shadow"}}]}
    steps = (weight(20), {"setHeaderRoute": header}, {"setMirrorRoute": mirror}, pause(), weight(70), pause())
    await shop.open(*through_gateway(*steps, managed=("testers", "shadow")))
    await shop.update()
    for percent in (20, 70):
        await shop.until("Paused", percent)
        await shop.cluster.envoy.until(lambda routing: 100 in _weights(routing, shop.host))
        assert await shop.outside(200, X_Test="yes") == {V2: 200}
        assert near(share(await shop.outside(FEW, X_Test="no")), percent / 100, FEW)
        before = await shop.counted(V2)
        answers = await shop.outside(path="/shadow/1")
        assert near(share(answers), percent / 100)
        assert near((await shop.counted(V2) - before - answers[V2]) / REQUESTS, 0.35)
        await shop.go_on()
    await shop.until("Healthy", 0)
    assert await shop.outside(200, X_Test="yes") == {V2: 200}
    assert await shop.outside(200) == {V2: 200}


@pytest.mark.parametrize("through", [through_gateway, through_istio])
async def test_a_session_stays_with_its_version_while_weights_grow_and_ends_on_abort(
    shop: Shop, through: Callable[..., list[Manifest]]
) -> None:
    await shop.open(*through(weight(50), pause(), weight(80), pause(), sessionAffinity={}))
    await shop.update()
    await shop.until("Paused", 50)
    url = f"http://{shop.cluster.gateways['envoy']}/"
    browsers = [
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True), headers={"Host": shop.host}) for _ in range(40)
    ]
    try:
        first = [await image(browser, url) for browser in browsers]
        assert set(first) == {V1, V2}
        assert [await image(browser, url) for browser in browsers] == first
        await shop.go_on()
        await shop.until("Paused", 80)
        assert [await image(browser, url) for browser in browsers] == first
        assert near(share(await shop.outside(FEW)), 0.8, FEW)
        await shop.abort()
        await shop.until("Degraded", 0)
        assert {await image(browser, url) for browser in browsers} == {V1}
    finally:
        for browser in browsers:
            await browser.close()


async def test_what_migrate_prints_brings_a_rollout_from_nginx_to_a_gateway(shop: Shop) -> None:
    steps = (weight(30), pause(), weight(100))
    await shop.open(*around(), FRONT, routed(steps))
    await shop.migrate("--keep-nginx")
    await shop.until("Healthy", 0)
    await shop.update()
    await shop.until("Paused", 30)
    for gateway in ("envoy", "nginx"):
        seen = await shop.visitors.ask(shop.cluster.gateways[gateway], FEW)
        assert near(share(seen), 0.3, FEW)
    await shop.go_on()
    await shop.until("Healthy", 0)
    await shop.migrate()
    await shop.client.delete(shop.path("networking.k8s.io/v1", "Ingress", INGRESS))
    found = (await shop.client.get(shop.rollout))["spec"]["strategy"]["canary"]["trafficRouting"]
    assert list(found) == ["plugins"]
    await shop.update(V3)
    await shop.until("Paused", 30)
    assert near(share(await shop.outside(FEW), V3), 0.3, FEW)
    await shop.go_on()
    await shop.until("Healthy", 0)
    assert await shop.outside(200) == {V3: 200}
