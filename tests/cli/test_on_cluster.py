"""kubectl's plugin against a real API server: what it writes is taken, what it reads is shown."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.cluster

PROGRAMS = Path(sys.executable).parent
CANARY = {"currentPodHash": "new", "stableRS": "old", "currentStepIndex": 1, "controllerPause": True}
PAUSE = {"reason": "CanaryPauseStep", "startTime": "2026-01-01T00:00:00Z"}
WAITING = CANARY | {"phase": "Paused", "message": "CanaryPauseStep", "pauseConditions": [PAUSE]}

Plugin = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def environment(cluster: Any, namespace: str) -> dict[str, str]:
    """Of a user whose PATH has the plugin, and whose kubeconfig names the cluster."""
    path = f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"
    return os.environ | {"PATH": path, "KUBECONFIG": str(cluster.kubeconfig)}


@pytest.fixture
def plugin(cluster: Any, namespace: str, environment: dict[str, str]) -> Plugin:
    """``kubectl argo rollouts``, found by kubectl itself."""

    def call(*args: str) -> "subprocess.CompletedProcess[str]":
        argv = [str(PROGRAMS / "kubectl"), "argo", "rollouts", *args, "-n", namespace, "--context", cluster.context]
        return subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=60, check=False)

    return call


@pytest.fixture
def shop(cluster: Any, namespace: str, rollout: Callable[..., Any]) -> Iterator[Callable[[], Any]]:
    """A Rollout at its first pause, as a controller would have left it; gives a way to read it again."""
    manifest = rollout()
    del manifest["metadata"]["uid"]
    manifest["spec"]["template"]["metadata"] = {"labels": {"app": "shop"}}
    manifest["metadata"]["annotations"] = {"keep": "me"}
    cluster.kubectl("create", "-n", namespace, "-f", "-", stdin=json.dumps(manifest))
    patch = json.dumps({"status": WAITING})
    cluster.kubectl("patch", "ro", "shop", "-n", namespace, "--subresource=status", "--type=merge", "-p", patch)
    yield lambda: json.loads(cluster.kubectl("get", "ro", "shop", "-n", namespace, "-o", "json"))
    cluster.kubectl("delete", "ro", "shop", "-n", namespace, "--ignore-not-found")


def create_set(cluster: Any, namespace: str, manifest: Any, uid: str) -> None:
    """A ReplicaSet without pods that a Rollout owns."""
    labels = manifest["metadata"]["labels"]
    owner = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": "shop", "uid": uid, "controller": True}
    manifest["metadata"] = {
        "name": manifest["metadata"]["name"],
        "labels": labels,
        "annotations": manifest["metadata"]["annotations"],
        "ownerReferences": [owner],
    }
    manifest["spec"] |= {"replicas": 0, "selector": {"matchLabels": labels}}
    cluster.kubectl("create", "-n", namespace, "-f", "-", stdin=json.dumps(manifest))


def test_kubectl_finds_the_plugin(plugin: Plugin) -> None:
    assert plugin("version", "--short").stdout.startswith("kubectl-argo-rollouts: v")


def test_a_rollout_is_read_by_every_command_that_reads(plugin: Plugin, shop: Any, namespace: str) -> None:
    assert f"Namespace:       {namespace}\nStatus:          ॥ Paused\n" in plugin("get", "rollout", "shop").stdout
    assert plugin("list", "rollouts").stdout.splitlines()[1].split()[:5] == ["shop", "Canary", "Paused", "1/4", "20"]
    assert plugin("status", "shop", "--watch=false").stdout == "Paused - CanaryPauseStep\n"
    timed_out = plugin("status", "shop", "--timeout=1s")
    assert (timed_out.returncode, timed_out.stderr) == (1, "Error: Rollout status watch exceeded timeout\n")
    watched = plugin("get", "rollout", "shop", "-w", "--timeout-seconds=1")
    assert (watched.returncode, watched.stderr) == (0, "")
    assert "⟳ shop" in watched.stdout


def test_promote_ends_the_pause(plugin: Plugin, shop: Any) -> None:
    assert plugin("promote", "shop").stdout == "rollout 'shop' promoted\n"
    status = shop()["status"]
    assert "pauseConditions" not in status
    assert status["controllerPause"] is True
    assert status["currentStepIndex"] == 1


def test_promote_moves_a_rollout_that_does_not_pause(plugin: Plugin, shop: Any) -> None:
    plugin("promote", "shop")
    plugin("promote", "shop")
    assert shop()["status"]["currentStepIndex"] == 2


def test_full_promotion_is_asked_for_in_the_status_and_ends_a_pause_in_the_spec(plugin: Plugin, shop: Any) -> None:
    assert plugin("pause", "shop").stdout == "rollout 'shop' paused\n"
    assert shop()["spec"]["paused"] is True
    assert plugin("promote", "shop", "--full").stdout == "rollout 'shop' fully promoted\n"
    assert shop()["status"]["promoteFull"] is True
    assert not shop()["spec"]["paused"]


def test_abort_and_retry_write_the_status(plugin: Plugin, shop: Any) -> None:
    assert plugin("abort", "shop").stdout == "rollout 'shop' aborted\n"
    assert shop()["status"]["abort"] is True
    assert plugin("retry", "rollout", "shop").stdout == "rollout 'shop' retried\n"
    assert not shop()["status"].get("abort")


def test_restart_writes_a_time_that_the_api_takes(plugin: Plugin, shop: Any) -> None:
    assert plugin("restart", "shop", "--in", "10s").stdout == "rollout 'shop' restarts in 10s\n"
    assert shop()["spec"]["restartAt"].endswith("Z")


def test_set_image_changes_nothing_but_the_image(plugin: Plugin, shop: Any) -> None:
    before = shop()
    assert plugin("set", "image", "shop", "web=nginx:3").stdout == 'rollout "shop" image updated\n'
    after = shop()
    assert after["spec"]["template"]["spec"]["containers"][0].pop("image") == "nginx:3"
    before["spec"]["template"]["spec"]["containers"][0].pop("image")
    assert after["spec"] == before["spec"]
    assert after["status"] == before["status"]
    assert after["metadata"]["annotations"] == before["metadata"]["annotations"]


def test_undo_writes_an_earlier_template(
    plugin: Plugin, shop: Any, cluster: Any, namespace: str, replica_set: Callable[..., Any]
) -> None:
    uid = shop()["metadata"]["uid"]
    for hash_, revision in (("old", 1), ("new", 2)):
        create_set(cluster, namespace, replica_set(hash_, revision, f"nginx:{hash_}"), uid)
    tree = plugin("get", "rollout", "shop").stdout
    assert "├──# revision:2\n│  └──⧉ shop-new  ReplicaSet  • ScaledDown" in tree
    done = plugin("undo", "shop")
    assert (done.stdout, done.stderr) == ("rollout 'shop' undo\n", "")
    template = shop()["spec"]["template"]
    assert template["spec"]["containers"][0]["image"] == "nginx:old"
    assert template["metadata"]["labels"] == {"app": "shop"}
    assert plugin("undo", "shop", "--to-revision=1").stdout == (
        "skipped rollback (current template already matches revision 1)\n"
    )


def test_kubectl_completes_names_through_the_plugin(
    plugin: Plugin, shop: Any, namespace: str, environment: dict[str, str], tmp_path: Path
) -> None:
    script = tmp_path / "kubectl_complete-argo-rollouts"
    script.write_text(plugin("completion", "kubectl").stdout)
    script.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{environment['PATH']}"
    argv = [str(PROGRAMS / "kubectl"), "__complete", "argo", "rollouts", "-n", namespace, "promote", "sh"]
    done = subprocess.run(
        argv, env=environment | {"PATH": path}, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.splitlines() == ["shop", ":4"], done.stderr


TEMPLATE = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "AnalysisTemplate",
    "metadata": {"name": "rate"},
    "spec": {
        "args": [{"name": "service"}],
        "metrics": [{"name": "up", "provider": {"web": {"url": "http://127.0.0.1:9/{{args.service}}"}}}],
    },
}
PODS = {"metadata": {"labels": {"app": "trial"}}, "spec": {"containers": [{"name": "web", "image": "nginx:1"}]}}
TRIAL = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "Experiment",
    "metadata": {"name": "trial"},
    "spec": {
        "duration": "5m",
        "templates": [{"name": "a", "selector": {"matchLabels": {"app": "trial"}}, "template": PODS}],
    },
}


def test_templates_runs_and_experiments_are_created_shown_and_ended(
    plugin: Plugin, cluster: Any, namespace: str, tmp_path: Path
) -> None:
    file = tmp_path / "objects.json"
    file.write_text(json.dumps({"kind": "List", "items": [TEMPLATE, TRIAL]}))
    assert plugin("create", "-f", str(file)).stdout.splitlines() == [
        "analysistemplate.argoproj.io/rate created",
        "experiment.argoproj.io/trial created",
    ]
    made = plugin("create", "analysisrun", "--from", "rate", "--name", "mine", "-a", "service=shop")
    assert (made.stdout, made.stderr) == ("analysisrun.argoproj.io/mine created\n", "")

    def read(kind: str, name: str) -> Any:
        return json.loads(cluster.kubectl("get", kind, name, "-n", namespace, "-o", "json"))

    assert read("ar", "mine")["spec"]["args"] == [{"name": "service", "value": "shop"}]
    assert plugin("terminate", "ar", "mine").stdout == "analysisRun 'mine' terminated\n"
    assert read("ar", "mine")["spec"]["terminate"] is True
    assert plugin("list", "experiments").stdout.splitlines()[1].split()[:3] == ["trial", "5m", "-"]
    assert "Σ trial  Experiment  ◷ Pending" in plugin("get", "experiment", "trial").stdout
    assert plugin("terminate", "experiment", "trial").stdout == "experiment 'trial' terminated\n"
    assert plugin("retry", "experiment", "trial").stdout == "experiment 'trial' retried\n"
    assert read("exp", "trial")["spec"]["terminate"] is True


def test_a_field_that_the_api_does_not_know_is_refused_by_create(plugin: Plugin, tmp_path: Path) -> None:
    file = tmp_path / "rollout.json"
    file.write_text(json.dumps(TRIAL | {"spec": TRIAL["spec"] | {"durations": "5m"}}))  # type: ignore[operator]
    done = plugin("create", "-f", str(file))
    assert (done.returncode, done.stdout) == (1, "")
    assert 'unknown field "spec.durations"' in done.stderr
