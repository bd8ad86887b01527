"""A plugin of somebody else's package, carried out by the controller on a real cluster."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from controller.process import ControllerProcess
from stories.manifests import NAME, V2, pause, rollout, weight

PACKAGE = """
from serinus.steps import StepReply


class Smoke:
    async def run(self, order):
        tries = (order.state or {"tries": 0})["tries"] + 1
        if tries < order.config["tries"]:
            return StepReply("Running", f"try {tries}", state={"tries": tries}, again_after=11)
        return StepReply("Successful", f"{order.rollout.name} is good", state={"tries": tries})

    async def terminate(self, order):
        return StepReply("Successful")

    async def abort(self, order):
        return StepReply("Successful", "taken back")
"""


@pytest.fixture
def plugged(cluster: Any, namespace: str, tmp_path: Path) -> Iterator[None]:
    """A controller beside which the package is installed."""
    installed = tmp_path / "acme_smoke-1.0.dist-info"
    installed.mkdir()
    (tmp_path / "acme_smoke.py").write_text(PACKAGE)
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-smoke\nVersion: 1.0\n")
    (installed / "entry_points.txt").write_text("[serinus.steps]\nacme/smoke = acme_smoke:Smoke\n")
    process = ControllerProcess(cluster, namespace, tmp_path / "controller.log", packages=tmp_path)
    process.start()
    process.wait_ready()
    yield
    assert process.stop() == 0


@pytest.mark.cluster
@pytest.mark.timeout(180)
@pytest.mark.usefixtures("plugged")
def test_a_plugin_runs_is_asked_again_and_is_taken_back(cluster: Any, namespace: str) -> None:
    def kubectl(*args: str, stdin: str | None = None) -> str:
        return str(cluster.kubectl("-n", namespace, *args, stdin=stdin))

    def statuses() -> Any:
        return json.loads(kubectl("get", "rollout", NAME, "-o", "json"))["status"]["canary"]["stepPluginStatuses"]

    step = {"plugin": {"name": "acme/smoke", "config": {"tries": 2}}}
    kubectl("create", "-f", "-", stdin=json.dumps(rollout((weight(50), step, pause()), replicas=2)))
    kubectl("wait", f"rollout/{NAME}", "--for=condition=Healthy", "--timeout=60s")
    change = [{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": V2}]
    kubectl("patch", "rollout", NAME, "--type=json", "-p", json.dumps(change))
    kubectl("wait", f"rollout/{NAME}", "--for=jsonpath={.status.phase}=Paused", "--timeout=60s")
    (found,) = statuses()
    assert (found["phase"], found["executions"], found["status"]) == ("Successful", 2, {"tries": 2})
    assert found["message"] == f"{NAME} is good"
    kubectl("patch", "rollout", NAME, "--subresource=status", "--type=merge", "-p", '{"status":{"abort":true}}')
    taken_back = "{.status.canary.stepPluginStatuses[?(@.operation=='Abort')].message}=taken back"
    kubectl("wait", f"rollout/{NAME}", f"--for=jsonpath={taken_back}", "--timeout=60s")
    assert [item["operation"] for item in statuses()] == ["Run", "Abort"]
