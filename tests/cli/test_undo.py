"""What `undo` writes."""

from collections.abc import Callable
from typing import Any

import pytest

SHOP = "/apis/argoproj.io/v1alpha1/namespaces/default/rollouts/shop"
EPHEMERAL = "rollout.argoproj.io/ephemeral-metadata"


@pytest.fixture
def history(api: Any, rollout: Callable[..., Any], replica_set: Callable[..., Any]) -> Any:
    api.put("rollouts", rollout())
    for hash_, revision in (("oldest", 1), ("old", 2), ("new", 3)):
        api.put("replicasets", replica_set(hash_, revision, f"nginx:{hash_}"))
    api.put("replicasets", replica_set("stranger", 9, "nginx:9", owner="other"))
    return api


@pytest.mark.parametrize(
    ("flags", "image"),
    [([], "nginx:old"), (["--to-revision", "0"], "nginx:old"), (["--to-revision=1"], "nginx:oldest")],
)
def test_the_template_of_a_revision_is_written_back(flags: list[str], image: str, serinus: Any, history: Any) -> None:
    said = serinus("undo", "shop", *flags)
    assert (said.code, said.out, said.err) == (0, "rollout 'shop' undo\n", "")
    (sent,) = history.sent
    assert (sent.method, sent.path, sent.content_type) == ("PATCH", SHOP, "application/json-patch+json")
    template = {"metadata": {"labels": {"app": "shop"}}, "spec": {"containers": [{"name": "web", "image": image}]}}
    assert sent.body == [{"op": "replace", "path": "/spec/template", "value": template}]


def test_metadata_of_one_role_is_not_written_back(
    serinus: Any, api: Any, rollout: Callable[..., Any], replica_set: Callable[..., Any]
) -> None:
    said = '{"labels":{"role":"stable"},"annotations":{"note":"x"}}'
    old = replica_set("old", 1, "nginx:old", labels={"role": "stable", "keep": "me"}, annotations={EPHEMERAL: said})
    old["spec"]["template"]["metadata"]["annotations"] = {"note": "x"}
    for item in (old, replica_set("new", 2, "nginx:new")):
        api.put("replicasets", item)
    api.put("rollouts", rollout())
    assert serinus("undo", "shop").code == 0
    assert api.sent[0].body[0]["value"]["metadata"] == {"labels": {"app": "shop", "keep": "me"}}


def test_ephemeral_metadata_that_cannot_be_read_is_told(
    serinus: Any, api: Any, rollout: Callable[..., Any], replica_set: Callable[..., Any]
) -> None:
    for hash_, revision in (("old", 1), ("new", 2)):
        api.put("replicasets", replica_set(hash_, revision, "nginx", annotations={EPHEMERAL: "{oops"}))
    api.put("rollouts", rollout())
    said = serinus("undo", "shop")
    assert said.code == 1
    assert said.err == f"Error: the annotation {EPHEMERAL} of ReplicaSet 'shop-old' cannot be read\n"


def test_the_current_revision_is_not_written_again(serinus: Any, history: Any) -> None:
    said = serinus("undo", "shop", "--to-revision", "3")
    assert (said.code, said.out) == (0, "skipped rollback (current template already matches revision 3)\n")
    assert history.sent == []


def test_an_equal_template_is_not_written_again(serinus: Any, history: Any, rollout: Callable[..., Any]) -> None:
    template = {
        "metadata": {"labels": {"app": "shop"}},
        "spec": {"containers": [{"name": "web", "image": "nginx:old"}]},
    }
    history.put("rollouts", rollout(spec={"template": template}))
    assert serinus("undo", "shop").out == "skipped rollback (current template already matches revision 2)\n"
    assert history.sent == []


def test_a_spec_that_nobody_has_looked_at_is_not_the_current_revision(
    serinus: Any, history: Any, rollout: Callable[..., Any]
) -> None:
    changed = rollout(observedGeneration="1")
    changed["metadata"]["generation"] = 2
    history.put("rollouts", changed)
    assert serinus("undo", "shop", "--to-revision", "3").out == "rollout 'shop' undo\n"
    assert len(history.sent) == 1


def test_an_unknown_revision_is_told(serinus: Any, history: Any) -> None:
    said = serinus("undo", "shop", "--to-revision", "7")
    assert (said.code, said.err) == (1, "Error: unable to find specified revision 7 in history\n")


def test_a_rollout_with_one_revision_cannot_go_back(
    serinus: Any, api: Any, rollout: Callable[..., Any], replica_set: Callable[..., Any]
) -> None:
    api.put("rollouts", rollout())
    api.put("replicasets", replica_set("new", 1, "nginx:new"))
    said = serinus("undo", "shop")
    assert (said.code, said.err) == (1, 'Error: no revision found for rollout "shop"\n')


@pytest.mark.parametrize(
    ("kind", "path", "pointer"),
    [
        ("Deployment", "/apis/apps/v1/namespaces/default/deployments/legacy", "/spec/template"),
        ("PodTemplate", "/api/v1/namespaces/default/podtemplates/legacy", "/template"),
    ],
)
def test_with_a_workload_ref_its_template_is_written(
    kind: str, path: str, pointer: str, serinus: Any, history: Any, rollout: Callable[..., Any]
) -> None:
    manifest = rollout(spec={"workloadRef": {"kind": kind, "name": "legacy"}})
    template = manifest["spec"].pop("template")
    history.put("rollouts", manifest)
    history.put("deployments", {"metadata": {"name": "legacy"}, "spec": {"template": template}})
    history.put("podtemplates", {"metadata": {"name": "legacy"}, "template": template})
    assert serinus("undo", "shop").out == "rollout 'shop' undo\n"
    assert (history.sent[0].path, history.sent[0].body[0]["path"]) == (path, pointer)
