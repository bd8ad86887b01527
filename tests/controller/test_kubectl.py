"""Habits with kubectl, and a HorizontalPodAutoscaler: what works for a Deployment works for a Rollout."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from controller.process import ControllerProcess
from stories.manifests import NAME, V1, V2, around, pause, rollout, routed, weight

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(180)]

WAIT = ("wait", f"rollout/{NAME}", "--timeout=60s")


class Shell:
    """kubectl in the test's namespace."""

    def __init__(self, cluster: Any, namespace: str) -> None:
        self._cluster, self.namespace = cluster, namespace

    def __call__(self, *args: str, stdin: str | None = None) -> str:
        return str(self._cluster.kubectl("-n", self.namespace, *args, stdin=stdin))

    def refused(self, *args: str) -> str:
        """What kubectl says where it does nothing."""
        return str(self._cluster.kubectl("-n", self.namespace, *args, check=False))

    def create(self, *manifests: dict[str, Any]) -> None:
        for manifest in manifests:
            self("create", "-f", "-", stdin=json.dumps(manifest))

    def wait(self, what: str) -> None:
        self(*WAIT, f"--for={what}")

    def read(self, *what: str) -> Any:
        return json.loads(self("get", *what, "-o", "json"))

    def set_image(self, image: str) -> None:
        change = [{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": image}]
        self("patch", "rollout", NAME, "--type=json", "-p", json.dumps(change))


@pytest.fixture
def kubectl(cluster: Any, namespace: str, controller: ControllerProcess) -> Shell:
    return Shell(cluster, namespace)


def test_people_wait_for_rollouts_as_for_deployments(kubectl: Shell) -> None:
    kubectl.create(rollout((weight(50), pause()), replicas=2))
    for condition in ("Healthy", "Available", "Completed", "Progressing"):
        kubectl.wait(f"condition={condition}")
    kubectl.set_image(V2)
    kubectl.wait("condition=Paused")
    kubectl.wait("condition=Healthy=False")
    kubectl.wait("jsonpath={.status.phase}=Paused")
    kubectl("patch", "rollout", NAME, "--subresource=status", "--type=merge", "-p", '{"status":{"promoteFull":true}}')
    kubectl.wait("condition=Healthy")
    kubectl.wait("condition=Paused=False")


def test_lists_show_how_many_pods_there_are(kubectl: Shell) -> None:
    kubectl.create(rollout(replicas=2))
    kubectl.wait("condition=Healthy")
    for name in ("rollouts", "rollout", "ro", "rollouts.argoproj.io"):
        head, row = (line.split() for line in kubectl("get", name).splitlines())
        assert head == ["NAME", "DESIRED", "CURRENT", "UP-TO-DATE", "AVAILABLE", "AGE"]
        assert row[:5] == [NAME, "2", "2", "2", "2"]


def test_a_rollout_is_described_and_deleted_with_all_that_is_its_own(kubectl: Shell) -> None:
    kubectl.create(rollout(replicas=1))
    kubectl.wait("condition=Healthy")
    told = kubectl("describe", "rollout", NAME)
    assert "Rollout is healthy" in told
    assert "Rollout completed update to revision 1" in told
    kubectl("delete", "rollout", NAME)
    kubectl("wait", "replicasets,pods", "--selector=app=myapp", "--for=delete", "--timeout=60s")


def test_kubectl_rollout_says_that_it_knows_no_rollouts_and_changes_nothing(kubectl: Shell) -> None:
    kubectl.create(rollout(replicas=0))
    kubectl.wait("condition=Healthy")
    for command in ("status", "history", "restart", "undo", "pause", "resume"):
        assert kubectl.refused("rollout", command, f"rollout/{NAME}").startswith("error: "), command
    assert kubectl.read("rollout", NAME)["metadata"]["generation"] == 1


def test_a_disruption_budget_holds_a_restart(kubectl: Shell) -> None:
    kubectl.create(rollout(replicas=1))
    spec = {"minAvailable": 1, "selector": {"matchLabels": {"app": "myapp"}}}
    metadata = {"name": "web"}
    kubectl.create({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": metadata, "spec": spec})
    kubectl.wait("condition=Healthy")
    kubectl("wait", "pdb/web", "--for=jsonpath={.status.currentHealthy}=1", "--timeout=60s")
    before = kubectl("get", "pods", "-o", "name")
    moment = (datetime.now(UTC) + timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    kubectl("patch", "rollout", NAME, "--type=merge", "-p", json.dumps({"spec": {"restartAt": moment}}))
    kubectl.wait("jsonpath={.status.message}=rollout is restarting")
    time.sleep(2)
    assert kubectl("get", "pods", "-o", "name") == before
    assert "restartedAt" not in kubectl.read("rollout", NAME)["status"]


def test_kubectl_scale_resizes_both_versions_in_mid_update(kubectl: Shell) -> None:
    kubectl.create(*around(), routed((weight(50), pause()), replicas=2))
    kubectl.wait("condition=Healthy")
    kubectl("scale", "rollout", NAME, "--replicas=3", "--current-replicas=2")
    kubectl.wait("jsonpath={.status.availableReplicas}=3")
    path = f"/apis/argoproj.io/v1alpha1/namespaces/{kubectl.namespace}/rollouts/{NAME}/scale"
    scale = json.loads(kubectl("get", "--raw", path))
    assert scale["spec"]["replicas"] == 3
    assert scale["status"] == {"replicas": 3, "selector": "app=myapp"}
    kubectl.set_image(V2)
    kubectl.wait("jsonpath={.status.phase}=Paused")
    kubectl("scale", "rollout", NAME, "--replicas=4")
    kubectl.wait("jsonpath={.status.availableReplicas}=6")
    sets = kubectl.read("replicasets")["items"]
    by_image = {item["spec"]["template"]["spec"]["containers"][0]["image"]: item["spec"]["replicas"] for item in sets}
    assert by_image == {V1: 4, V2: 2}


def test_an_autoscaler_finds_the_rollout_and_keeps_it_within_its_bounds(kubectl: Shell) -> None:
    """Without a metrics API it can not weigh load; it reads and writes the scale all the same."""
    kubectl.create(rollout(replicas=1))
    kubectl.wait("condition=Healthy")
    target = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": NAME}
    resource = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}
    kubectl.create(
        {
            "apiVersion": "autoscaling/v2",
            "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": "web"},
            "spec": {
                "scaleTargetRef": target,
                "minReplicas": 2,
                "maxReplicas": 4,
                "metrics": [{"type": "Resource", "resource": resource}],
            },
        }
    )
    kubectl.wait("jsonpath={.status.availableReplicas}=2")
    kubectl("wait", "hpa/web", "--for=condition=AbleToScale", "--timeout=60s")
    kubectl("wait", "hpa/web", "--for=jsonpath={.status.currentReplicas}=2", "--timeout=60s")
    kubectl("patch", "hpa", "web", "--type=merge", "-p", '{"spec":{"minReplicas":3}}')
    kubectl.wait("jsonpath={.status.HPAReplicas}=3")
    kubectl.wait("condition=Healthy")
    kubectl("patch", "hpa", "web", "--type=merge", "-p", '{"spec":{"minReplicas":1,"maxReplicas":1}}')
    kubectl.wait("jsonpath={.spec.replicas}=1")
    kubectl.wait("jsonpath={.status.HPAReplicas}=1")
