"""Runs of analyses: what they are called, which one counts, and what follows from it in one decision."""

from typing import Any

import msgspec
import pytest

from rollout.scenes import (
    NAMESPACE,
    NOW,
    UID,
    hash_of,
    ingresses,
    plan,
    replica_set,
    rollout,
    routed_scene,
    updating,
    with_steps_hash,
)
from serinus.api.analysis import AnalysisRun, AnalysisTemplate
from serinus.api.analysis_ref import TemplateRef
from serinus.api.kinds import ANALYSIS_RUN, INGRESS, REPLICA_SET
from serinus.plan import Create, Created, Delete, Patch, Plan, Refused, Seen
from stories import manifests
from stories.manifests import V1, V2, analyse, analysis, pause, routed, weight

Manifest = dict[str, Any]

STEPS = (weight(20), analyse("quick"), pause())
NAME = f"{manifests.NAME}-{hash_of(V2)}-2-1"


def canary_ingress() -> Manifest:
    item = manifests.ingress()
    owner = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": manifests.NAME, "uid": UID}
    item["metadata"] |= {
        "name": manifests.CANARY_INGRESS,
        "namespace": NAMESPACE,
        "uid": "uid-of-canary-ingress",
        "ownerReferences": [owner | {"controller": True}],
        "annotations": {
            "kubernetes.io/ingress.class": "nginx",
            "nginx.ingress.kubernetes.io/canary": "true",
            "nginx.ingress.kubernetes.io/canary-weight": "20",
        },
    }
    item["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["name"] = manifests.CANARY
    return item


def templates(*items: Manifest) -> dict[TemplateRef, AnalysisTemplate]:
    return {
        TemplateRef(template_name=item["metadata"]["name"]): msgspec.convert(item, AnalysisTemplate) for item in items
    }


def run(name: str = NAME, phase: str = "", message: str = "", **fields: Any) -> AnalysisRun:
    """A run of the wanted version, as it was made."""
    metadata = {
        "name": name,
        "namespace": NAMESPACE,
        "uid": f"uid-of-{name}",
        "labels": {"rollouts-pod-template-hash": hash_of(fields.pop("image", V2))},
        "creationTimestamp": fields.pop("created", "2026-01-02T03:00:00Z"),
    }
    spec = analysis("quick")["spec"] | fields
    return msgspec.convert(
        {"metadata": metadata, "spec": spec, "status": {"phase": phase, "message": message}}, AnalysisRun
    )


def seen(*runs: AnalysisRun, at: int = 1, manifest: Manifest | None = None, **status: Any) -> Seen:
    """An update at its analysis step, with its pods and its traffic."""
    known = updating(V2, V1, observedGeneration="1", currentStepIndex=at, **status)
    item = with_steps_hash(rollout(manifest or routed(STEPS, image=V2), **known))
    sets = (replica_set(V1, 3), replica_set(V2, 1, revision=2))
    scene = routed_scene(item, *sets, stable=V1, canary=V2)
    there = ingresses(manifests.ingress(), canary_ingress())
    return msgspec.structs.replace(scene, objects=there, runs=runs, templates=templates(analysis("quick")))


def recorded(name: str = NAME, phase: str = "", message: str = "") -> Manifest:
    return {"canary": {"currentStepAnalysisRunStatus": {"name": name, "status": phase, "message": message}}}


def made(decided: Plan) -> list[Manifest]:
    return [item.manifest for item in decided.writes if isinstance(item, Create) and item.ref.kind is ANALYSIS_RUN]


def status_of(decided: Plan) -> Any:
    return (decided.status.get("canary") or {}).get("currentStepAnalysisRunStatus")


def told(decided: Plan) -> list[str]:
    """What is said of runs."""
    return [event.message for event in decided.events if event.reason.startswith("AnalysisRun")]


def test_a_run_says_whose_it_is_and_what_for() -> None:
    step = analyse("quick")
    metadata = {"labels": {"team": "blue", "app": "other"}, "annotations": {"why": "because"}}
    step["analysis"]["analysisRunMetadata"] = metadata
    manifest = routed((weight(20), step, pause()), image=V2)
    manifest["metadata"]["labels"]["argo-rollouts.argoproj.io/controller-instance-id"] = "mine"
    (found,) = made(plan(seen(manifest=manifest)))
    assert found["metadata"] == {
        "name": NAME,
        "namespace": NAMESPACE,
        "labels": {
            "rollouts-pod-template-hash": hash_of(V2),
            "rollout-type": "Step",
            "step-index": "1",
            "argo-rollouts.argoproj.io/controller-instance-id": "mine",
            "team": "blue",
            "app": "myapp",
        },
        "annotations": {"rollout.argoproj.io/revision": "2", "why": "because"},
        "ownerReferences": [
            {
                "apiVersion": "argoproj.io/v1alpha1",
                "kind": "Rollout",
                "name": manifests.NAME,
                "uid": UID,
                "controller": True,
                "blockOwnerDeletion": True,
            }
        ],
    }
    assert found["spec"] == msgspec.to_builtins(msgspec.convert(analysis("quick"), AnalysisTemplate).spec)


def test_a_run_that_begins_is_named_by_the_status() -> None:
    decided = plan(seen())
    assert status_of(decided) == {"name": NAME, "status": ""}
    assert not told(decided)


def test_a_failed_run_moves_traffic_before_pods_in_the_same_decision() -> None:
    why = 'Metric "quick" assessed Failed due to failed (1) > failureLimit (0)'
    decided = plan(seen(run(phase="Failed", message=why), **recorded(phase="Running")))
    kinds = [write.ref.kind for write in decided.writes]
    assert INGRESS in kinds
    assert kinds.index(INGRESS) < kinds.index(REPLICA_SET)
    assert not any("replicas" in item.body.get("spec", {}) for item in decided.writes if isinstance(item, Patch))
    assert decided.status["abort"] is True
    assert decided.status["canary"]["weights"]["canary"]["weight"] == 0
    assert decided.status["phase"] == "Degraded"
    assert status_of(decided) == {"status": "Failed", "message": why}
    told = {event.reason: event for event in decided.events}
    text = f"Step Analysis Run '{NAME}' Status New: 'Failed' Previous: 'Running'"
    assert (told["AnalysisRunFailed"].message, told["AnalysisRunFailed"].type) == (text, "Warning")
    cause = f"Step-based analysis phase error/failed: {why}"
    assert told["RolloutAborted"].message == f"Rollout aborted update to revision 2: {cause}"


def test_an_error_without_a_message_aborts_too() -> None:
    decided = plan(seen(run(phase="Error"), **recorded(phase="Running")))
    assert decided.status["message"] == (
        "RolloutAborted: Rollout aborted update to revision 2: Step-based analysis phase error/failed"
    )


def test_after_an_abort_the_status_names_no_run() -> None:
    status = recorded(phase="Failed")
    decided = plan(seen(run(phase="Failed"), abort=True, abortedAt="2026-01-02T03:04:00Z", **status))
    assert decided.status["canary"]["currentStepAnalysisRunStatus"] is None


def test_a_run_of_an_earlier_attempt_does_not_count_after_a_retry() -> None:
    status = recorded(phase="Failed")
    decided = plan(seen(run(phase="Failed"), abortedAt="2026-01-02T03:04:00Z", **status))
    assert [item["metadata"]["name"] for item in made(decided)] == [f"{NAME}.1"]


TAKEN = [
    pytest.param((run(phase="Successful"),), f"{NAME}.1", id="by one that is over"),
    pytest.param((run(phase="Running", terminate=True),), f"{NAME}.1", id="by one that is to end"),
    pytest.param((run(phase="Running", args=[{"name": "x", "value": "1"}]),), f"{NAME}.1", id="by another"),
    pytest.param((run(phase="Failed"), run(f"{NAME}.1", phase="Failed")), f"{NAME}.2", id="twice"),
]


@pytest.mark.parametrize(("runs", "name"), TAKEN)
def test_a_name_that_is_taken_gets_a_number(runs: tuple[AnalysisRun, ...], name: str) -> None:
    assert [item["metadata"]["name"] for item in made(plan(seen(*runs)))] == [name]


def test_a_name_that_somebody_else_has_taken_gets_a_number() -> None:
    scene = msgspec.structs.replace(seen(), answers={Created(NAME): Refused("it is there", "taken")})
    assert [item["metadata"]["name"] for item in made(plan(scene))] == [f"{NAME}.1"]


def test_a_run_of_which_the_status_did_not_arrive_counts() -> None:
    decided = plan(seen(run(phase="Running")))
    assert not made(decided)
    assert status_of(decided) == {"name": NAME, "status": "Running"}
    (text,) = told(decided)
    assert text == f"Step Analysis Run '{NAME}' Status New: 'Running' Previous: 'NoPreviousStatus'"


def test_a_run_that_somebody_deletes_is_made_again_unless_it_was_good() -> None:
    assert made(plan(seen(**recorded(phase="Running"))))
    decided = plan(seen(**recorded(phase="Successful")))
    assert not made(decided)
    assert decided.status["currentStepIndex"] == 2


def test_a_run_of_another_step_does_not_count() -> None:
    steps = (weight(20), analyse("quick"), analyse("quick"))
    manifest = routed(steps, image=V2)
    decided = plan(seen(run(phase="Successful"), at=2, manifest=manifest, **recorded(phase="Successful")))
    assert [item["metadata"]["name"] for item in made(decided)] == [NAME.removesuffix("1") + "2"]


def test_runs_on_which_nothing_hangs_are_ended_once() -> None:
    stray, ending = run("stray", phase="Running"), run("ending", phase="Running", terminate=True)
    decided = plan(seen(run(phase="Running"), stray, ending, **recorded(phase="Running")))
    patches = [item for item in decided.writes if isinstance(item, Patch) and item.ref.kind is ANALYSIS_RUN]
    assert [(item.ref.name, item.body["spec"]) for item in patches] == [("stray", {"terminate": True})]


def test_a_failed_background_run_ends_even_an_update_that_waits_for_a_verdict() -> None:
    manifest = routed(STEPS, image=V2, analysis={"templates": [{"templateName": "quick"}]})
    background = NAME.removesuffix("-1")
    status = recorded(phase="Inconclusive")
    status["canary"]["currentBackgroundAnalysisRunStatus"] = {"name": background, "status": "Running"}
    paused = [{"reason": "InconclusiveAnalysisRun", "startTime": "2026-01-02T03:04:00Z"}]
    runs = (run(phase="Inconclusive"), run(background, phase="Failed"))
    decided = plan(seen(*runs, manifest=manifest, pauseConditions=paused, controllerPause=True, **status))
    assert decided.status["abort"] is True
    assert decided.status["pauseConditions"] is None


def test_an_argument_that_comes_to_be_later_is_waited_for() -> None:
    step = analyse("quick")
    later = {"fieldRef": {"fieldPath": "status.alb.loadBalancer.name"}}
    step["analysis"]["args"] = [{"name": "x", "valueFrom": later}]
    decided = plan(seen(manifest=routed((weight(20), step, pause()), image=V2)))
    assert not made(decided)
    assert decided.why == ("the analysis cannot begin: invalid path status.alb.loadBalancer.name in rollout",)


def deleted(decided: Plan) -> set[str]:
    return {item.ref.name for item in decided.writes if isinstance(item, Delete) and item.ref.kind is ANALYSIS_RUN}


def test_the_newest_runs_of_either_kind_are_kept() -> None:
    good = [run(f"good-{n}", phase="Successful", created=f"2026-01-01T00:00:0{n}Z") for n in range(7)]
    bad = [
        run(f"bad-{n}", phase=phase, created=f"2026-01-01T00:00:0{n}Z")
        for n, phase in enumerate(("Failed", "Error", "Inconclusive"))
    ]
    assert deleted(plan(seen(*good, *bad))) == {"good-0", "good-1"}
    manifest = routed(STEPS, image=V2)
    manifest["spec"]["analysis"] = {"successfulRunHistoryLimit": 7, "unsuccessfulRunHistoryLimit": 1}
    assert deleted(plan(seen(*good, *bad, manifest=manifest))) == {"bad-0", "bad-1"}


def test_runs_of_versions_that_are_gone_go_whatever_their_phase() -> None:
    decided = plan(seen(run("old", phase="Running", image="nginx:0"), run("older", phase="Failed", image="nginx:1")))
    assert deleted(decided) == {"old", "older"}


def test_the_run_that_counts_is_never_deleted() -> None:
    manifest = routed(STEPS, image=V2)
    manifest["spec"]["analysis"] = {"unsuccessfulRunHistoryLimit": 0}
    scene = seen(run(phase="Inconclusive"), manifest=manifest, **recorded(phase="Running"))
    assert deleted(plan(scene)) == set()
    assert plan(scene, NOW).status["message"] == "InconclusiveAnalysisRun"
