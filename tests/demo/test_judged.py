"""The article's stories of success and failure: a real Prometheus, and real error responses."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from scraping import processes_of
from serinus.api.analysis import AnalysisRun
from serinus.demo.analysis import measured
from serinus.demo.article import manifest
from serinus.demo.kubectl import Kubectl
from serinus.demo.scenarios.column import FIRST, IMAGES, REPLICAS, SECOND, THIRD
from serinus.demo.traffic import Traffic
from serinus.demo.watch import until
from serinus.local.cluster import LocalCluster, Settings
from serinus.local.controller import run_controller
from serinus.local.gateways.routing import Routing

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("prometheus")]

LIMIT = "80s"
INTERVAL = "2s"
RATE = 150
DOCUMENT = Path(__file__).parents[2] / "docs" / "analysis.md"
QUERY = """\
sum(rate(http_requests_total{status=~"2.*",service="{{args.service-name}}"}[5m]))
/ sum(rate(http_requests_total{service="{{args.service-name}}"}[5m]))
"""


def article(name: str) -> list[dict[str, Any]]:
    """The article's manifests with names of one's own: its query asks for a Service by name."""
    documents: list[dict[str, Any]] = list(yaml.safe_load_all(manifest("analysis.yaml").replace("myapp", name)))
    (metric,) = documents[3]["spec"]["metrics"]
    assert metric["provider"]["prometheus"]["query"] == QUERY
    return documents


def by_version(name: str) -> list[dict[str, Any]]:
    """The same with the query that our documentation advises."""
    documents = article(name)
    advice = DOCUMENT.read_text().partition("A query that names the version has no past")[2]
    documents[3]["spec"] = yaml.safe_load(advice.partition("```yaml")[2].partition("```")[0])["spec"]
    (step,) = [step for step in documents[4]["spec"]["strategy"]["canary"]["steps"] if "analysis" in step]
    step["analysis"]["args"] = [{"name": "hash", "valueFrom": {"podTemplateHashValue": "Latest"}}]
    return documents


class Runs(msgspec.Struct):
    """What kubectl lists."""

    items: tuple[AnalysisRun, ...]


class Shop:
    """The article's app in a namespace of its own."""

    def __init__(self, cluster: LocalCluster, folder: Path, name: str) -> None:
        self.name = name
        self.traffic = Traffic(cluster.gateways["nginx"], f"{name}.example.com", IMAGES, faulty=(SECOND, THIRD))
        self.traffic.rate = RATE
        self._nginx = cluster.nginx
        self._folder = folder
        self._kubectl = Kubectl(cluster.processes, cluster.kubeconfig, folder)

    def _served(self, routing: Routing) -> set[str]:
        """Where requests from outside go."""
        servers = [server for server in routing.servers if server.host == f"{self.name}.example.com"]
        backends = [location.backend for server in servers for location in server.locations if location.backend]
        return {address for backend in backends for address in backend.addresses}

    async def kubectl(self, *args: str) -> str:
        return (await self._kubectl.run(*args, "--namespace", self.name)).decode()

    @asynccontextmanager
    async def serving(self, *documents: dict[str, Any]) -> AsyncIterator[None]:
        """Serve the first version under traffic; only the time between measurements is shorter than it is written."""
        for document in documents:
            if document["kind"] == "AnalysisTemplate":
                document["spec"]["metrics"][0]["interval"] = INTERVAL
        (self._folder / f"{self.name}.yaml").write_text(yaml.safe_dump_all(documents))
        await self._kubectl.run("create", "namespace", self.name)
        await self.kubectl("apply", "-f", f"{self.name}.yaml")
        await self.phase("Healthy")
        await self._nginx.until(lambda routing: len(self._served(routing)) == REPLICAS)
        running = asyncio.create_task(self.traffic.run())
        await asyncio.sleep(3)  # what the first version answered must not count for the second
        try:
            yield
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    async def update(self, image: str, errors: str) -> None:
        """Bring a version; a part of its answers are errors."""
        change = {"image": image, "env": [{"name": "ERROR_RATE", "value": errors}]}
        container = "/spec/template/spec/containers/0"
        patch = [{"op": "add", "path": f"{container}/{key}", "value": value} for key, value in change.items()]
        await self.kubectl("patch", "rollout", self.rollout, "--type=json", "-p", msgspec.json.encode(patch).decode())

    @property
    def rollout(self) -> str:
        return f"{self.name}-rollout"

    async def phase(self, wanted: str) -> None:
        await self.kubectl(
            "wait", f"rollout/{self.rollout}", f"--for=jsonpath={{.status.phase}}={wanted}", f"--timeout={LIMIT}"
        )

    async def message(self) -> str:
        return await self.kubectl("get", "rollout", self.rollout, "-o", "jsonpath={.status.message}")

    async def ended_run(self, revision: int = 2) -> AnalysisRun:
        """The one run of an update, when it has a verdict."""
        for _ in range(80):
            runs = msgspec.json.decode(await self.kubectl("get", "analysisruns", "-o", "json"), type=Runs).items
            ended = [run for run in runs if run.status.phase not in {"", "Pending", "Running"}]
            if len(ended) == revision - 1:
                return max(ended, key=lambda run: str(run.metadata.creation_timestamp))
            await asyncio.sleep(1)
        raise AssertionError(f"no analysis has ended: {runs}")

    async def only_image(self) -> set[str]:
        """Who answers the next requests."""
        sample = self.traffic.measure()
        assert await until(lambda: sample.answers.total() >= 500, 60)
        return set(sample.answers)

    async def ingresses(self) -> set[str]:
        return set((await self.kubectl("get", "ingresses", "-o", "name")).split())


@asynccontextmanager
async def judged_cluster(folder: Path) -> AsyncIterator[LocalCluster]:
    async with LocalCluster(Settings("judged", root=folder, prometheus=True)) as cluster:
        await run_controller(cluster)
        yield cluster


async def test_a_version_that_answers_with_errors_is_rolled_back_and_nobody_touches_it(tmp_path: Path) -> None:
    async with judged_cluster(tmp_path) as cluster:
        shop = Shop(cluster, tmp_path, "bad")
        async with shop.serving(*article(shop.name)):
            await shop.update(SECOND, "20%")
            run = await shop.ended_run()
            await shop.phase("Degraded")
            message = await shop.message()
            await cluster.nginx.until(lambda routing: ("bad", "bad-canary-svc") not in routing.receivers)
            assert await shop.only_image() == {FIRST}
            assert await shop.ingresses() == {"ingress.networking.k8s.io/bad-ingress"}
    assert run.status.phase == "Failed"
    assert run.status.message.startswith('Metric "success-rate" assessed Failed due to failed (2) > failureLimit (1)')
    assert message == (
        "RolloutAborted: Rollout aborted update to revision 2: Step-based analysis phase error/failed: "
        + run.status.message
    )
    ratios = [one.ratio for one in measured(run) if one.ratio is not None]
    assert ratios
    assert all(ratio == pytest.approx(0.8, abs=0.05) for ratio in ratios)
    tally = shop.traffic.tally
    assert (tally.failed, tally.failures) == (0, [])
    assert tally.errors[SECOND] > 0


async def test_a_good_version_goes_on_although_prometheus_is_killed_in_between(tmp_path: Path) -> None:
    async with judged_cluster(tmp_path) as cluster:
        shop = Shop(cluster, tmp_path, "good")
        async with shop.serving(*article(shop.name)):
            await shop.update(SECOND, "0")
            await shop.kubectl(
                "wait", "rollout", shop.rollout, "--for=jsonpath={.status.currentStepIndex}=1", f"--timeout={LIMIT}"
            )
            (killed,) = processes_of(cluster.state)
            os.kill(killed, signal.SIGKILL)
            run = await shop.ended_run()
            (alive,) = processes_of(cluster.state)
    assert alive != killed
    assert (run.status.phase, run.status.message) == ("Successful", "")
    ratios = [one.ratio for one in measured(run) if one.ratio is not None]
    assert ratios
    assert all(ratio == pytest.approx(1.0) for ratio in ratios)
    tally = shop.traffic.tally
    assert (tally.failed, tally.failures, tally.errors.total()) == (0, [], 0)


async def test_a_query_that_names_the_version_finds_a_bad_one_right_after_a_good_one(tmp_path: Path) -> None:
    async with judged_cluster(tmp_path) as cluster:
        shop = Shop(cluster, tmp_path, "two")
        async with shop.serving(*by_version(shop.name)):
            await shop.update(SECOND, "0")
            good = await shop.ended_run()
            await shop.kubectl("argo", "rollouts", "promote", shop.rollout, "--full")
            await shop.phase("Healthy")
            await shop.update(THIRD, "20%")
            bad = await shop.ended_run(3)
            await shop.phase("Degraded")
    assert [good.status.phase, bad.status.phase] == ["Successful", "Failed"]
    assert (shop.traffic.tally.failures, set(shop.traffic.tally.errors)) == ([], {THIRD})
