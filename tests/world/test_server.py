"""The world's API server keeps the promises of the real one that decisions rely on."""

from typing import Any

import pytest

from serinus.api.kinds import INGRESS, POD, REPLICA_SET, ROLLOUT, SERVICE
from serinus.plan import Ref
from serinus.world import RefusalError, Server
from serinus.world.world import START
from stories import manifests

SVC = Ref(SERVICE, "shop", manifests.STABLE)
ROLL = Ref(ROLLOUT, "shop", manifests.NAME)
SET = Ref(REPLICA_SET, "shop", "web-1")
SITE = Ref(INGRESS, "shop", manifests.INGRESS)


def replica_set(**spec: Any) -> dict[str, Any]:
    template = manifests.template(manifests.V1)
    return {"metadata": {}, "spec": {"selector": {"matchLabels": {"app": "myapp"}}, "template": template} | spec}


@pytest.fixture
def server() -> Server:
    made = Server()
    for ref, manifest in ((SVC, manifests.service("x")), (ROLL, manifests.rollout()), (SITE, manifests.ingress())):
        made.create(ref, manifest, START)
    return made


def test_a_new_object_gets_a_name_a_uid_a_time_and_no_status() -> None:
    made = Server().create(ROLL, manifests.rollout() | {"status": {"phase": "x"}}, START)
    metadata = made["metadata"]
    assert (metadata["name"], metadata["namespace"], metadata["generation"]) == (ROLL.name, "shop", 1)
    assert (metadata["resourceVersion"], metadata["creationTimestamp"]) == ("1", "2026-01-02T03:04:05Z")
    assert metadata["uid"]
    assert "status" not in made


def test_a_name_is_given_once(server: Server) -> None:
    with pytest.raises(RefusalError, match=r'rollouts\.argoproj\.io "myapp-rollout" already exists') as refusal:
        server.create(ROLL, manifests.rollout(), START)
    assert refusal.value.kind == "taken"


def test_what_is_not_there_is_missing(server: Server) -> None:
    with pytest.raises(RefusalError, match='services "other" not found') as refusal:
        server.patch(Ref(SERVICE, "shop", "other"), {})
    assert refusal.value.kind == "missing"
    assert server.find(Ref(SERVICE, "shop", "other")) is None


def test_only_another_spec_is_another_generation(server: Server) -> None:
    server.patch(ROLL, {"metadata": {"annotations": {"a": "b"}}})
    server.patch_status(ROLL, {"phase": "Healthy"})
    assert server.read(ROLL)["metadata"]["generation"] == 1
    server.patch(ROLL, {"spec": {"replicas": 5}})
    assert server.read(ROLL)["metadata"]["generation"] == 2


def test_a_patch_that_changes_nothing_is_no_change(server: Server) -> None:
    before = server.version
    server.patch(ROLL, {"spec": {"replicas": 3}})
    server.patch_status(ROLL, {})
    server.replace(ROLL, server.read(ROLL))
    assert server.version == before


def test_status_and_spec_are_written_apart(server: Server) -> None:
    server.patch_status(ROLL, {"phase": "Paused", "message": "x"})
    server.patch(ROLL, {"status": {"phase": "Healthy"}, "spec": {"replicas": 1}})
    server.replace(ROLL, server.read(ROLL) | {"status": {}})
    assert server.read(ROLL)["status"] == {"phase": "Paused", "message": "x"}
    server.patch_status(ROLL, {"message": None})
    assert server.read(ROLL)["status"] == {"phase": "Paused"}


def test_a_patch_with_an_old_version_or_another_uid_is_a_conflict(server: Server) -> None:
    seen = server.read(SVC)["metadata"]["resourceVersion"]
    server.patch(SVC, {"spec": {"selector": {"a": "b"}}}, version=seen)
    for body, version in (({"spec": {}}, seen), ({"metadata": {"uid": "other"}}, "")):
        with pytest.raises(RefusalError) as refusal:
            server.patch(SVC, body, version=version)
        assert refusal.value.kind == "conflict"
    with pytest.raises(RefusalError):
        server.delete(SVC, START, "other")


def test_selectors_are_for_ever(server: Server) -> None:
    with pytest.raises(RefusalError, match="field is immutable"):
        server.patch(ROLL, {"spec": {"selector": {"matchLabels": {"app": "other"}}}})


def test_what_was_read_does_not_change(server: Server) -> None:
    before = server.read(ROLL)
    server.patch(ROLL, {"spec": {"replicas": 9}})
    assert before["spec"]["replicas"] == 3


def test_a_pod_ends_and_everything_else_is_gone(server: Server) -> None:
    pod = Ref(POD, "shop", "web-1-a")
    server.create(pod, {"metadata": {}, "spec": {}}, START)
    server.delete(pod, START)
    version = server.version
    server.delete(pod, START)
    assert server.version == version, "it ends once"
    assert server.read(pod)["metadata"]["deletionTimestamp"] == "2026-01-02T03:04:05Z"
    server.delete(SVC, START)
    assert server.find(SVC) is None


def test_a_replica_set_gets_its_defaults(server: Server) -> None:
    made = server.create(SET, replica_set(), START)
    assert made["spec"]["replicas"] == 1
    assert made["spec"]["template"]["spec"]["restartPolicy"] == "Always"


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"replicas": -1}, "spec.replicas: Invalid value: -1: must be greater than or equal to 0"),
        ({"selector": {"matchLabels": {"app": "x"}}}, "`selector` does not match template `labels`"),
        ({"template": {"metadata": {"labels": {"app": "myapp"}}}}, "spec.template.spec.containers: Required value"),
        (
            {"template": {"metadata": {"labels": {"app": "myapp"}}, "spec": {"containers": [{"name": "a"}]}}},
            "spec.template.spec.containers[0].image: Required value",
        ),
        (
            {"template": {"metadata": {"labels": {"app": "myapp"}}, "spec": {"restartPolicy": "Never"}}},
            'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
        ),
    ],
)
def test_an_impossible_replica_set_is_refused(server: Server, spec: dict[str, Any], message: str) -> None:
    with pytest.raises(RefusalError) as refusal:
        server.create(SET, replica_set(**spec), START)
    assert refusal.value.kind == "invalid"
    assert str(refusal.value).startswith('ReplicaSet.apps "web-1" is invalid: ')
    assert str(refusal.value).endswith(message)
    assert server.find(SET) is None
