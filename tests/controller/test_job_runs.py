"""Metrics by Jobs on a real cluster: the real Job controller makes the pods, and they run as processes."""

import json
import time
from typing import Any

import pytest

from controller.process import ControllerProcess
from controller.test_analysis_runs import Bench, Manifest

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(120)]


@pytest.fixture
def bench(cluster: Any, namespace: str, controller: ControllerProcess) -> Bench:
    return Bench(cluster, namespace)


def job(*command: str, name: str = "smoke", image: str = "smoke:1", **fields: Any) -> Manifest:
    container = {"name": "smoke", "image": image} | ({"command": list(command)} if command else {})
    template = {"spec": {"restartPolicy": "Never", "containers": [container]}}
    return {"name": name, "provider": {"job": {"spec": {"backoffLimit": 0, "template": template}}}} | fields


def jobs(bench: Bench) -> list[Manifest]:
    items: list[Manifest] = json.loads(bench.kubectl("get", "jobs", "-o", "json"))["items"]
    return items


def test_the_end_of_a_job_is_the_verdict(bench: Bench) -> None:
    bench.run("good", job("/bin/true"))
    bench.run("bad", job("/bin/false"))
    good, bad = bench.end("good"), bench.end("bad")
    assert (good["phase"], bad["phase"]) == ("Successful", "Failed")
    (measurement,) = bad["metricResults"][0]["measurements"]
    name = measurement["metadata"]["job-name"]
    assert measurement["message"].startswith(f"Job {name} failed: BackoffLimitExceeded: ")
    owners = {item["metadata"]["name"]: item["metadata"]["ownerReferences"][0]["name"] for item in jobs(bench)}
    assert owners[name] == "bad"
    assert measurement["metadata"]["job-namespace"] == bench.namespace


def test_an_image_that_cannot_be_pulled_is_no_success(bench: Bench) -> None:
    bench.run("lost", job(image="registry.invalid/nothing:here"))
    status = bench.end("lost")
    (measurement,) = status["metricResults"][0]["measurements"]
    assert (status["phase"], measurement["phase"]) == ("Inconclusive", "Inconclusive")
    assert "could not run: image registry.invalid/nothing:here (ImagePullBackOff)" in measurement["message"]
    assert gone(bench)


def test_a_run_that_is_ended_takes_its_job_with_it(bench: Bench) -> None:
    bench.run("long", job("/bin/sleep", "600"))
    bench.wait("long", lambda status: status.get("metricResults") and jobs(bench))
    bench.kubectl("patch", "analysisrun", "long", "--type=merge", "-p", '{"spec":{"terminate":true}}')
    status = bench.end("long")
    (measurement,) = status["metricResults"][0]["measurements"]
    assert measurement["phase"] == "Inconclusive"
    assert gone(bench)


def test_old_jobs_are_removed(bench: Bench) -> None:
    retention = [{"metricName": "smoke", "limit": 1}]
    bench.run("often", job("/bin/true", count=3, interval="100ms"), measurementRetention=retention)
    status = bench.end("often")
    assert (status["phase"], status["metricResults"][0]["count"]) == ("Successful", 3)
    assert gone(bench, left=1)
    assert [item["metadata"]["name"].rpartition(".")[2] for item in jobs(bench)] == ["3"]


def gone(bench: Bench, left: int = 0, limit: float = 30.0) -> bool:
    """Whether no more Jobs are left, soon."""
    deadline = time.monotonic() + limit
    while len(jobs(bench)) > left and time.monotonic() < deadline:
        time.sleep(0.1)
    return len(jobs(bench)) == left
