"""The article's difference: who splits what services say to each other."""

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from serinus.demo.article import manifest
from serinus.demo.caller import Batch
from serinus.demo.check import offences
from serinus.demo.kubectl import Kubectl
from serinus.demo.row import Row
from serinus.demo.scenario import Wanted
from serinus.demo.scenarios.column import FIRST, IMAGES, ROLLOUT, SECOND, STABLE
from serinus.demo.traffic import Traffic
from serinus.demo.watch import until
from serinus.local.cluster import LocalCluster, Settings
from serinus.local.controller import run_controller
from serinus.local.gateways.envoy.model import Forward, Routing

pytestmark = pytest.mark.cluster

LIMIT = 60.0
WEIGHT = 10


class Shop:
    """One of the article's set-ups in a namespace of its own, with a pod that calls the app."""

    def __init__(self, cluster: LocalCluster, folder: Path, name: str) -> None:
        self.name = name
        self._folder = folder
        self._kubectl = Kubectl(cluster.processes, cluster.kubeconfig, folder)

    async def kubectl(self, *args: str) -> bytes:
        return await self._kubectl.run(*args, "--namespace", self.name)

    async def apply(self, name: str) -> None:
        (self._folder / name).write_text(manifest(name))
        await self.kubectl("apply", "-f", name)

    async def update(self) -> None:
        """Serve the first version, and give the second one its first part."""
        await self._kubectl.run("create", "namespace", self.name)
        await self.apply(f"{self.name}.yaml")
        await self.kubectl("wait", "--for=jsonpath={.status.phase}=Healthy", f"rollout/{ROLLOUT}", "--timeout=50s")
        await self.kubectl("argo", "rollouts", "set", "image", ROLLOUT, f"nginx={SECOND}")
        await self.kubectl("wait", "--for=jsonpath={.status.phase}=Paused", f"rollout/{ROLLOUT}", "--timeout=50s")

    async def call(self) -> None:
        """Let the pod call."""
        await self.apply("caller.yaml")
        await self.kubectl("wait", "--for=condition=Ready", "pod/caller", "--timeout=50s")

    async def inside(self, since: float) -> Counter[str]:
        """Whom the pod has met since then, or what went wrong."""
        lines = (await self.kubectl("logs", "caller")).splitlines()
        batches = msgspec.json.decode(b"[" + b",".join(lines) + b"]", type=list[Batch])
        outcomes = (outcome for batch in batches for outcome in batch.outcomes)
        return Counter(outcome.failure or outcome.image for outcome in outcomes if outcome.sent >= since)


async def shares(shop: Shop, address: str, is_served: Callable[[], bool], wanted: Wanted) -> Row:
    """Ask from outside and from inside while both versions are there."""
    traffic = Traffic(address, "myapp.example.com", IMAGES)
    running = asyncio.create_task(traffic.run())
    try:
        first = traffic.measure()
        assert await until(lambda: first.answers[SECOND] > 0 and is_served(), LIMIT)
        sample = traffic.measure()
        assert await until(lambda: sample.answers.total() >= wanted.requests, LIMIT)
        async with asyncio.timeout(LIMIT):
            while (inside := await shop.inside(sample.since)).total() < wanted.requests:  # noqa: ASYNC110
                await asyncio.sleep(0.5)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    return Row(title=shop.name, wanted=wanted, answers=dict(sample.answers), second=dict(inside))


def is_split_inside(routing: Routing, namespace: str) -> bool:
    """Whether Envoy knows two destinations for what pods of a namespace send to the stable Service."""
    hosts = dict(routing.inside).get(namespace, ())
    routes = (route for host in hosts if STABLE in host.domains for route in host.routes)
    return any(isinstance(route.action, Forward) and len(route.action.shares) == 2 for route in routes)


@pytest.mark.timeout(400)
async def test_nginx_splits_what_comes_from_outside_and_istio_also_what_services_say_to_each_other(
    tmp_path: Path,
) -> None:
    wanted = Wanted(weight=WEIGHT, new=SECOND, stable=FIRST, requests=2000)
    found: list[str] = []
    async with LocalCluster(Settings("inside", root=tmp_path, mesh=True)) as cluster:
        await run_controller(cluster)
        envoy = cluster.envoy
        shops = {name: Shop(cluster, tmp_path, name) for name in ("nginx", "istio")}
        await asyncio.gather(*(shop.update() for shop in shops.values()))
        for name, gateway, part in (("nginx", "nginx", 0), ("istio", "envoy", WEIGHT)):
            shop = shops[name]
            await shop.call()
            is_served = lambda name=name, part=part: is_split_inside(envoy.routing, name) is bool(part)  # noqa: E731
            row = await shares(shop, cluster.gateways[gateway], is_served, replace(wanted, second=part))
            found += offences(row)
            await shop.kubectl("delete", "pod", "caller", "--wait=false")
    assert found == []
