"""From a Deployment to a Rollout: what comes next, whatever there is."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from handover.scenes import autoscaler, deployment, kinds_of, rollout
from serinus.api.deployment import Deployment
from serinus.handover import Act, Adoption, Done, HandoverError, Step, Wait, Wishes, adopted, check, next_adoption
from serinus.plan import Create, Patch

BEFORE = {"rollout.serinus.dev/replicas-before": "5"}


def seen(found: Deployment | None = None, **more: Any) -> Adoption:
    return Adoption(**{"wishes": Wishes(name="web"), "deployment": found or deployment()} | more)


def refused(look: Callable[[], object]) -> str:
    with pytest.raises(HandoverError) as caught:
        look()
    return str(caught.value)


@pytest.mark.parametrize(
    ("found", "more", "wanted"),
    [
        (deployment(), {"others": ("shop",)}, "it is adopted already, by Rollout shop"),
        (deployment(strategy={"type": "Recreate"}), {}, "its strategy is Recreate"),
        (deployment(paused=True), {}, "it is paused; let it go on first: kubectl rollout resume deployment/web"),
        (deployment(replicas=0), {}, "it has no pods; give it some first: kubectl scale deployment/web --replicas=1"),
        (deployment(replicas=0, annotations=BEFORE), {}, "kubectl scale deployment/web --replicas=5"),
        (deployment(available=2), {}, "not all of its pods are updated and ready (2 of 3)"),
        (deployment(updated=1), {}, "wait for kubectl rollout status deployment/web"),
        (deployment(observed=6), {}, "not all of its pods are updated"),
        (deployment(), {"autoscalers": (autoscaler(),)}, "HorizontalPodAutoscaler load scales it; with --repoint-hpa"),
    ],
)
def test_it_does_not_begin_where_no_rollout_can_take_over(found: Deployment, more: dict[str, Any], wanted: str) -> None:
    for look in (check, next_adoption):
        text = refused(lambda look=look: look(seen(found, **more)))
        assert text.startswith("Deployment web cannot be adopted now: ")
        assert wanted in text


def test_the_rollout_is_as_a_user_would_write_it() -> None:
    spec = {"minReadySeconds": 5, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600}
    limits = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": "25%"}}
    assert adopted(deployment(strategy=limits, **spec), Wishes(name="shop")) == {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Rollout",
        "metadata": {"name": "shop", "namespace": "prod"},
        "spec": {
            "replicas": 3,
            "workloadRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "scaleDown": "onsuccess"},
            "minReadySeconds": 5,
            "strategy": {"canary": {"maxSurge": 1}},
        },
    }


def test_blue_green_has_no_limits_of_a_canary() -> None:
    wishes = Wishes(name="web", strategy={"blueGreen": {"activeService": "web"}}, scale_down="progressively")
    spec = adopted(deployment(strategy={"rollingUpdate": {"maxSurge": 1}}), wishes)["spec"]
    assert spec["strategy"] == {"blueGreen": {"activeService": "web"}}
    assert spec["workloadRef"]["scaleDown"] == "progressively"


STARTING = rollout(available=1, phase="Progressing")
HEALTHY = rollout()
EMPTY = deployment(replicas=0)


@pytest.mark.parametrize(
    ("step", "wanted"),
    [
        (seen(), Act),
        (seen(rollout=rollout(observed=0)), Wait),
        (seen(rollout=STARTING), Wait),
        (seen(rollout=HEALTHY), Wait),
        (seen(deployment(replicas=0, total=1), rollout=HEALTHY), Wait),
        (seen(deployment(replicas=5), rollout=HEALTHY), Act),
        (seen(EMPTY, rollout=HEALTHY, autoscalers=(autoscaler(),)), Act),
        (seen(EMPTY, rollout=HEALTHY, autoscalers=(autoscaler("Rollout"),)), Done),
        (seen(EMPTY, rollout=HEALTHY), Done),
        (seen(EMPTY, rollout=STARTING), Wait),
    ],
)
def test_the_next_step(step: Adoption, wanted: type[Step]) -> None:
    assert isinstance(next_adoption(step), wanted)


def test_what_an_earlier_rollout_noted_is_forgotten_first() -> None:
    step = next_adoption(seen(deployment(annotations=BEFORE)))
    assert isinstance(step, Act)
    assert [type(write) for write in step.writes] == [Patch, Create]
    plain = next_adoption(seen())
    assert isinstance(plain, Act)
    assert [type(write) for write in plain.writes] == [Create]


def test_a_deployment_that_grows_meanwhile_makes_the_rollout_grow() -> None:
    step = next_adoption(seen(deployment(replicas=5), rollout=STARTING))
    assert isinstance(step, Act)
    (write,) = step.writes
    assert isinstance(write, Patch)
    assert (write.ref.kind.kind, write.body) == ("Rollout", {"spec": {"replicas": 5}})


def test_only_a_missing_controller_is_waited_for_with_impatience() -> None:
    assert next_adoption(seen(rollout=rollout(observed=0))) == Wait("Rollout web waits for its controller", True)
    assert next_adoption(seen(rollout=STARTING)) == Wait(
        "Rollout web: 1 of 3 pods available; Deployment web: 3", on_controller=False
    )


def test_autoscalers_are_turned_to_the_rollout_when_it_carries_everything() -> None:
    step = next_adoption(seen(EMPTY, rollout=HEALTHY, autoscalers=(autoscaler(),)))
    assert kinds_of(step) == ["HorizontalPodAutoscaler"]
    target = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": "web"}
    assert isinstance(step, Act)
    assert step.writes[0].body == {"spec": {"scaleTargetRef": target}}  # type: ignore[union-attr]


def test_a_rollout_that_fails_is_told_with_the_way_back() -> None:
    failed = rollout(available=0, phase="Degraded", message='ProgressDeadlineExceeded: ReplicaSet "x" has timed out')
    assert refused(lambda: next_adoption(seen(rollout=failed))) == (
        'Rollout web is Degraded: ProgressDeadlineExceeded: ReplicaSet "x" has timed out. Deployment web has 3 of 3 '
        "pods ready. To give up: serinus eject web"
    )


@pytest.mark.parametrize(
    ("reference", "wanted"),
    [
        (None, "choose another name by --name"),
        ({"name": "other"}, "has nothing to do with Deployment web"),
        ({"scaleDown": "never"}, "already"),
        ({"scaleDown": ""}, "workloadRef.scaleDown: never"),
    ],
)
def test_a_rollout_of_the_name_that_is_there_already(reference: dict[str, str] | None, wanted: str) -> None:
    found = rollout()
    if reference is None:
        found = replace(found, spec=replace(found.spec, workload_ref=None))
    else:
        old = msgspec.to_builtins(found.spec.workload_ref)
        new = msgspec.convert(old | reference, type(found.spec.workload_ref))
        found = replace(found, spec=replace(found.spec, workload_ref=new))
    assert wanted in refused(lambda: next_adoption(seen(rollout=found)))
