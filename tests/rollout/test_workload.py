"""Pod templates that are another workload's."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from rollout.scenes import NAMESPACE, NOW, foreign, hash_of, plan, replica_set, rollout, updating
from serinus.api import keys
from serinus.api.kinds import DEPLOYMENT
from serinus.plan import Create, Patch, Ref, Seen
from serinus.rollout.fleet import identify
from serinus.rollout.workload import resolved
from stories import manifests
from stories.manifests import V1, V2

REF = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}


def referring(reference: dict[str, Any] = REF, **status: Any) -> Any:
    manifest = manifests.rollout()
    del manifest["spec"]["template"], manifest["spec"]["selector"]
    manifest["spec"]["workloadRef"] = reference
    return rollout(manifest, **status)


def deployment(replicas: int = 3, image: str = V1, **annotations: str) -> Any:
    spec = {
        "replicas": replicas,
        "selector": {"matchLabels": {"app": "myapp"}},
        "template": manifests.template(image),
    }
    metadata = {"name": "web", "namespace": NAMESPACE, "generation": 7, "resourceVersion": "5"}
    return foreign({"metadata": metadata | {"annotations": annotations}, "spec": spec})


def message(seen: Seen) -> str:
    start = f'The Rollout "{manifests.NAME}" is invalid: '
    (condition,) = (item for item in plan(seen).status["conditions"] if item["type"] == "InvalidSpec")
    return str(condition["message"].removeprefix(start))


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        (REF, 'spec.workloadRef.name: Invalid value: "web": deployments.apps "web" not found'),
        (
            {"apiVersion": "v1", "kind": "PodTemplate", "name": "pods"},
            'spec.workloadRef.name: Invalid value: "pods": podtemplates "pods" not found',
        ),
        (REF | {"name": ""}, "spec.workloadRef.name: Required value: name the workload whose pods are wanted"),
        (
            {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "web"},
            (
                'spec.workloadRef: Invalid value: "apps/v1 DaemonSet": workload of this type is not supported: '
                "take one of apps/v1 Deployment, apps/v1 ReplicaSet, v1 PodTemplate"
            ),
        ),
        (
            {"apiVersion": "v1", "kind": "Deployment", "name": "web"},
            (
                'spec.workloadRef: Invalid value: "v1 Deployment": workload of this type is not supported: '
                "take one of apps/v1 Deployment, apps/v1 ReplicaSet, v1 PodTemplate"
            ),
        ),
    ],
)
def test_a_workload_that_cannot_be_used_is_named_and_looked_for_again(reference: dict[str, Any], expected: str) -> None:
    seen = Seen(referring(reference))
    assert message(seen) == expected
    assert plan(seen).wake == NOW + timedelta(seconds=20)


def test_a_template_beside_a_reference_is_refused() -> None:
    manifest = manifests.rollout()
    manifest["spec"]["workloadRef"] = REF
    seen = Seen(rollout(manifest), workload=deployment())
    assert message(seen) == "spec.template: Forbidden: template must be empty for workload reference rollout"


def test_template_and_selector_are_taken_from_the_workload_and_never_written() -> None:
    found = plan(Seen(referring(), workload=deployment()))
    (created,) = (write for write in found.writes if isinstance(write, Create))
    assert created.ref.name == f"{manifests.NAME}-{hash_of(V1)}"
    assert created.manifest["spec"]["selector"]["matchLabels"]["app"] == "myapp"
    (own,) = (write for write in found.writes if isinstance(write, Patch) and write.ref.name == manifests.NAME)
    assert own.body["metadata"]["annotations"][keys.WORKLOAD_GENERATION] == "7"
    assert "spec" not in own.body
    assert found.status["workloadObservedGeneration"] == "7"


def test_a_new_template_of_the_workload_is_a_new_version_though_the_rollout_is_the_same() -> None:
    status = updating(V1, V1, observedGeneration="1", workloadObservedGeneration="6")
    seen = resolved(Seen(referring(**status), (replica_set(V1, 3),), workload=deployment(image=V2)))
    assert (identify(seen).hash, identify(seen).new) == (hash_of(V2), None)


HEALTHY = {
    "type": "Healthy",
    "status": "True",
    "reason": "RolloutHealthy",
    "message": "",
    "lastUpdateTime": "2026-01-01T00:00:00Z",
    "lastTransitionTime": "2026-01-01T00:00:00Z",
}
JUST_NOW = HEALTHY | {"lastTransitionTime": "2026-01-02T03:04:04Z"}
UNHEALTHY = HEALTHY | {"status": "False"}


def scaled(scale_down: str, available: int, conditions: list[Any], found: Any, revision: int = 1) -> int | None:
    """The size that the Deployment gets; None when it is left alone."""
    owner = referring(REF | {"scaleDown": scale_down}, **updating(V1, V1, conditions=conditions))
    owner = msgspec.structs.replace(owner, spec=msgspec.structs.replace(owner.spec, replicas=3))
    sets = (replica_set(V1, 3, available, revision=revision),)
    ref = Ref(DEPLOYMENT, NAMESPACE, "web")
    writes = [write for write in plan(Seen(owner, sets, workload=found)).writes if write.ref == ref]
    assert len(writes) <= 1
    return writes[0].body["spec"]["replicas"] if writes and isinstance(writes[0], Patch) else None


@pytest.mark.parametrize(
    ("scale_down", "available", "conditions", "found", "expected"),
    [
        ("never", 3, [HEALTHY], deployment(), None),
        ("", 3, [HEALTHY], deployment(), None),
        ("onsuccess", 2, [], deployment(), None),
        ("onsuccess", 3, [JUST_NOW], deployment(), None),
        ("onsuccess", 3, [HEALTHY], deployment(), 0),
        ("onsuccess", 3, [HEALTHY], deployment(0), None),
        ("progressively", 0, [], deployment(), None),
        ("progressively", 1, [], deployment(), 2),
        ("progressively", 3, [], deployment(), 0),
        ("progressively", 1, [], deployment(1, **{keys.REPLICAS_BEFORE: "3"}), 2),
        ("progressively", 0, [], deployment(1, **{keys.REPLICAS_BEFORE: "2"}), 2),
        ("progressively", 0, [], deployment(1), None),
        ("progressively", 1, [UNHEALTHY], deployment(0, **{keys.REPLICAS_BEFORE: "3"}), None),
        ("progressively", 3, [HEALTHY], deployment(2), 0),
    ],
)
def test_the_deployment_gives_its_pods_up_as_its_user_wants(
    scale_down: str, available: int, conditions: list[Any], found: Any, expected: int | None
) -> None:
    assert scaled(scale_down, available, conditions, found) == expected


def test_a_later_revision_leaves_the_deployment_alone() -> None:
    assert scaled("onsuccess", 3, [HEALTHY], deployment(), revision=2) is None


def test_what_the_deployment_had_is_noted() -> None:
    owner = referring(REF | {"scaleDown": "onsuccess"}, **updating(V1, V1, conditions=[HEALTHY]))
    found = plan(Seen(owner, (replica_set(V1, 3),), workload=deployment(5)))
    (write,) = (write for write in found.writes if isinstance(write, Patch) and write.ref.kind is DEPLOYMENT)
    assert write.body["metadata"]["annotations"] == {keys.REPLICAS_BEFORE: "5"}
    assert write.resource_version == "5"
    assert [event.reason for event in found.events if "Deployment" in event.message] == ["ScalingDeployment"]
