"""From a Rollout back to a Deployment: what comes next, whatever there is."""

from typing import Any

import msgspec
import pytest

from handover.scenes import HASH, NEWER, TEMPLATE, autoscaler, deployment, kinds_of, rollout, service, writes_of
from serinus.api.meta import ObjectMeta
from serinus.api.workload import Foreign
from serinus.handover import Act, Done, Ejection, HandoverError, Rest, Wait, next_ejection
from serinus.handover.eject import made
from serinus.plan import Create, Delete, Patch

ALONE = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "scaleDown": "never"}
BORROWING = {"workloadRef": ALONE}
INLINE = {"workloadRef": None, "selector": {"matchLabels": {"app": "web"}}, "template": TEMPLATE}
BLUE_GREEN = {"strategy": {"blueGreen": {"activeService": "web"}}}
ROUTED = {"strategy": {"canary": {"trafficRouting": {"nginx": {"stableIngress": "web"}}}}}
MOMENTS = dict.fromkeys(("lastUpdateTime", "lastTransitionTime"), "2026-01-01T00:00:00Z")
REFUSED = [{**MOMENTS, "type": "InvalidSpec", "status": "True", "reason": "InvalidSpec", "message": "no"}]


def seen(**more: Any) -> Ejection:
    """A Rollout that leaves its Deployment alone, beside that Deployment with all its pods."""
    base = {"name": "web", "rollout": rollout(spec=BORROWING), "deployment": deployment(), "template": TEMPLATE}
    return Ejection(**base | more)


def refused(**more: Any) -> str:
    with pytest.raises(HandoverError) as caught:
        next_ejection(seen(**more))
    return str(caught.value)


def rule(labels: dict[str, str]) -> Foreign:
    spec = {"subsets": [{"name": "stable", "labels": labels}]}
    return Foreign(metadata=ObjectMeta(name="web"), raw={"kind": "DestinationRule", "spec": spec})


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ({"deployment": None}, "Deployment web, whose pods it has, is missing"),
        ({"rollout": rollout(spec=INLINE)}, "there is a Deployment web already that is none of its own"),
        ({"deployment": deployment(paused=True)}, "Deployment web is paused"),
        ({"autoscalers": (autoscaler("Rollout"),)}, "HorizontalPodAutoscaler load scales it; with --repoint-hpa"),
        ({"rollout": rollout(spec=BORROWING, current="new", phase="Paused")}, "serinus promote web --full"),
        ({"rollout": rollout(spec=BORROWING, current="new", phase="Degraded")}, "serinus eject web --force"),
        ({"rollout": rollout(spec=BORROWING, conditions=REFUSED)}, "its pod template is another one"),
    ],
)
def test_what_may_not_be_done_now_is_refused(more: dict[str, Any], wanted: str) -> None:
    assert wanted in refused(**more)


@pytest.mark.parametrize(
    ("more", "kinds"),
    [
        ({"rollout": rollout()}, ["Rollout"]),
        ({"deployment": deployment(replicas=0)}, ["Deployment"]),
        ({"deployment": deployment(annotations={"rollout.serinus.dev/replicas-before": "3"})}, ["Deployment"]),
        ({"rollout": rollout(spec=BORROWING | BLUE_GREEN)}, ["Rollout"]),
        ({"rollout": rollout(spec=BORROWING | ROUTED)}, ["Rollout"]),
        ({"services": (service(), service("other", "abc"), service("free", ""))}, ["Service"]),
        ({"autoscalers": (autoscaler("Rollout"),), "repoint": True}, ["HorizontalPodAutoscaler"]),
        ({"rollout": rollout(spec=INLINE), "deployment": None}, ["Deployment"]),
    ],
)
def test_one_thing_is_written_after_the_other(more: dict[str, Any], kinds: list[str]) -> None:
    step = next_ejection(seen(**more))
    assert isinstance(step, Act)
    assert kinds_of(step) == kinds


@pytest.mark.parametrize(
    ("more", "wanted", "on_controller"),
    [
        ({"rollout": rollout(spec=BORROWING, observed=1)}, "waits for its controller", True),
        ({"rollout": rollout(spec=BORROWING, seen=6)}, "waits for its controller", True),
        ({"deployment": deployment(available=1)}, "Deployment web: 1 of 3 pods available", False),
        ({"rollout": rollout(spec=BORROWING, total=4)}, "1 pods of old versions end first", False),
        ({"objects": (rule({"rollouts-pod-template-hash": HASH}),)}, "leads to one version only", True),
        ({"rollout": rollout(deletionTimestamp="2026-01-01T00:00:00Z")}, "Rollout web goes", False),
    ],
)
def test_it_waits(more: dict[str, Any], wanted: str, on_controller: bool) -> None:
    step = next_ejection(seen(**more))
    assert isinstance(step, Wait)
    assert wanted in step.text
    assert step.on_controller is on_controller


def test_the_rollout_goes_last_and_not_at_once() -> None:
    step = next_ejection(seen(objects=(rule({}),), services=(service("free", ""),)))
    assert isinstance(step, Rest)
    (write,) = writes_of(step)
    assert isinstance(write, Delete)
    assert (write.ref.kind.kind, write.uid) == ("Rollout", "u-1")


def test_the_end() -> None:
    assert next_ejection(seen(rollout=None)) == Done("The Rollout is gone: Deployment web serves with 3 pods")


def test_a_deployment_that_has_more_pods_keeps_them() -> None:
    noted = {"rollout.serinus.dev/replicas-before": "3"}
    step = next_ejection(seen(deployment=deployment(replicas=5, annotations=noted)))
    (write,) = writes_of(step)
    assert isinstance(write, Patch)
    assert write.body["spec"] == {"replicas": 5}


@pytest.mark.parametrize(
    ("update", "kind"),
    [
        ({"rollout": rollout(spec=BORROWING, current="new"), "deployment": deployment(template=NEWER)}, "Deployment"),
        ({"rollout": rollout(spec=INLINE | {"template": NEWER}, current="new"), "deployment": None}, "Rollout"),
    ],
)
def test_force_puts_the_stable_template_back_first(update: dict[str, Any], kind: str) -> None:
    step = next_ejection(seen(force=True, **update))
    (write,) = writes_of(step)
    assert (write.ref.kind.kind, write.ref.name) == (kind, "web")
    assert isinstance(write, Patch)
    assert write.body == [{"op": "replace", "path": "/spec/template", "value": TEMPLATE}]


def test_a_template_that_was_put_back_takes_effect_before_anything_else() -> None:
    step = next_ejection(seen(force=True, rollout=rollout(spec=BORROWING, current="new", phase="Progressing")))
    assert step == Wait("Rollout web goes back to its stable version: Progressing")


def test_a_rollout_that_was_never_stable_can_be_given_up() -> None:
    """An adoption that failed: the Deployment has its pods, and its template is nobody else's."""
    failed = rollout(spec=BORROWING, stable="", phase="Degraded", available=0)
    assert isinstance(next_ejection(seen(rollout=failed, template=None)), Rest)


def test_a_deployment_is_made_of_what_the_rollout_says() -> None:
    limits = {"strategy": {"canary": {"maxSurge": 1, "maxUnavailable": 0, "steps": [{"setWeight": 5}]}}}
    step = next_ejection(seen(deployment=None, rollout=rollout(spec=INLINE | limits | {"minReadySeconds": 4})))
    (write,) = writes_of(step)
    assert isinstance(write, Create)
    assert write.manifest == {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "web",
            "namespace": "prod",
            "annotations": {"rollout.serinus.dev/ejected-from": "u-1"},
        },
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": {"app": "web"}},
            "template": TEMPLATE,
            "minReadySeconds": 4,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
        },
    }


def test_an_interrupted_exit_goes_on_with_the_deployment_that_it_made() -> None:
    own = deployment(annotations={"rollout.serinus.dev/ejected-from": "u-1"})
    assert isinstance(next_ejection(seen(rollout=rollout(spec=INLINE), deployment=own)), Rest)


def test_pods_of_a_pod_template_become_a_deployment_of_the_stable_version() -> None:
    spec = {"workloadRef": {"apiVersion": "v1", "kind": "PodTemplate", "name": "web"}, "selector": INLINE["selector"]}
    borrowed = rollout(spec=spec)
    assert made(borrowed, "web", NEWER)["spec"]["template"] == NEWER
    with pytest.raises(HandoverError, match="nothing to make a Deployment of"):
        made(borrowed, "web", None)


def test_what_is_written_can_be_sent() -> None:
    step = next_ejection(seen(services=(service(),)))
    (write,) = writes_of(step)
    assert isinstance(write, Patch)
    assert msgspec.json.decode(msgspec.json.encode(write.body)) == {
        "metadata": {"annotations": {"argo-rollouts.argoproj.io/managed-by-rollouts": None}},
        "spec": {"selector": {"rollouts-pod-template-hash": None}},
    }
    assert write.resource_version == "4"
