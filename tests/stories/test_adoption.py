"""Serinus takes a cluster over from Argo Rollouts: no pod is replaced, no traffic moves, and updates go on."""

import dataclasses
from collections.abc import Awaitable, Callable

import pytest

from serinus.api.kinds import ROLLOUT
from serinus.traffic.istio import Istio
from stories.inherited import CANARY_INGRESS, HASHES, Inherited, analysis_run, leave
from stories.lagging import planner
from stories.look import Look
from stories.manifests import (
    NAME,
    V1,
    V2,
    V3,
    Manifest,
    pause,
    weight,
)
from stories.simulated import Simulated
from stories.stage import Stage
from stories.states import (
    BOTH,
    DONE,
    LONG,
    RUNNING,
    UNFINISHED,
    aborted,
    analysed,
    awaiting,
    by_pods,
    finished,
    leave_experiment,
    marked,
    metric,
    paused,
    referred,
    restarted,
    through_one_service,
    through_services,
    watched,
)

Then = Callable[[Stage], Awaitable[object]]


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


THROUGH_ISTIO = [
    pytest.param(through_services(20), promoted, id="paused"),
    pytest.param(through_services(0, services=BOTH, **DONE), updated, id="finished"),
    pytest.param(through_one_service(20), promoted, id="subsets, paused"),
    pytest.param(through_one_service(0, **DONE), updated, id="subsets, finished"),
]


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(("left", "then"), THROUGH_ISTIO)
async def test_what_istio_routes_stays_as_it_is_and_goes_on(seed: int, left: Inherited, then: Then) -> None:
    stage = Simulated(seed=seed, planner=planner(Istio()))
    stage.world.has_controller = False
    await take_over(stage, left, then)
    stage.check()


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


async def test_an_experiment_that_was_begun_goes_on_with_its_pods(simulated_left_stage: Stage) -> None:
    stage, name = simulated_left_stage, f"{NAME}-{HASHES[V2]}-2-1"
    step = {"experiment": {"duration": "20s", "templates": [{"name": "trial", "specRef": "canary"}]}}
    left = paused((weight(20), step, pause()), canary={"currentExperiment": name}, message=UNFINISHED)
    await leave(stage, dataclasses.replace(left, phase="Progressing"))
    await leave_experiment(stage, name)
    before = await stage.look()
    await stage.start()
    await stage.stays(lambda look: state(look) == state(before), seconds=3)
    look = await stage.until(lambda look: look.is_paused_at(2))
    (experiment,) = look.kind("Experiment")
    assert experiment["status"]["phase"] == "Successful"


def state(look: Look) -> Manifest:
    """All that must not move; a canary Ingress at weight 0 may go."""
    status = look.rollout.status
    return {
        "versions": {name_of(item): (uid_of(item), item["metadata"]["generation"]) for item in look.kind("ReplicaSet")},
        "pods": pods(look),
        "selectors": {name_of(item): item["spec"]["selector"] for item in look.kind("Service")},
        "routes": [item["spec"] for kind in ("VirtualService", "DestinationRule") for item in look.kind(kind)],
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
