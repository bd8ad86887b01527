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
from serinus.demo.scenarios.column import FIRST, SECOND
from serinus.demo.traffic import Traffic
from serinus.demo.watch import until
from serinus.local.cluster import LocalCluster, Settings
from serinus.local.controller import run_controller

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("prometheus")]

LIMIT = "80s"
INTERVAL = "2s"
QUERY = """\
sum(rate(http_requests_total{status=~"2.*",service="{{args.service-name}}"}[5m]))
/ sum(rate(http_requests_total{service="{{args.service-name}}"}[5m]))
"""


class Runs(msgspec.Struct):
    """What kubectl lists."""

    items: tuple[AnalysisRun, ...]


class Shop:
    """The article's app in a namespace of its own, and with its own names: the query asks for a Service by name."""

    def __init__(self, cluster: LocalCluster, folder: Path, name: str) -> None:
        self.name = name
        self.traffic = Traffic(cluster.gateways["nginx"], f"{name}.example.com", (FIRST, SECOND), faulty=(SECOND,))
        self._folder = folder
        self._kubectl = Kubectl(cluster.processes, cluster.kubeconfig, folder)

    async def kubectl(self, *args: str) -> str:
        return (await self._kubectl.run(*args, "--namespace", self.name)).decode()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Serve the first version under traffic; of the article only the time between measurements is changed."""
        documents: list[dict[str, Any]] = list(
            yaml.safe_load_all(manifest("analysis.yaml").replace("myapp", self.name))
        )
        (metric,) = next(item for item in documents if item["kind"] == "AnalysisTemplate")["spec"]["metrics"]
        assert metric["provider"]["prometheus"]["query"] == QUERY
        metric["interval"] = INTERVAL
        (self._folder / f"{self.name}.yaml").write_text(yaml.safe_dump_all(documents))
        await self._kubectl.run("create", "namespace", self.name)
        await self.kubectl("apply", "-f", f"{self.name}.yaml")
        await self.phase("Healthy")
        running = asyncio.create_task(self.traffic.run())
        await asyncio.sleep(3)  # what the first version answered must not count for the second
        try:
            yield
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    async def update(self, errors: str) -> None:
        """Bring the second version; a part of its answers are errors."""
        change = {"image": SECOND, "env": [{"name": "ERROR_RATE", "value": errors}]}
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

    async def ended_run(self) -> AnalysisRun:
        """The one run of the update, when it has a verdict."""
        for _ in range(400):
            runs = msgspec.json.decode(await self.kubectl("get", "analysisruns", "-o", "json"), type=Runs).items
            if runs and runs[0].status.phase not in {"", "Pending", "Running"}:
                assert len(runs) == 1
                return runs[0]
            await asyncio.sleep(0.2)
        raise AssertionError(f"no analysis has ended: {runs}")

    async def only_image(self) -> set[str]:
        """Who answers the next thousand requests."""
        sample = self.traffic.measure()
        assert await until(lambda: sample.answers.total() >= 1000, 60)
        return set(sample.answers)

    async def ingresses(self) -> set[str]:
        return set((await self.kubectl("get", "ingresses", "-o", "name")).split())


@asynccontextmanager
async def judged_cluster(folder: Path) -> AsyncIterator[LocalCluster]:
    async with LocalCluster(Settings("judged", root=folder, prometheus=True)) as cluster:
        await run_controller(cluster)
        yield cluster


async def test_a_good_version_goes_on(tmp_path: Path) -> None:
    async with judged_cluster(tmp_path) as cluster:
        shop = Shop(cluster, tmp_path, "good")
        async with shop.serving():
            await shop.update("0")
            run = await shop.ended_run()
            await shop.phase("Paused")
    assert (run.status.phase, run.status.message) == ("Successful", "")
    ratios = [one.ratio for one in measured(run) if one.ratio is not None]
    assert ratios
    assert all(ratio == pytest.approx(1.0) for ratio in ratios)
    tally = shop.traffic.tally
    assert (tally.failed, tally.failures, tally.errors.total()) == (0, [], 0)


async def test_a_version_that_answers_with_errors_is_rolled_back_and_nobody_touches_it(tmp_path: Path) -> None:
    async with judged_cluster(tmp_path) as cluster:
        shop = Shop(cluster, tmp_path, "bad")
        async with shop.serving():
            await shop.update("20%")
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


async def test_an_analysis_outlives_a_prometheus_that_is_killed(tmp_path: Path) -> None:
    async with judged_cluster(tmp_path) as cluster:
        shop = Shop(cluster, tmp_path, "good")
        async with shop.serving():
            await shop.update("0")
            await shop.kubectl(
                "wait", "rollout", shop.rollout, "--for=jsonpath={.status.currentStepIndex}=1", f"--timeout={LIMIT}"
            )
            (killed,) = processes_of(cluster.state)
            os.kill(killed, signal.SIGKILL)
            run = await shop.ended_run()
            (alive,) = processes_of(cluster.state)
    assert alive != killed
    assert run.status.phase == "Successful"
