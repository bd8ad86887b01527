"""People let an update go on."""

import pytest

from serinus.api.kinds import REPLICA_SET, ROLLOUT
from stories.manifests import INGRESS, NAME, V1, V2, V3, analyse, analysis, pause, rollout, routed, weight
from stories.stage import Stage


@pytest.mark.argos_definitions
async def test_promote_ends_the_pause_and_no_more(stage: Stage) -> None:
    await stage.deploy_routed(routed((weight(20), pause(), weight(40), pause())))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.promote()
    look = await stage.until(lambda look: look.is_paused_at(3))
    assert look.canary_weight == "40"
    assert "Rollout step 2/4 completed (pause)" in look.told("RolloutStepCompleted")


async def test_promote_cuts_a_timed_pause_short(stage: Stage) -> None:
    await stage.deploy_routed(routed((weight(20), pause("1h"), weight(40), pause())))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.promote()
    await stage.until(lambda look: look.is_paused_at(3))


async def test_promote_of_a_step_that_runs_skips_it(stage: Stage) -> None:
    await stage.break_image(V2)
    await stage.deploy_routed(routed((weight(20), pause())))
    await stage.set_image(V2)
    await stage.until(lambda look: look.pods[V2] == 1 and look.step == 0)
    await stage.promote()
    look = await stage.until(lambda look: look.is_paused_at(1))
    assert look.canary_ingress is None


async def test_full_promotion_skips_everything_but_readiness(stage: Stage) -> None:
    await stage.deploy_routed(routed((weight(20), pause(), weight(40), pause()), scaleDownDelaySeconds=3))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.promote_full()
    look = await stage.until(lambda look: look.is_healthy)
    assert look.serving[V2] == 3
    assert not look.rollout.status.promote_full
    assert look.told("RolloutCompleted")[-1].endswith(": Full promotion requested")
    look = await stage.until(lambda look: look.is_settled(V2))
    assert look.ingresses == {INGRESS}


async def test_full_promotion_without_a_router_keeps_its_bounds(stage: Stage) -> None:
    await stage.deploy(rollout((weight(25), pause()), replicas=4, maxSurge=1, maxUnavailable=0))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.promote_full()
    look = await stage.until(lambda look: look.is_settled(V2))
    assert look.step == 2


async def test_full_promotion_waits_for_pods_that_serve(stage: Stage) -> None:
    await stage.deploy_routed(routed((weight(20), pause())))
    await stage.break_image(V2)
    await stage.set_image(V2)
    await stage.until(lambda look: look.pods[V2] == 1 and look.is_updating)
    await stage.promote_full()
    await stage.until(lambda look: look.pods[V2] == 3)
    look = await stage.stays(lambda look: look.services == {"stable": V1, "canary": V1}, seconds=4)
    assert look.phase == "Progressing"
    await stage.sees_traffic({V1: 100})
    await stage.mend_image(V2)
    await stage.until(lambda look: look.is_healthy and look.services["stable"] == V2)


async def test_full_promotion_of_nothing_changes_nothing(stage: Stage) -> None:
    await stage.deploy_routed(routed((weight(20), pause())))
    await stage.promote_full()
    look = await stage.until(lambda look: not look.rollout.status.promote_full)
    assert look.is_settled(V1)


async def test_a_full_promotion_is_of_the_version_that_was_there_when_it_was_asked_for(simulated_stage: Stage) -> None:
    stage = simulated_stage
    await stage.deploy_routed(routed((weight(20), pause())))
    await stage.break_image(V2)
    await stage.set_image(V2)
    await stage.until(lambda look: look.pods[V2] == 1 and look.is_updating)
    await stage.promote_full()
    await stage.until(lambda look: look.pods[V2] == 3)
    await stage.set_image(V3)
    look = await stage.until(lambda look: look.is_paused_at(1) and look.serving[V3] == 1)
    assert not look.rollout.status.promote_full


async def test_a_pause_that_is_taken_away_with_its_trace_begins_anew(simulated_stage: Stage) -> None:
    """``controllerPause`` says that the controller has paused: who clears it too has not said "go on"."""
    stage = simulated_stage
    await stage.deploy_routed(routed((weight(20), pause())))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    body = {"status": {"pauseConditions": None, "controllerPause": False}}
    await stage.patch(ROLLOUT, NAME, body, status=True)
    look = await stage.until(lambda look: look.told("RolloutPaused") == ["Rollout is paused (CanaryPauseStep)"] * 2)
    assert look.is_paused_at(1)


async def test_promote_of_an_analysis_that_runs_skips_it(simulated_stage: Stage) -> None:
    stage = simulated_stage
    await stage.create(analysis("slow", interval="1s", count=600))
    await stage.deploy_routed(routed((weight(20), analyse("slow"), weight(40), pause())))
    await stage.set_image(V2)
    await stage.until(lambda look: look.runs("Step") == ["Running"])
    await stage.promote()
    await stage.until(lambda look: look.is_paused_at(3) and look.runs("Step") == ["Successful"])


async def test_a_stable_version_that_somebody_deletes_leaves_the_new_one(simulated_stage: Stage) -> None:
    stage = simulated_stage
    await stage.deploy(rollout((weight(50), pause()), replicas=2))
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.is_paused_at(1))
    await stage.delete(REPLICA_SET, look.replica_sets[V1]["metadata"]["name"])
    look = await stage.until(lambda look: look.is_settled(V2))
    assert look.told("RolloutCompleted")[-1].endswith(": Initial deploy")


async def test_a_promotion_tells_at_once_until_when_its_routes_rest(simulated_stage: Stage) -> None:
    stage = simulated_stage
    await stage.deploy_routed(routed((weight(20),), scaleDownDelaySeconds=1))
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.is_healthy and look.services["stable"] == V2)
    told = look.rollout.status.canary.weights
    look = await stage.until(lambda look: look.is_settled(V2))
    assert told is not None
    assert look.rollout.status.canary.weights.since == told.since
