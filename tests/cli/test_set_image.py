"""What `set image` writes."""

from collections.abc import Callable
from typing import Any

import pytest

SHOP = "/apis/argoproj.io/v1alpha1/namespaces/default/rollouts/shop"
CONFLICT = (409, "Conflict", "the object has been modified")


def images(manifest: Any) -> dict[str, str]:
    spec = manifest["spec"]["template"]["spec"]
    lists = (spec.get(key, ()) for key in ("initContainers", "containers", "ephemeralContainers"))
    return {item["name"]: item["image"] for items in lists for item in items}


@pytest.fixture
def crowded(rollout: Callable[..., Any]) -> Any:
    manifest = rollout()
    manifest["spec"]["template"]["spec"] |= {
        "initContainers": [{"name": "migrate", "image": "db:1"}],
        "ephemeralContainers": [{"name": "debug", "image": "sh:1"}],
    }
    manifest["spec"]["template"]["spec"]["containers"].append({"name": "proxy", "image": "envoy:1"})
    return manifest


def test_the_whole_object_goes_back_with_one_image_changed(serinus: Any, api: Any, rollout: Callable[..., Any]) -> None:
    api.put("rollouts", rollout() | {"unknownTop": 1})
    before = api.objects["rollouts", "default", "shop"]
    said = serinus("set", "image", "shop", "web=nginx:3@sha256:a=b")
    assert (said.code, said.out, said.err) == (0, 'rollout "shop" image updated\n', "")
    (sent,) = api.sent
    assert (sent.method, sent.path) == ("PUT", SHOP)
    assert images(sent.body) == {"web": "nginx:3@sha256:a=b"}
    sent.body["spec"]["template"]["spec"]["containers"][0]["image"] = "nginx:2"
    assert sent.body == before


@pytest.mark.parametrize(
    ("pairs", "changed"),
    [
        (["*=x:9"], {"migrate": "x:9", "web": "x:9", "proxy": "x:9", "debug": "x:9"}),
        (["migrate=db:2"], {"migrate": "db:2"}),
        (["debug=sh:2"], {"debug": "sh:2"}),
        (["web=nginx:3", "proxy=envoy:2"], {"web": "nginx:3", "proxy": "envoy:2"}),
    ],
)
def test_containers_of_every_sort_can_be_named(
    pairs: list[str], changed: dict[str, str], serinus: Any, api: Any, crowded: Any
) -> None:
    api.put("rollouts", crowded)
    assert serinus("set", "image", "shop", *pairs).code == 0
    assert images(api.sent[0].body) == images(crowded) | changed


def test_an_unknown_container_changes_nothing(serinus: Any, api: Any, crowded: Any) -> None:
    api.put("rollouts", crowded)
    said = serinus("set", "image", "shop", "web=nginx:3", "wep=nginx:3")
    assert (said.code, said.err) == (1, 'Error: unable to find container named "wep"\n')
    assert api.sent == []


@pytest.mark.parametrize("pair", ["web", "=nginx:3", "web="])
def test_what_is_no_pair_is_refused(pair: str, serinus: Any, api: Any) -> None:
    said = serinus("set", "image", "shop", pair)
    assert said.code == 1
    assert f"{pair!r} is not of the form CONTAINER=IMAGE" in said.err
    assert api.reads == []


def test_a_conflict_is_read_and_written_again(serinus: Any, api: Any, rollout: Callable[..., Any]) -> None:
    api.put("rollouts", rollout())
    api.refusals += [CONFLICT] * 5
    assert serinus("set", "image", "shop", "web=nginx:3").code == 0
    assert len(api.sent) == len(api.reads) == 6


def test_conflicts_without_end_are_told(serinus: Any, api: Any, rollout: Callable[..., Any]) -> None:
    api.put("rollouts", rollout())
    api.refusals += [CONFLICT] * 9
    said = serinus("set", "image", "shop", "web=nginx:3")
    assert said.code == 1
    assert said.err.startswith("Error: the object has been modified")
    assert len(api.sent) == 6


def referring(rollout: Callable[..., Any], kind: str) -> Any:
    manifest = rollout(spec={"workloadRef": {"apiVersion": "apps/v1", "kind": kind, "name": "legacy"}})
    del manifest["spec"]["template"]
    return manifest


def test_with_a_workload_ref_the_deployment_is_changed(serinus: Any, api: Any, rollout: Callable[..., Any]) -> None:
    template = rollout()["spec"]["template"]
    api.put("rollouts", referring(rollout, "Deployment"))
    api.put("deployments", {"metadata": {"name": "legacy"}, "spec": {"replicas": 0, "template": template}})
    said = serinus("set", "image", "shop", "web=nginx:3")
    assert (said.code, said.out) == (0, 'deployment "legacy" image updated\n')
    assert api.sent[0].path == "/apis/apps/v1/namespaces/default/deployments/legacy"
    assert images(api.sent[0].body) == {"web": "nginx:3"}


def test_an_unknown_kind_of_workload_is_named(serinus: Any, api: Any, rollout: Callable[..., Any]) -> None:
    api.put("rollouts", referring(rollout, "StatefulSet"))
    said = serinus("set", "image", "shop", "web=nginx:3")
    assert said.code == 1
    assert said.err == (
        "Error: rollout \"shop\" refers to a 'StatefulSet'; known kinds are Deployment, ReplicaSet, PodTemplate\n"
    )


def test_a_workload_without_a_template_is_named(serinus: Any, api: Any, rollout: Callable[..., Any]) -> None:
    api.put("rollouts", referring(rollout, "Deployment"))
    api.put("deployments", {"metadata": {"name": "legacy"}, "spec": {}})
    said = serinus("set", "image", "shop", "web=nginx:3")
    assert (said.code, said.err) == (1, 'Error: deployment "legacy" has no pod template\n')
