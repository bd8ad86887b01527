"""What is remembered outside the cluster: nothing."""

import json
import random
import time
from typing import Any

import pytest

from controller.process import ControllerProcess
from stories.manifests import NAME, V1, V2, around, pause, routed, weight

pytestmark = pytest.mark.cluster

STEPS = (weight(20), pause(1), weight(60), pause(1), weight(100))


def read(cluster: Any, namespace: str, *what: str) -> Any:
    return json.loads(cluster.kubectl("-n", namespace, "get", *what, "-o", "json"))


def wait_for_image(cluster: Any, namespace: str, image: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        rollout = read(cluster, namespace, "rollout", NAME)
        status = rollout.get("status", {})
        is_observed = status.get("observedGeneration") == str(rollout["metadata"]["generation"])
        wanted = rollout["spec"]["template"]["spec"]["containers"][0]["image"]
        if is_observed and wanted == image and status["phase"] == "Healthy":
            return
        time.sleep(0.2)
    pytest.fail(f"the update to {image} did not end: {status}")


@pytest.mark.timeout(180)
def test_an_update_ends_as_it_should_although_the_controller_is_killed_again_and_again(
    cluster: Any, namespace: str, controller: ControllerProcess
) -> None:
    for manifest in (*around(), routed(STEPS)):
        cluster.kubectl("-n", namespace, "create", "-f", "-", stdin=json.dumps(manifest))
    wait_for_image(cluster, namespace, V1)
    change = [{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": V2}]
    cluster.kubectl("-n", namespace, "patch", "rollout", NAME, "--type", "json", "-p", json.dumps(change))
    for _ in range(5):
        time.sleep(random.uniform(0.2, 1.5))
        controller.kill()
        controller.start()
    controller.wait_ready()
    wait_for_image(cluster, namespace, V2)
    rollout = read(cluster, namespace, "rollout", NAME)
    sets = read(cluster, namespace, "replicasets")["items"]
    services = read(cluster, namespace, "services")["items"]
    assert len(sets) == 2
    assert rollout["status"]["currentStepIndex"] == len(STEPS)
    assert {item["spec"]["selector"]["rollouts-pod-template-hash"] for item in services} == {
        rollout["status"]["stableRS"]
    }
