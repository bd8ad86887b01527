"""Experiments on a real API server, with real pods and real Jobs."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from controller.process import ControllerProcess
from experiment.play import template

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(240)]

NAME = "compare"


class Laboratory:
    """A namespace with one Experiment."""

    def __init__(self, cluster: Any, namespace: str) -> None:
        self._cluster = cluster
        self._namespace = namespace

    def kubectl(self, *args: str, stdin: Any = None) -> str:
        text = None if stdin is None else json.dumps(stdin)
        return self._cluster.kubectl("-n", self._namespace, *args, stdin=text)

    def create(self, *templates: dict[str, Any], **spec: Any) -> None:
        self.put("Experiment", NAME, {"templates": list(templates), **spec})

    def put(self, kind: str, name: str, spec: dict[str, Any]) -> None:
        manifest = {"apiVersion": "argoproj.io/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": spec}
        self.kubectl("create", "-f", "-", stdin=manifest)

    def patch(self, body: dict[str, Any]) -> None:
        self.kubectl("patch", "experiment", NAME, "--type", "merge", "-p", json.dumps(body))

    def items(self, kind: str) -> list[dict[str, Any]]:
        return json.loads(self.kubectl("get", kind, "-o", "json"))["items"]

    @property
    def status(self) -> dict[str, Any]:
        return json.loads(self.kubectl("get", "experiment", NAME, "-o", "json")).get("status", {})

    @property
    def serving(self) -> list[str]:
        """The images of pods that serve, in order."""
        found = []
        for pod in self.items("pods"):
            conditions = {item["type"]: item["status"] for item in pod["status"].get("conditions", [])}
            if conditions.get("Ready") == "True" and "deletionTimestamp" not in pod["metadata"]:
                found.append(pod["spec"]["containers"][0]["image"])
        return sorted(found)

    def until(self, what: Callable[[], bool], seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not what():
            if time.monotonic() > deadline:
                pytest.fail(f"it did not come: status {self.status}, pods {self.serving}")
            time.sleep(0.2)

    def until_phase(self, phase: str) -> None:
        self.until(lambda: self.status.get("phase") == phase)


@pytest.fixture
def laboratory(cluster: Any, namespace: str, controller: ControllerProcess) -> Laboratory:
    return Laboratory(cluster, namespace)


def job(command: str) -> dict[str, Any]:
    """A metric that is as good as a command."""
    container = {"name": "judge", "image": "judge", "command": ["sh", "-c", command]}
    spec = {"backoffLimit": 0, "template": {"spec": {"restartPolicy": "Never", "containers": [container]}}}
    return {"metrics": [{"name": "judge", "provider": {"job": {"spec": spec}}}]}


def test_two_fleets_run_side_by_side_for_their_time(laboratory: Laboratory) -> None:
    candidate = template("candidate", "nginx:1.22.0", replicas=2, service={"name": "try"})
    laboratory.create(template("baseline"), candidate, duration="4s", scaleDownDelaySeconds=1)
    laboratory.until_phase("Running")
    assert laboratory.serving == ["nginx:1.21.0", "nginx:1.22.0", "nginx:1.22.0"]
    assert [item["metadata"]["name"] for item in laboratory.items("services")] == ["try"]
    laboratory.until_phase("Successful")
    laboratory.until(lambda: not laboratory.serving and not laboratory.items("services"))
    assert [item["status"] for item in laboratory.status["templateStatuses"]] == ["Successful", "Successful"]
    reasons = {item["reason"] for item in laboratory.items("events") if item["involvedObject"]["name"] == NAME}
    assert {"TemplateRunning", "ExperimentRunning", "ExperimentSuccessful"} <= reasons


def test_an_analysis_that_fails_ends_the_experiment_and_a_retry_measures_again(laboratory: Laboratory) -> None:
    laboratory.put("AnalysisTemplate", "judge", job("exit 1"))
    analyses = [{"name": "verdict", "templateName": "judge", "requiredForCompletion": True}]
    laboratory.create(template("candidate"), analyses=analyses, scaleDownDelaySeconds=0)
    laboratory.until_phase("Failed")
    laboratory.until(lambda: not laboratory.serving)
    assert laboratory.status["analysisRuns"][0]["analysisRun"] == f"{NAME}-verdict"

    laboratory.kubectl("delete", "analysistemplate", "judge")
    laboratory.put("AnalysisTemplate", "judge", job("exit 0"))
    laboratory.patch({"status": None})
    laboratory.until_phase("Successful")
    assert laboratory.status["message"] == "Required AnalysisRuns completed"
    assert laboratory.status["analysisRuns"][0]["analysisRun"] == f"{NAME}-verdict.1"
    laboratory.until(lambda: not laboratory.serving)


def test_pods_that_the_api_refuses_are_told_in_its_own_words(laboratory: Laboratory) -> None:
    wrong = template("wrong")
    wrong["template"]["spec"]["containers"][0]["name"] = "No Capitals"
    laboratory.create(wrong)
    laboratory.until_phase("Error")
    assert "spec.template.spec.containers[0].name" in laboratory.status["message"]
