"""``adopt`` and ``eject``: what they read, write and say."""

import json
from typing import Any

import pytest
import yaml

from serinus.cli import transition

LABELS = {"app": "web"}
TEMPLATE = {"metadata": {"labels": LABELS}, "spec": {"containers": [{"name": "web", "image": "web:1"}]}}
REFERENCE = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
MISSING = "install them with: serinus crds | kubectl apply --server-side -f -"


def deployment(replicas: int = 2) -> Any:
    counts = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), replicas)
    return {
        "metadata": {"name": "web", "generation": 1},
        "spec": {"replicas": replicas, "selector": {"matchLabels": LABELS}, "template": TEMPLATE},
        "status": {"observedGeneration": 1} | counts,
    }


def rollout(scale_down: str = "onsuccess", **status: Any) -> Any:
    settled = {"phase": "Healthy", "observedGeneration": "1", "workloadObservedGeneration": "1"}
    spec = {"replicas": 2, "workloadRef": REFERENCE | {"scaleDown": scale_down}, "strategy": {"canary": {}}}
    return {
        "kind": "Rollout",
        "metadata": {"name": "web", "uid": "u", "generation": 1},
        "spec": spec,
        "status": settled | {"stableRS": "a", "currentPodHash": "a"} | status,
    }


def service(name: str, selector: dict[str, str]) -> Any:
    return {"metadata": {"name": name}, "spec": {"selector": selector}}


def autoscaler(kind: str) -> Any:
    version = "apps/v1" if kind == "Deployment" else "argoproj.io/v1alpha1"
    target = {"apiVersion": version, "kind": kind, "name": "web"}
    return {"metadata": {"name": "load"}, "spec": {"scaleTargetRef": target}}


@pytest.mark.parametrize(("flags", "read"), [(("--dry-run",), yaml.safe_load), (("-o", "json"), json.loads)])
def test_a_dry_run_prints_the_rollout_and_changes_nothing(
    flags: tuple[str, ...], read: Any, serinus: Any, api: Any
) -> None:
    api.put("deployments", deployment())
    said = serinus("adopt", "web", "--name", "shop", "--steps", "20,50", *flags)
    assert (said.code, said.err, api.sent) == (0, "", [])
    pauses = [{"setWeight": 20}, {"pause": {}}, {"setWeight": 50}, {"pause": {}}]
    assert read(said.out) == {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Rollout",
        "metadata": {"name": "shop", "namespace": "default"},
        "spec": {
            "replicas": 2,
            "workloadRef": REFERENCE | {"scaleDown": "onsuccess"},
            "strategy": {"canary": {"steps": pauses}},
        },
    }


@pytest.mark.parametrize(
    ("others", "flags", "wanted"),
    [
        (("web",), (), {"activeService": "web"}),
        (("web", "next"), ("--preview-service", "next"), {"activeService": "web", "previewService": "next"}),
        (("web", "next"), ("--active-service", "next"), {"activeService": "next"}),
        (("web", "next"), (), "Name it by --active-service; to Deployment web lead: web, next"),
        ((), (), "Name it by --active-service; to Deployment web lead: none"),
    ],
)
def test_blue_green_switches_the_service_that_leads_to_the_pods(
    others: tuple[str, ...], flags: tuple[str, ...], wanted: Any, serinus: Any, api: Any
) -> None:
    api.put("deployments", deployment())
    for name, selector in [("db", {"app": "db"}), ("bare", {}), *((name, LABELS) for name in others)]:
        api.put("services", service(name, selector))
    said = serinus("adopt", "web", "--strategy", "bluegreen", "--dry-run", *flags)
    if said.code:
        assert wanted in said.err
    else:
        assert yaml.safe_load(said.out)["spec"]["strategy"] == {"blueGreen": wanted}


@pytest.mark.parametrize(
    ("args", "wanted"),
    [
        (("adopt", "web", "--steps", "20,x"), "is no list of percentages such as 20,50"),
        (("adopt", "web", "--steps", "120"), "is no list of percentages such as 20,50"),
        (("adopt", "web", "--strategy", "blueGreen", "--steps", "5"), "--steps is for --strategy canary"),
        (("adopt", "web", "--active-service", "a"), "--active-service and --preview-service are for --strategy"),
        (("adopt", "lost"), 'deployments "lost" not found'),
        (("eject", "lost"), 'rollouts.argoproj.io "lost" not found'),
    ],
)
def test_wrong_words_are_told(args: tuple[str, ...], wanted: str, serinus: Any, api: Any) -> None:
    api.put("deployments", deployment())
    said = serinus(*args)
    assert said.code == 1
    assert wanted in said.err
    assert not api.sent


@pytest.mark.parametrize("command", ["adopt", "eject"])
def test_a_cluster_without_rollouts_is_told(command: str, serinus: Any, api: Any) -> None:
    api.missing.add("rollouts")
    api.put("deployments", deployment())
    said = serinus(command, "web")
    assert said.code == 1
    assert MISSING in said.err
    assert not api.sent


def test_an_autoscaler_is_told_before_anything_is_written(serinus: Any, api: Any) -> None:
    api.put("deployments", deployment())
    api.put("horizontalpodautoscalers", autoscaler("Deployment"))
    said = serinus("adopt", "web")
    assert said.code == 1
    assert "HorizontalPodAutoscaler load scales it; with --repoint-hpa" in said.err
    assert not api.sent


@pytest.mark.parametrize("name", ["web", "shop"])
def test_a_deployment_is_adopted_once(name: str, serinus: Any, api: Any) -> None:
    api.put("deployments", deployment(0))
    api.put("rollouts", rollout())
    said = serinus("adopt", "web", "--name", name)
    assert said.code == 1
    assert "adopted already, by Rollout web" in said.err
    assert not api.sent


@pytest.mark.parametrize("command", ["adopt", "eject"])
def test_a_controller_that_says_nothing_is_told(
    command: str, serinus: Any, api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transition, "ANSWER", 0.1)
    api.put("deployments", deployment())
    if command == "eject":
        api.put("rollouts", rollout(observedGeneration="0"))
    else:  # what is created has no status, and nobody gives it one
        api.put("rollouts", rollout() | {"status": {}})
    said = serinus(command, "web")
    assert said.code == 1
    assert said.out == "Rollout web waits for its controller\n"
    assert "none has answered for 0.1 s: does `serinus controller` run" in said.err


def test_what_lasts_too_long_is_told_and_nothing_is_undone(serinus: Any, api: Any) -> None:
    api.put("deployments", deployment())
    api.put("rollouts", rollout(phase="Progressing"))
    said = serinus("adopt", "web", "--timeout", "1s")
    assert said.code == 1
    waiting = "Rollout web: 0 of 2 pods available; Deployment web: 2"
    assert said.out == f"{waiting}\n"
    assert said.err == f"Error: not done after 1 s: {waiting}; the same command goes on from here\n"
    assert not api.sent


def test_the_rollout_is_made_then_looked_at_again(serinus: Any, api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transition, "ANSWER", 0.1)
    api.put("deployments", deployment())
    said = serinus("adopt", "web", "--scale-down", "progressively")
    assert said.out.splitlines()[0] == "Rollout web is made beside Deployment web"
    (sent,) = api.sent
    assert (sent.method, sent.path) == ("POST", "/apis/argoproj.io/v1alpha1/namespaces/default/rollouts")
    assert sent.body["spec"]["workloadRef"] == REFERENCE | {"scaleDown": "progressively"}


def test_a_name_is_not_asked_for_where_the_deployment_is_there(serinus: Any, api: Any) -> None:
    api.put("rollouts", rollout())
    said = serinus("eject", "web", "--name", "other")
    assert said.code == 1
    assert "has its pods from Deployment web, which takes over: --name is not needed" in said.err
    assert not api.sent


def test_the_rollout_goes_after_the_drain_time_and_only_if_it_is_the_same(serinus: Any, api: Any) -> None:
    api.put("deployments", deployment())
    api.put("rollouts", rollout("never"))
    said = serinus("eject", "web", "--drain-seconds", "0", "--timeout", "1s")
    assert "Rollout web goes, and its pods with it" in said.out
    sent = api.sent[0]
    assert (sent.method, sent.path) == ("DELETE", "/apis/argoproj.io/v1alpha1/namespaces/default/rollouts/web")
    assert sent.body == {"preconditions": {"uid": "u"}, "propagationPolicy": "Background"}


def test_an_update_under_way_is_not_given_up_without_a_word(serinus: Any, api: Any) -> None:
    api.put("deployments", deployment())
    api.put("rollouts", rollout(phase="Paused", message="CanaryPauseStep", currentPodHash="b"))
    said = serinus("eject", "web")
    assert said.code == 1
    assert "not at rest on its stable version (Paused: CanaryPauseStep)" in said.err
    assert "serinus eject web --force" in said.err
    assert not api.sent
