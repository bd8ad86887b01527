"""A real API server serves the definitions: it accepts, keeps, refuses and explains what it should."""

import json
from pathlib import Path
from typing import Any, Protocol

import pytest
import yaml

from serinus.api.crds import manifests
from serinus.cli.crds import as_yaml

pytestmark = pytest.mark.cluster

MANIFESTS = sorted((Path(__file__).parent / "manifests").glob("*.yaml"))
NAMES = [manifest["metadata"]["name"] for manifest in manifests()]


class Cluster(Protocol):
    """What these tests need of the shared cluster."""

    def kubectl(self, *args: str, stdin: str | None = None, check: bool = True) -> str: ...


@pytest.fixture(scope="module", autouse=True)
def installed(cluster: Cluster) -> None:
    """The definitions, applied as the documentation says."""
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=as_yaml(manifests()))
    cluster.kubectl("wait", "--for=condition=Established", "--timeout=30s", *(f"crd/{name}" for name in NAMES))


def create(cluster: Cluster, namespace: str, manifest: dict[str, Any]) -> dict[str, Any]:
    """Create an object, with no field unknown to the API, and read what the API keeps of it."""
    text = json.dumps(manifest)
    return json.loads(
        cluster.kubectl("-n", namespace, "create", "--validate=strict", "-o", "json", "-f", "-", stdin=text)
    )


def verdict(cluster: Cluster, manifest: dict[str, Any]) -> str:
    """What the API would say to an object, without keeping it."""
    return cluster.kubectl("create", "--dry-run=server", "-f", "-", stdin=json.dumps(manifest), check=False)


def rollout(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Rollout",
        "metadata": {"name": "web"},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, "strategy": {"canary": {}}} | spec,
    }


def template(**metric: Any) -> dict[str, Any]:
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AnalysisTemplate",
        "metadata": {"name": "web"},
        "spec": {"metrics": [{"name": "a", "provider": {"prometheus": {"query": "up"}}} | metric]},
    }


def canary(**canary: Any) -> dict[str, Any]:
    return rollout(strategy={"canary": canary})


@pytest.mark.parametrize("manifest", manifests(), ids=lambda manifest: manifest["spec"]["names"]["kind"])
def test_a_definition_is_established_structural_and_kept_as_it_was_sent(
    cluster: Cluster, manifest: dict[str, Any]
) -> None:
    kept = json.loads(cluster.kubectl("get", "crd", manifest["metadata"]["name"], "-o", "json"))
    conditions = {item["type"]: item["status"] for item in kept["status"]["conditions"]}
    assert conditions["Established"] == conditions["NamesAccepted"] == "True"
    assert "NonStructuralSchema" not in conditions
    assert kept["spec"] == manifest["spec"] | {"conversion": {"strategy": "None"}}


def test_plain_apply_works_and_changes_nothing_the_second_time(cluster: Cluster) -> None:
    cluster.kubectl("apply", "-f", "-", stdin=as_yaml(manifests()))
    again = cluster.kubectl("apply", "-f", "-", stdin=as_yaml(manifests()))
    assert again.count("unchanged") == len(NAMES), again


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.stem)
def test_a_manifest_is_accepted_and_nothing_of_it_is_pruned(cluster: Cluster, namespace: str, path: Path) -> None:
    manifest = yaml.safe_load(path.read_text())
    if manifest["kind"].startswith("Cluster"):
        manifest["metadata"]["name"] = namespace
    kept = create(cluster, namespace, manifest)
    if manifest["kind"] == "Rollout" and "status" in manifest:
        patch = json.dumps({"status": manifest["status"]})
        how = ("patch", "ro", manifest["metadata"]["name"], "--subresource=status", "--type=merge", "-o", "json")
        kept = json.loads(cluster.kubectl("-n", namespace, *how, "-p", patch))
    assert kept["spec"] == manifest["spec"]
    assert kept.get("status") == manifest.get("status")
    if manifest["kind"].startswith("Cluster"):
        cluster.kubectl("delete", manifest["kind"], manifest["metadata"]["name"])


@pytest.mark.parametrize(
    "manifest",
    [
        rollout(template={"metadata": {"creationTimestamp": None, "labels": {"app": "web"}}}),
        rollout(template={"spec": {"containers": [{"name": "a", "resources": {"limits": {"cpu": 0.001}}}]}}),
        rollout(template={"spec": {"containers": [{"name": "a", "resources": {"limits": {"cpu": "invalid"}}}]}}),
        rollout(strategy={}),
        canary(maxSurge="25", maxUnavailable=0),
        canary(steps=[{"pause": {"duration": "90"}}, {"pause": {}}, {"setHeaderRoute": {}}, {}]),
        canary(steps=[{"experiment": {"templates": [], "duration": "5m"}}]),
        canary(analysis={"templates": [{"clusterScope": True}]}),
        canary(trafficRouting={}),
        canary(trafficRouting={"plugins": {"a/b": None}}),
        template(count="{{args.count}}", failureLimit=-1, interval="{{args.interval}}"),
        template(provider={}),
        template(provider={"web": {"url": "x", "jsonBody": [1, "a", None]}}),
    ],
)
def test_what_argo_rollouts_accepts_is_accepted(cluster: Cluster, manifest: dict[str, Any]) -> None:
    assert "created (server dry run)" in verdict(cluster, manifest)


@pytest.mark.parametrize(
    ("manifest", "field", "trouble"),
    [
        (rollout(replicas="3"), "spec.replicas", "must be of type integer"),
        (rollout(replicas=2**31), "spec.replicas", "should be less than or equal to 2147483647"),
        (rollout(paused="yes"), "spec.paused", "must be of type boolean"),
        (rollout(restartAt="yesterday"), "spec.restartAt", "must be of type date-time"),
        (rollout(selector={"matchLabels": {"app": 1}}), "spec.selector.matchLabels.app", "must be of type string"),
        (rollout(template=[]), "spec.template", "must be of type object"),
        (rollout(strategy={"blueGreen": {}}), "spec.strategy.blueGreen.activeService", "Required value"),
        (canary(maxSurge=True), "spec.strategy.canary.maxSurge", "must be of type integer,string"),
        (canary(steps=[{"setWeight": "a"}]), "spec.strategy.canary.steps[0].setWeight", "must be of type integer"),
        (canary(steps=[{"setWeight": 5}, {"pause": 5}]), "spec.strategy.canary.steps[1].pause", "of type object"),
        (canary(steps=[{"plugin": {}}]), "spec.strategy.canary.steps[0].plugin.name", "Required value"),
        (template(count=1.5), "spec.metrics[0].count", "must be of type integer,string"),
        (template(interval=30), "spec.metrics[0].interval", "must be of type string"),
        (template(provider=None), "spec.metrics[0].provider", "Required value"),
    ],
)
def test_a_wrong_type_is_refused_and_the_field_named(
    cluster: Cluster, manifest: dict[str, Any], field: str, trouble: str
) -> None:
    said = verdict(cluster, manifest)
    assert field in said
    assert trouble in said


def test_an_object_without_a_spec_is_refused(cluster: Cluster) -> None:
    said = verdict(cluster, {key: value for key, value in rollout().items() if key != "spec"})
    assert "spec: Required value" in said


def test_an_unknown_field_is_named(cluster: Cluster) -> None:
    assert 'unknown field "spec.strategy.canary.stepz"' in verdict(cluster, canary(stepz=[]))


def test_a_selector_cannot_be_changed(cluster: Cluster, namespace: str) -> None:
    create(cluster, namespace, rollout())
    patch = json.dumps({"spec": {"selector": {"matchLabels": {"app": "other"}}}})
    said = cluster.kubectl("-n", namespace, "patch", "ro", "web", "--type=merge", "-p", patch, check=False)
    assert "spec.selector" in said
    assert "cannot be changed" in said


def test_a_rollout_that_borrows_its_pods_may_get_a_selector_later(cluster: Cluster, namespace: str) -> None:
    whole = rollout(workloadRef={"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"})
    del whole["spec"]["selector"]
    create(cluster, namespace, whole)
    patch = json.dumps({"spec": {"selector": {"matchLabels": {"app": "web"}}}})
    cluster.kubectl("-n", namespace, "patch", "ro", "web", "--type=merge", "-p", patch)


def test_the_columns_of_get(cluster: Cluster, namespace: str) -> None:
    create(cluster, namespace, rollout(replicas=3))
    patch = json.dumps({"status": {"replicas": 4, "updatedReplicas": 1, "availableReplicas": 2}})
    cluster.kubectl("-n", namespace, "patch", "ro", "web", "--subresource=status", "--type=merge", "-p", patch)
    heading, row = cluster.kubectl("-n", namespace, "get", "ro").splitlines()
    assert heading.split() == ["NAME", "DESIRED", "CURRENT", "UP-TO-DATE", "AVAILABLE", "AGE"]
    assert row.split()[:5] == ["web", "3", "4", "1", "2"]


@pytest.mark.parametrize("name", ["ro", "ar", "at", "cat", "exp"])
def test_short_names_work(cluster: Cluster, name: str) -> None:
    cluster.kubectl("get", name)


def test_scale_sets_the_replicas_and_tells_an_autoscaler_its_pods(cluster: Cluster, namespace: str) -> None:
    create(cluster, namespace, rollout(replicas=3))
    patch = json.dumps({"status": {"HPAReplicas": 2, "selector": "app=web"}})
    cluster.kubectl("-n", namespace, "patch", "ro", "web", "--subresource=status", "--type=merge", "-p", patch)
    cluster.kubectl("-n", namespace, "scale", "ro/web", "--replicas=7")
    scale = json.loads(cluster.kubectl("-n", namespace, "get", "ro", "web", "--subresource=scale", "-o", "json"))
    assert scale["spec"] == {"replicas": 7}
    assert scale["status"] == {"replicas": 2, "selector": "app=web"}


def test_a_user_clears_pause_conditions_with_null(cluster: Cluster, namespace: str) -> None:
    create(cluster, namespace, rollout())
    how = ("-n", namespace, "patch", "ro", "web", "--subresource=status", "--type=merge", "-o", "json", "-p")
    reason = {"reason": "CanaryPauseStep", "startTime": "2026-01-02T03:04:05Z"}
    cluster.kubectl(*how, json.dumps({"status": {"controllerPause": True, "pauseConditions": [reason]}}))
    kept = json.loads(cluster.kubectl(*how, json.dumps({"status": {"pauseConditions": None}})))
    assert kept["status"] == {"controllerPause": True}


def test_a_write_of_a_rollout_does_not_touch_its_status(cluster: Cluster, namespace: str) -> None:
    kept = create(cluster, namespace, rollout() | {"status": {"phase": "Healthy"}})
    assert "status" not in kept


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("rollout.spec.strategy.canary", ("Shift traffic", "stableService", "The Service that leads to the stable")),
        ("rollout.spec.strategy.canary.steps", ("setWeight", "The share of traffic")),
        ("analysistemplate.spec.metrics.failureLimit", ("How many bad measurements",)),
        ("experiment.spec.templates", ("One fleet of equal pods",)),
    ],
)
def test_explain_says_what_a_field_means(cluster: Cluster, path: str, words: tuple[str, ...]) -> None:
    said = " ".join(cluster.kubectl("explain", path).split())
    for word in words:
        assert word in said
