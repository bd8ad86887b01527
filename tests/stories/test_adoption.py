"""Serinus takes a cluster over from Argo Rollouts: no pod is replaced, no traffic moves, and updates go on."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from serinus.api import keys
from serinus.api.kinds import ROLLOUT
from stories.inherited import CANARY_INGRESS, HASHES, Inherited, analysis_run, leave
from stories.look import Look
from stories.manifests import (
    CANARY,
    NAME,
    STABLE,
    V1,
    V2,
    V3,
    Manifest,
    analyse,
    analysis,
    pause,
    rollout,
    routed,
    weight,
)
from stories.stage import Stage
from stories.test_blue_green import blue_green
from stories.test_workload_ref import deployment, referring

Then = Callable[[Stage], Awaitable[object]]

STEPS = (weight(20), pause(), weight(60), pause(1))
ANALYSED = (weight(20), analyse("slow"), weight(60), pause())
BOTH, APART = {STABLE: V2, CANARY: V2}, {STABLE: V1, CANARY: V2}
ENDLESS = {"interval": "1s"}
STARTED = "2026-01-02T03:04:00Z"
ABORTED = "RolloutAborted: Rollout aborted update to revision 2"


def finished(**changes: Any) -> Inherited:
    """Through nginx: all steps are done, and the canary Ingress is kept at weight 0."""
    fields = {"sizes": {V1: 0, V2: 3}, "stable": V2, "step": len(STEPS), "services": BOTH, "weight": 0}
    fields |= {"rollout": routed(STEPS, image=V2, scaleDownDelaySeconds=3)}
    return Inherited(**fields | changes)


def paused(steps: tuple[Manifest, ...] = STEPS, **changes: Any) -> Inherited:
    """Through nginx: at the first pause."""
    canary = {"scaleDownDelaySeconds": 3, "abortScaleDownDelaySeconds": 3} | changes.pop("strategy", {})
    fields = {"sizes": {V1: 3, V2: 1}, "phase": "Paused", "message": "CanaryPauseStep", "paused": -30}
    fields |= {"step": 1, "services": APART, "weight": 20, "rollout": routed(steps, image=V2, **canary)}
    return Inherited(**fields | changes)


def analysed(*runs: Manifest, **changes: Any) -> Inherited:
    """Through nginx: the second step, an analysis, goes on."""
    (run, *_) = runs
    found = {"name": run["metadata"]["name"], "status": run["status"]["phase"]}
    fields = {"canary": {"currentStepAnalysisRunStatus": found}, "runs": runs, "phase": "Progressing"}
    fields |= {"message": "more replicas need to be updated", "others": (analysis("slow", **LONG),)}
    return paused(ANALYSED, **fields | changes)


LONG = {"interval": "1s", "count": 600}
RUNNING = {"phase": "Running", "startedAt": STARTED}


def metric(name: str, **fields: Any) -> Manifest:
    found: Manifest = analysis(name, **fields)["spec"]["metrics"][0]
    return found


def watched(**changes: Any) -> Inherited:
    """Through nginx: at the first pause, while a background analysis goes on; an earlier one of a step is done."""
    run = analysis_run("", "Background", metric("watch", **ENDLESS), **RUNNING)
    done = analysis_run("0", "Step", metric("quick"), phase="Successful", startedAt=STARTED, completedAt=STARTED)
    found = {"name": run["metadata"]["name"], "status": "Running"}
    strategy = {"analysis": {"templates": [{"templateName": "watch"}]}}
    fields = {"canary": {"currentBackgroundAnalysisRunStatus": found}, "runs": (run, done), "strategy": strategy}
    return paused(**fields | {"others": (analysis("watch", **ENDLESS), analysis("quick"))} | changes)


def aborted(**changes: Any) -> Inherited:
    """Through nginx: traffic is back, and the pods of the new version wait for their end."""
    fields = {"phase": "Degraded", "message": ABORTED, "step": 0, "services": {STABLE: V1, CANARY: V1}, "weight": 0}
    return paused(**fields | {"deadlines": {V2: 20}} | changes)


def by_pods(**changes: Any) -> Inherited:
    """By the ratio of pods: at the first pause."""
    manifest = rollout(STEPS, replicas=5, image=V2)
    return paused(**{"rollout": manifest, "sizes": {V1: 4, V2: 1}, "services": {}, "weight": None} | changes)


def awaiting(**changes: Any) -> Inherited:
    """Blue-green: until somebody promotes."""
    manifest = blue_green(autoPromotionEnabled=False)
    manifest["spec"]["template"]["spec"]["containers"][0]["image"] = V2
    fields = {"sizes": {V1: 2, V2: 2}, "phase": "Paused", "message": "BlueGreenPause", "paused": -30}
    return Inherited(manifest, **fields | {"services": APART} | changes)


async def promoted(stage: Stage) -> None:
    """The update that was paused goes through to its end."""
    await stage.promote()
    look = await stage.until(lambda look: look.is_settled(V2))
    assert set(look.services.values()) <= {V2}
    assert CANARY_INGRESS not in look.ingresses
    assert set(look.replica_sets) == {V1, V2}, "a version was made again"


async def updated(stage: Stage) -> None:
    """Another version gets its share beside the one that was there."""
    await stage.set_image(V3)
    look = await stage.until(lambda look: look.is_paused_at(1))
    assert (look.weight, look.pods) == (20, {V2: 3, V3: 1})


async def returned(stage: Stage) -> None:
    """The version before is known by its template, although the API has filled in its defaults."""
    await stage.set_image(V1)
    look = await stage.until(lambda look: look.is_paused_at(1) and look.pods == {V1: 1, V2: 3})
    assert {name_of(item) for item in look.kind("ReplicaSet")} == {f"{NAME}-{hash_}" for hash_ in HASHES.values()}


async def back(stage: Stage) -> None:
    """The way back to a version within its delay uses its pods."""
    before = pods(await stage.look())
    await stage.set_image(V1)
    look = await stage.until(lambda look: look.is_paused_at(1))
    assert (look.weight, look.pods[V1], pods(look) - before) == (20, 1, set())
    assert look.replica_sets[V1]["metadata"]["name"] == f"{NAME}-{HASHES[V1]}"


async def retried(stage: Stage) -> None:
    """The pods of an aborted update go at their time, and a retry begins anew."""
    await stage.until(lambda look: look.pods == {V1: 3})
    await stage.retry()
    look = await stage.until(lambda look: look.is_paused_at(1))
    assert (look.weight, look.pods) == (20, {V1: 3, V2: 1})


async def given_up(stage: Stage) -> None:
    """A bad verdict of the analysis that was running ends the update."""
    await stage.judge("watch", "bad")
    await stage.judge("slow", "bad")
    look = await stage.until(lambda look: look.phase == "Degraded")
    assert look.services == {"stable": V1, "canary": V1}
    await stage.until(lambda look: look.pods == {V1: 3})


async def switched(stage: Stage) -> None:
    """Users are sent over by a promotion, and the old version goes."""
    await stage.promote()
    await stage.until(lambda look: look.is_healthy and look.services == {"stable": V2, "canary": V2})
    await stage.until(lambda look: look.pods == {V2: 2})


async def settled(stage: Stage) -> None:
    """What waits for its end goes at its time."""
    await stage.until(lambda look: set(look.pods) == {V2})


def marked() -> Inherited:
    """Ephemeral metadata are in templates and pods, and a rule that keeps versions apart in the new one."""
    strategy = {
        "canaryMetadata": {"labels": {"part": "canary"}},
        "stableMetadata": {"labels": {"part": "stable"}},
        "antiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {}},
    }
    expression = {"key": keys.POD_TEMPLATE_HASH, "operator": "In", "values": [HASHES[V1]]}
    term = {
        "labelSelector": {"matchExpressions": [expression]},
        "namespaces": ["shop"],
        "topologyKey": "kubernetes.io/hostname",
    }
    rule = {"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}}
    injected = {V1: part("stable"), V2: part("canary")}
    injected[V2]["spec"]["template"]["spec"] = rule
    return paused(strategy=strategy, injected=injected)


def part(name: str) -> Manifest:
    note = f'{{"labels":{{"part":"{name}"}}}}'
    template = {"metadata": {"labels": {"part": name}}}
    return {"metadata": {"annotations": {keys.EPHEMERAL_METADATA: note}}, "spec": {"template": template}}


def restarted() -> Inherited:
    """All pods were restarted at somebody's wish, which still stands in the spec."""
    left = finished(more={"restartedAt": STARTED})
    left.rollout["spec"]["restartAt"] = STARTED
    return left


def referred() -> Inherited:
    """The pods are those of a Deployment, which has none any more."""
    manifest = referring(routed(STEPS, image=V2), "onsuccess")
    manifest["metadata"]["annotations"] = {keys.WORKLOAD_GENERATION: "1"}
    workload = deployment(replicas=0)
    workload["spec"]["template"]["spec"]["containers"][0]["image"] = V2
    return finished(rollout=manifest, others=(workload,), more={"workloadObservedGeneration": "1"})


ON_CLUSTER = [
    pytest.param(finished(), returned, id="finished"),
    pytest.param(paused(), promoted, id="paused"),
    pytest.param(aborted(deadlines={V2: 12}), retried, id="aborted"),
    pytest.param(awaiting(), switched, id="blue-green"),
]
IN_WORLD = [
    pytest.param(finished(sizes={V1: 3, V2: 3}, deadlines={V1: 20}), back, id="finished, old pods wait"),
    pytest.param(finished(sizes={V1: 3, V2: 3}, deadlines={V1: 10}), settled, id="finished, old pods go"),
    pytest.param(finished(), updated, id="finished, another version"),
    pytest.param(restarted(), updated, id="restarted"),
    pytest.param(referred(), settled, id="pods of a Deployment"),
    pytest.param(by_pods(), promoted, id="paused, by pods"),
    pytest.param(paused(step_hash="64dccb8fd"), promoted, id="paused, steps under an older name"),
    pytest.param(marked(), promoted, id="paused, marked and kept apart"),
    pytest.param(watched(), promoted, id="watched"),
    pytest.param(watched(), given_up, id="watched, and bad"),
    pytest.param(analysed(analysis_run("1", "Step", metric("slow", **LONG), **RUNNING)), given_up, id="analysed"),
    pytest.param(
        awaiting(sizes={V1: 2, V2: 2}, stable=V2, phase="Healthy", message="", services=BOTH, deadlines={V1: 10}),
        settled,
        id="blue-green, switched",
    ),
]


@pytest.mark.argos_definitions
@pytest.mark.parametrize(("left", "then"), ON_CLUSTER)
async def test_what_was_left_stays_as_it_is_and_goes_on(left_stage: Stage, left: Inherited, then: Then) -> None:
    await take_over(left_stage, left, then)


@pytest.mark.parametrize(("left", "then"), IN_WORLD)
async def test_what_else_may_be_left(simulated_left_stage: Stage, left: Inherited, then: Then) -> None:
    await take_over(simulated_left_stage, left, then)


async def take_over(stage: Stage, left: Inherited, then: Then) -> None:
    await leave(stage, left)
    before = await stage.look()
    assert (before.phase, before.message) == (left.phase, left.message)
    await stage.start()
    await stage.stays(lambda look: state(look) == state(before), seconds=3)
    await then(stage)


async def test_versions_are_known_by_their_templates_where_the_spec_has_changed_meanwhile(
    simulated_left_stage: Stage,
) -> None:
    stage = simulated_left_stage
    await leave(stage, paused())
    before = await stage.look()
    await stage.scale(4)
    await stage.start()
    look = await stage.until(lambda look: look.pods[V1] == 4 and look.is_paused_at(1))
    assert pods(before) < pods(look)
    assert (len(look.kind("ReplicaSet")), look.weight, look.services) == (2, 20, {"stable": V1, "canary": V2})
    assert look.rollout.status.pauses == before.rollout.status.pauses
    await promoted(stage)


async def test_a_version_that_was_set_while_nobody_was_at_work_is_made_beside_those_that_are_there(
    simulated_left_stage: Stage,
) -> None:
    stage = simulated_left_stage
    await leave(stage, finished())
    before = pods(await stage.look())
    await stage.set_image(V3)
    await stage.start()
    look = await stage.until(lambda look: look.is_paused_at(1))
    assert (before - pods(look), look.pods) == (set(), {V2: 3, V3: 1})


def state(look: Look) -> Manifest:
    """All that must not move; a canary Ingress at weight 0 may go."""
    status = look.rollout.status
    return {
        "versions": {name_of(item): (uid_of(item), item["metadata"]["generation"]) for item in look.kind("ReplicaSet")},
        "pods": pods(look),
        "selectors": {name_of(item): item["spec"]["selector"] for item in look.kind("Service")},
        "weight": (look.weight or 0, int(look.canary_weight or 0)),
        "phase": (look.phase, look.message),
        "update": (look.step, status.pauses, status.controller_pause, status.abort, status.aborted_at),
        "versions of the status": (status.stable_rs, status.current_pod_hash),
        "runs": {name_of(item): item["spec"] for item in look.kind("AnalysisRun")},
        "generation": [item["metadata"]["generation"] for item in look.kind(ROLLOUT.kind)],
    }


def pods(look: Look) -> set[str]:
    return {uid_of(item) for item in look.kind("Pod") if "deletionTimestamp" not in item["metadata"]}


def name_of(item: Manifest) -> str:
    name: str = item["metadata"]["name"]
    return name


def uid_of(item: Manifest) -> str:
    uid: str = item["metadata"]["uid"]
    return uid
