"""Adoption and exit on the real cluster, under traffic: no request fails, and there is never a pod too few."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from controller.process import ControllerProcess
from stories.manifests import HOST, INGRESS, STABLE, V1, V2, ingress, routed, service, template
from stories.requests import Requests

pytestmark = pytest.mark.cluster

DRAIN = "2"
REPLICAS = 2


@pytest.fixture
def controller(cluster: Any, namespace: str, tmp_path: Path) -> Iterator[ControllerProcess]:
    """The controller, with a drain time as short as this cluster's gateway allows."""
    process = ControllerProcess(cluster, namespace, tmp_path / "controller.log", f"--drain-seconds={DRAIN}")
    process.start()
    yield process
    process.stop()


class Shop:
    """The app in a namespace of its own."""

    def __init__(self, cluster: Any, namespace: str) -> None:
        self._cluster, self._namespace = cluster, namespace
        self.ready: list[int] = []
        """How many pods were ready, again and again."""

    def kubectl(self, *args: str, stdin: str | None = None) -> str:
        return str(self._cluster.kubectl("-n", self._namespace, *args, stdin=stdin))

    def get(self, *what: str) -> Any:
        return json.loads(self.kubectl("get", *what, "-o", "json"))

    def create(self, *manifests: Any) -> None:
        items = {"apiVersion": "v1", "kind": "List", "items": manifests}
        host = f"{self._namespace}.example.com"
        self.kubectl("create", "-f", "-", stdin=json.dumps(items).replace(HOST, host))

    def collect_garbage(self) -> None:
        """See the Rollout's pods end; a cluster that has just begun looks much later for what has lost its owner."""
        mine = ("-l", "rollouts-pod-template-hash")
        self.kubectl("delete", "replicasets", *mine, "--wait=false")
        self.kubectl("wait", "pod", *mine, "--for=delete", "--timeout=30s")

    async def serinus(self, *args: str) -> tuple[int, str]:
        """The program as a user calls it; its exit code and what it said."""
        flags = ("-n", self._namespace, "--kubeconfig", str(self._cluster.kubeconfig), "--context")
        argv = (sys.executable, "-m", "serinus", *args, *flags, self._cluster.context)
        pipe, both = asyncio.subprocess.PIPE, asyncio.subprocess.STDOUT
        process = await asyncio.create_subprocess_exec(*argv, stdout=pipe, stderr=both)
        said, _ = await process.communicate()
        assert process.returncode is not None
        return process.returncode, said.decode()

    @asynccontextmanager
    async def served(self) -> AsyncIterator[None]:
        """Steady requests, of which none may fail; and a look at the pods."""
        gateway, host = self._cluster.gateways["nginx"], f"{self._namespace}.example.com"
        async with Requests(gateway, host) as requests:
            async with asyncio.timeout(30):
                while not requests.is_steady:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            watching = asyncio.create_task(self._count())
            try:
                yield
            finally:
                watching.cancel()
                with suppress(asyncio.CancelledError):
                    await watching
        assert not requests.failures, f"{len(requests.failures)} requests failed: {requests.failures[:3]}"
        assert min(self.ready) >= REPLICAS, self.ready

    async def _count(self) -> None:
        while True:
            pods = (await asyncio.to_thread(self.get, "pods"))["items"]
            self.ready.append(sum(is_ready(pod) for pod in pods))
            await asyncio.sleep(0.2)


def is_ready(pod: Any) -> bool:
    conditions = pod["status"].get("conditions") or []
    is_serving = any((item["type"], item["status"]) == ("Ready", "True") for item in conditions)
    return is_serving and "deletionTimestamp" not in pod["metadata"]


def deployment() -> Any:
    spec = {"replicas": REPLICAS, "selector": {"matchLabels": {"app": "myapp"}}, "template": template(V1)}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec}


def owners(pods: Any) -> set[str]:
    """The names of the ReplicaSets that pods belong to, without their hashes."""
    return {pod["metadata"]["ownerReferences"][0]["name"].rpartition("-")[0] for pod in pods["items"] if is_ready(pod)}


@pytest.mark.usefixtures("controller")
async def test_a_rollout_takes_over_and_gives_back_and_no_request_is_lost(cluster: Any, namespace: str) -> None:
    shop = Shop(cluster, namespace)
    shop.create(service(STABLE), ingress(), deployment())
    shop.kubectl("rollout", "status", "deployment/web", "--timeout=60s")
    async with shop.served():
        code, said = await shop.serinus("adopt", "web", "--name", "shop", "--strategy", "blueGreen")
        assert (code, said.splitlines()[-1]) == (0, "Deployment web is adopted: Rollout shop serves with 2 pods"), said
        assert owners(shop.get("pods")) == {"shop"}
        assert "rollouts-pod-template-hash" in shop.get("service", STABLE)["spec"]["selector"]
        code, said = await shop.serinus("eject", "shop", "--drain-seconds", DRAIN)
        assert (code, said.splitlines()[-1]) == (0, "The Rollout is gone: Deployment web serves with 2 pods"), said
        assert shop.get("service", STABLE)["spec"]["selector"] == {"app": "myapp"}
        shop.collect_garbage()
    assert owners(shop.get("pods")) == {"web"}
    assert "rollout.serinus.dev/replicas-before" not in shop.get("deployment", "web")["metadata"].get("annotations", {})


@pytest.mark.usefixtures("controller")
async def test_a_rollout_of_its_own_becomes_a_deployment(cluster: Any, namespace: str) -> None:
    shop = Shop(cluster, namespace)
    canary = routed(({"setWeight": 50}, {"pause": {}}), replicas=REPLICAS, scaleDownDelaySeconds=1)
    shop.create(service(STABLE), service("myapp-canary-svc"), ingress(), canary)
    shop.kubectl("wait", "rollout", "myapp-rollout", "--for=condition=Healthy", "--timeout=60s")
    async with shop.served():
        await shop.serinus("set", "image", "myapp-rollout", f"nginx={V2}")
        shop.kubectl("wait", "rollout", "myapp-rollout", "--for=jsonpath={.status.phase}=Paused", "--timeout=60s")
        flags = ("--force", "--name", "web", "--drain-seconds", DRAIN)
        code, said = await shop.serinus("eject", "myapp-rollout", *flags)
        assert (code, said.splitlines()[-1]) == (0, "The Rollout is gone: Deployment web serves with 2 pods"), said
        shop.collect_garbage()
    assert owners(shop.get("pods")) == {"web"}
    assert [item["metadata"]["name"] for item in shop.get("ingresses")["items"]] == [INGRESS]
