"""The decision as a whole: promises about every plan, and what the API refuses."""

from datetime import timedelta

import msgspec
import pytest

from rollout.scenes import NOW, hash_of, plan, replica_set, rollout, routed_scene, updating, with_steps_hash
from serinus.api import podhash
from serinus.plan import Create, Created, Delete, Patch, Plan, Refused, Seen
from stories import manifests
from stories.manifests import CANARY, STABLE, V1, V2, V3, pause, routed, weight

NAME_2 = f"{manifests.NAME}-{hash_of(V2)}"
STEPS = (weight(20), pause())


def updated(**status: object) -> Seen:
    """A routed Rollout whose user has just set another version."""
    known = updating(V1, V1, observedGeneration="1", currentStepIndex=2, **status)
    item = rollout(routed(STEPS, image=V2), generation=2, **known)
    return routed_scene(with_steps_hash(item), replica_set(V1, 3), stable=V1, canary=V1)


def refused(kind: str, seen: Seen | None = None) -> Plan:
    seen = seen or updated()
    answers = {Created(NAME_2): Refused("no, says the API", kind)}  # type: ignore[arg-type]
    return plan(msgspec.structs.replace(seen, answers=answers))


def test_a_new_version_is_made_with_the_pods_of_its_first_step() -> None:
    decided = plan(updated())
    (create,) = (write for write in decided.writes if isinstance(write, Create))
    assert create.ref.name == NAME_2
    assert create.manifest["spec"]["replicas"] == 1
    assert create.manifest["metadata"]["annotations"]["rollout.argoproj.io/revision"] == "2"
    assert create.manifest["spec"]["selector"]["matchLabels"]["rollouts-pod-template-hash"] == hash_of(V2)
    assert decided.why == ("canary has 0 of 1 available",)


def test_annotations_of_the_rollout_go_to_its_version_but_not_those_of_tools() -> None:
    manifest = routed(STEPS)
    applied = "kubectl.kubernetes.io/last-applied-configuration"
    manifest["metadata"]["annotations"] = {"team": "blue", applied: "{}", "notified.notifications.argoproj.io": "x"}
    (create,) = (write for write in plan(routed_scene(rollout(manifest))).writes if isinstance(write, Create))
    annotations = create.manifest["metadata"]["annotations"]
    assert annotations["team"] == "blue"
    assert not {applied, "notified.notifications.argoproj.io"} & set(annotations)


def test_a_refused_template_is_shown_and_tried_again() -> None:
    decided = refused("invalid")
    assert decided.writes == ()
    assert decided.status["message"].endswith("is invalid: spec.template: no, says the API")
    assert decided.wake == NOW + timedelta(seconds=20)


def test_a_refusal_that_may_pass_is_a_condition_of_its_own() -> None:
    decided = refused("failed")
    (said,) = (item for item in decided.status["conditions"] if item["reason"] == "ReplicaSetCreateError")
    assert said["message"] == f'Failed to create new replica set "{NAME_2}": no, says the API'
    assert [event.reason for event in decided.events] == ["ReplicaSetCreateError"]
    assert decided.wake == NOW + timedelta(seconds=20)


@pytest.mark.parametrize(("before", "after"), [(None, 1), (4, 5)])
def test_a_name_that_is_taken_gives_way_to_another(before: int | None, after: int) -> None:
    seen = updated() if before is None else updated(collisionCount=before)
    name = f"{manifests.NAME}-{podhash.template_hash(manifests.template(V2), before)}"
    decided = plan(msgspec.structs.replace(seen, answers={Created(name): Refused("taken", "taken")}))
    assert decided.status == {"collisionCount": after}
    assert decided.writes == ()


def test_a_refusal_of_a_version_that_is_there_is_old_news() -> None:
    seen = updated()
    there = msgspec.structs.replace(seen, replica_sets=(*seen.replica_sets, replica_set(V2, 1, 0, revision=2)))
    assert refused("invalid", there).status.get("phase") != "Degraded"


def test_versions_beyond_the_limit_go_oldest_first_and_only_without_pods() -> None:
    olds = [replica_set(f"nginx:0.{n}", 0, revision=n) for n in (1, 2, 3)]
    busy = replica_set("nginx:0.4", 1, revision=4)
    item = rollout(manifests.rollout(image=V3), **updating(V3, V3, observedGeneration="1"))
    seen = Seen(item, (*reversed(olds), busy, replica_set(V3, 3, revision=5)))
    gone = [write.ref.name for write in plan(seen).writes if isinstance(write, Delete)]
    assert gone == [olds[0].name, olds[1].name]


def test_a_service_of_ours_follows_a_version_with_one_pod_and_a_new_one_waits_for_all() -> None:
    item = rollout(routed(STEPS), **updating(V1, V1, observedGeneration="1"))
    partly = replica_set(V1, 3, 2)
    fresh = plan(routed_scene(item, partly))
    assert not [write for write in fresh.writes if isinstance(write, Patch) and write.ref.kind.kind == "Service"]
    ours = plan(routed_scene(item, partly, stable=V2, canary=V2))
    names = [write.ref.name for write in ours.writes if isinstance(write, Patch) and write.ref.kind.kind == "Service"]
    assert set(names) == {STABLE, CANARY}


NAMES_OF_STEPS = [
    pytest.param("64dccb8", 2, [], True, id="unknown name, spec as it was"),
    pytest.param("64dccb8", 1, [], False, id="unknown name, another spec"),
    pytest.param("", 2, [], False, id="no name"),
    pytest.param("64dccb8", 2, ["InvalidSpec"], False, id="unknown name, spec was refused"),
]


@pytest.mark.parametrize(("name", "observed", "reasons", "goes_on"), NAMES_OF_STEPS)
def test_steps_under_a_name_of_another_controller_go_on_if_nobody_has_changed_the_spec(
    name: str, observed: int, reasons: list[str], goes_on: bool
) -> None:
    times = {"lastUpdateTime": "2026-01-02T03:00:00Z", "lastTransitionTime": "2026-01-02T03:00:00Z"}
    conditions = [{"type": reason, "status": "True", "reason": reason, "message": "", **times} for reason in reasons]
    pauses = [{"reason": "CanaryPauseStep", "startTime": "2026-01-02T03:00:00Z"}]
    known = updating(V2, V1, observedGeneration=str(observed), currentStepIndex=1, currentStepHash=name)
    known |= {"pauseConditions": pauses, "controllerPause": True, "conditions": conditions}
    item = rollout(routed(STEPS, image=V2), generation=2, **known)
    sets = (replica_set(V1, 3), replica_set(V2, 1, revision=2))
    decided = plan(routed_scene(item, *sets, stable=V1, canary=V2))
    assert ("pauseConditions" not in decided.status) is goes_on, "it pauses anew"
