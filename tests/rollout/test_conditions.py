"""Conditions and phases: what clients read, in the order in which they read it."""

from datetime import timedelta
from typing import Any

import pytest

from rollout.scenes import NOW, hash_of, plan, replica_set, rollout, routed_scene, updating, with_steps_hash
from serinus.api.conditions import Said, put
from serinus.api.meta import Condition
from serinus.api.rollout import Rollout
from serinus.plan import Seen
from serinus.rollout.conditions import timeout_at
from serinus.rollout.report import phase_of
from stories import manifests
from stories.manifests import CANARY, STABLE, V1, V2, pause, routed, weight

EARLIER = NOW - timedelta(seconds=100)


def condition(type_: str, status: str = "True", reason: str = "", message: str = "") -> Condition:
    return Condition(
        type=type_,
        status=status,
        last_update_time=EARLIER,
        last_transition_time=EARLIER,
        reason=reason or type_,
        message=message,
    )


def wire(item: Condition) -> dict[str, Any]:
    return {
        "type": item.type,
        "status": item.status,
        "lastUpdateTime": item.last_update_time,
        "lastTransitionTime": item.last_transition_time,
        "reason": item.reason,
        "message": item.message,
    }


def status_of(**status: Any) -> Rollout:
    status["conditions"] = [wire(item) for item in status.pop("conditions", ())]
    return rollout(status.pop("manifest", None), **status)


DONE = {"updatedReplicas": 3, "availableReplicas": 3, "replicas": 3, "stableRS": "a", "currentPodHash": "a"}
RESTARTING = manifests.rollout()
RESTARTING["spec"]["restartAt"] = "2026-01-01T00:00:00Z"
HELD = manifests.rollout()
HELD["spec"]["paused"] = True
PAUSES = [{"reason": "CanaryPauseStep", "startTime": "2026-01-01T00:00:00Z"}]

PHASES = [
    ({"conditions": [condition("InvalidSpec", message="m")], **DONE}, ("Degraded", "InvalidSpec: m")),
    ({"conditions": [condition("InvalidSpec", "False", message="m")], **DONE}, ("Degraded", "InvalidSpec: m")),
    (
        {"conditions": [condition("Progressing", "False", "RolloutAborted", "why")], **DONE},
        ("Degraded", "RolloutAborted: why"),
    ),
    (
        {"conditions": [condition("Progressing", "False", "ProgressDeadlineExceeded", "why")], **DONE},
        ("Degraded", "ProgressDeadlineExceeded: why"),
    ),
    (
        {
            "conditions": [
                condition("Progressing", "False", "RolloutAborted", "first"),
                condition("InvalidSpec", message="second"),
            ]
        },
        ("Degraded", "RolloutAborted: first"),
    ),
    ({"manifest": HELD, "pauseConditions": PAUSES}, ("Paused", "manually paused")),
    ({"pauseConditions": PAUSES}, ("Paused", "CanaryPauseStep")),
    ({"manifest": RESTARTING, **DONE}, ("Progressing", "rollout is restarting")),
    ({"manifest": RESTARTING, "restartedAt": "2026-01-01T00:00:00Z", **DONE}, ("Healthy", "")),
    ({**DONE, "updatedReplicas": 2}, ("Progressing", "more replicas need to be updated")),
    ({}, ("Progressing", "more replicas need to be updated")),
    ({**DONE, "availableReplicas": 2}, ("Progressing", "updated replicas are still becoming available")),
    ({**DONE, "replicas": 4}, ("Progressing", "old replicas are pending termination")),
    ({**DONE, "replicas": 4, "manifest": routed()}, ("Healthy", "")),
    ({**DONE, "stableRS": ""}, ("Progressing", "waiting for all steps to complete")),
    ({**DONE, "stableRS": "b"}, ("Progressing", "waiting for all steps to complete")),
    (DONE, ("Healthy", "")),
]


@pytest.mark.parametrize(("status", "expected"), PHASES)
def test_the_first_rule_that_applies_gives_the_phase(status: dict[str, Any], expected: tuple[str, str]) -> None:
    item = status_of(**dict(status))
    assert phase_of(item, item.status) == expected


def test_a_condition_that_says_the_same_stays_as_it_is() -> None:
    old = (condition("A", message="old"), condition("B"))
    assert put(old, Said("A", "True", "A", "new"), NOW) == old


def test_a_condition_that_changes_goes_to_the_end() -> None:
    old = (condition("A"), condition("B"))
    changed = put(old, Said("A", "True", "Other", "new"), NOW)
    assert [item.type for item in changed] == ["B", "A"]
    assert (changed[1].last_update_time, changed[1].last_transition_time) == (NOW, EARLIER)
    turned = put(old, Said("A", "False", "A", "new"), NOW)
    assert turned[1].last_transition_time == NOW


def test_a_condition_that_is_refreshed_gets_a_new_time() -> None:
    changed = put((condition("A"),), Said("A", "True", "A", "new"), NOW.replace(microsecond=9), refresh=True)
    assert (changed[0].last_update_time, changed[0].message) == (NOW, "new")


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("ReplicaSetUpdated", EARLIER.timestamp() + 60),
        ("NewReplicaSetAvailable", EARLIER.timestamp() + 60),
        ("RolloutPaused", None),
        ("RolloutAborted", None),
        ("ProgressDeadlineExceeded", None),
    ],
)
def test_the_clock_of_the_deadline_stands_for_some_reasons(reason: str, expected: float | None) -> None:
    assert timeout_at((condition("Progressing", reason=reason),), 60) == expected


def test_without_progress_there_is_no_deadline() -> None:
    assert timeout_at((), 60) is None


def patient(seconds: int = 60, **more: Any) -> dict[str, Any]:
    manifest = routed((weight(50), pause()), image=V2)
    manifest["spec"] |= {"progressDeadlineSeconds": seconds, **more}
    return manifest


def weights(canary: int) -> dict[str, Any]:
    """Weights of which it is not known since when they are so: nothing is to be waited for."""
    return {
        "canary": {"weight": canary, "serviceName": CANARY, "podTemplateHash": hash_of(V2)},
        "stable": {"weight": 100 - canary, "serviceName": STABLE, "podTemplateHash": hash_of(V1)},
    }


def late(available: int = 0, **status: Any) -> Seen:
    """An update whose last progress was 100 seconds ago."""
    status = {"currentStepIndex": 0, "updatedReplicas": 2, "replicas": 5, "readyReplicas": 3} | status
    status |= {"availableReplicas": 3 + available, "readyReplicas": 3 + available, "observedGeneration": "1"}
    progressing = wire(condition("Progressing", reason="ReplicaSetUpdated"))
    status["canary"] = {"weights": weights(50 if available else 0)}
    item = rollout(patient(), **updating(V2, V1), conditions=[progressing], **status)
    sets = (replica_set(V1, 3), replica_set(V2, 2, available, revision=2))
    return routed_scene(with_steps_hash(item), *sets, stable=V1, canary=V1)


def test_an_update_without_progress_times_out() -> None:
    decided = plan(late())
    said = next(item for item in decided.status["conditions"] if item["type"] == "Progressing")
    assert (said["status"], said["reason"]) == ("False", "ProgressDeadlineExceeded")
    assert decided.status["phase"] == "Degraded"


def test_an_update_is_looked_at_when_it_may_time_out() -> None:
    seen = late()
    decided = plan(seen, EARLIER + timedelta(seconds=30))
    assert decided.wake == EARLIER + timedelta(seconds=61)


def test_at_a_pause_the_clock_stands() -> None:
    seen = late(available=2, currentStepIndex=1, pauseConditions=PAUSES, controllerPause=True)
    assert plan(seen).wake is None
    assert plan(seen).status["phase"] == "Paused"


def test_a_failure_of_a_replica_set_is_shown_until_it_is_over() -> None:
    failure = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "quota"}
    item = rollout(manifests.rollout())
    shown = plan(Seen(item, (replica_set(V1, 3, 0, conditions=[failure]),))).status["conditions"]
    assert next(entry for entry in shown if entry["type"] == "ReplicaFailure")["message"] == "quota"
    later = rollout(manifests.rollout(), conditions=shown)
    gone = plan(Seen(later, (replica_set(V1, 3, 0),))).status["conditions"]
    assert all(entry["type"] != "ReplicaFailure" for entry in gone)


def test_a_complete_rollout_that_loses_a_pod_says_so() -> None:
    conditions = [wire(condition("Healthy", reason="RolloutHealthy")), wire(condition("Completed"))]
    status = updating(V1, V1, observedGeneration="1", conditions=conditions)
    status |= {"updatedReplicas": 3, "replicas": 3, "readyReplicas": 3, "availableReplicas": 3}
    item = with_steps_hash(rollout(manifests.rollout(), **status))
    said = plan(Seen(item, (replica_set(V1, 3, 2),))).status["conditions"]
    reasons = {entry["type"]: (entry["status"], entry["reason"]) for entry in said}
    assert reasons["Progressing"] == ("True", "ReplicaSetNotAvailable")
    assert reasons["Healthy"] == ("False", "RolloutHealthy")
    assert reasons["Available"] == ("False", "AvailableReason")


def test_a_found_version_is_told_apart_from_a_new_one() -> None:
    item = rollout(manifests.rollout(), **updating(V1, V1))
    created = plan(Seen(item)).status["conditions"]
    found = plan(Seen(rollout(manifests.rollout()), (replica_set(V1, 3),))).status["conditions"]
    name = f"{manifests.NAME}-{hash_of(V1)}"
    assert any(entry["message"] == f'Created new replica set "{name}"' for entry in created)
    assert any(entry["reason"] in {"FoundNewReplicaSet", "NewReplicaSetAvailable"} for entry in found)
