"""The short way back: steps, pauses and analyses are skipped."""

from stories.look import Look
from stories.manifests import CANARY, STABLE, V1, V2, V3, Manifest, around, pause, rollout, routed, weight
from stories.stage import Stage

STEPS = (weight(20), pause(), weight(60))


def windowed(manifest: Manifest, revisions: int) -> Manifest:
    manifest["spec"]["rollbackWindow"] = {"revisions": revisions}
    return manifest


async def release(stage: Stage, image: str) -> Look:
    """Bring a version through all steps; creation times are whole seconds, so no two versions are of the same."""
    await stage.stays(lambda look: look.is_healthy, seconds=2)
    await stage.set_image(image)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.promote()
    return await stage.until(lambda look: look.is_settled(image))


async def test_a_version_inside_the_window_comes_back_without_steps(stage: Stage) -> None:
    await stage.deploy_routed(windowed(routed(STEPS, scaleDownDelaySeconds=1), 1))
    await release(stage, V2)
    await stage.undo(V1)
    look = await stage.until(lambda look: look.is_settled(V1))
    assert look.told("SkipSteps") == ["Rollback to active ReplicaSets within RollbackWindow"]
    assert look.told("RolloutCompleted")[-1].endswith(": Rollback within window")
    assert (look.step, look.services) == (len(STEPS), {"stable": V1, "canary": V1})
    await stage.sees_traffic({V1: 100})


async def test_a_version_before_the_window_takes_all_steps(simulated_stage: Stage) -> None:
    stage = simulated_stage
    await stage.deploy_routed(windowed(routed(STEPS, scaleDownDelaySeconds=1), 1))
    await release(stage, V2)
    await release(stage, V3)
    await stage.undo(V1)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.undo(V2)
    look = await stage.until(lambda look: look.is_settled(V2))
    assert look.told("SkipSteps") == ["Rollback to active ReplicaSets within RollbackWindow"]


async def test_no_traffic_moves_before_all_pods_of_the_old_version_serve(simulated_stage: Stage) -> None:
    stage = simulated_stage
    await stage.deploy_routed(windowed(routed(STEPS, scaleDownDelaySeconds=1), 1))
    await release(stage, V2)
    await stage.break_image(V1)
    await stage.undo(V1)
    await stage.until(lambda look: look.pods[V1] == 3)
    await stage.stays(lambda look: look.serving == {V2: 3} and not look.weight, seconds=20)
    await stage.abort()
    look = await stage.until(lambda look: look.phase == "Degraded" and set(look.pods) == {V2})
    assert look.services == {"stable": V2, "canary": V2}


async def test_without_a_router_pods_are_replaced_within_surge(simulated_stage: Stage) -> None:
    stage = simulated_stage
    await stage.deploy(windowed(rollout(STEPS, replicas=5), 1))
    await release(stage, V2)
    await stage.undo(V1)
    look = await stage.until(lambda look: look.is_settled(V1))
    assert look.told("SkipSteps")


async def test_blue_green_inside_the_window_does_not_ask(simulated_stage: Stage) -> None:
    stage = simulated_stage
    await stage.deploy(windowed(blue_green(scaleDownDelaySeconds=1), 1), *around())
    await switch(stage, V2)
    await stage.until(lambda look: look.sizes == {V2: 2})
    await stage.undo(V1)
    look = await stage.until(lambda look: look.is_healthy and look.services["stable"] == V1)
    assert look.told("RolloutCompleted")[-1].endswith(": Rollback within window")


async def test_blue_green_goes_back_at_once_while_the_old_pods_wait(stage: Stage) -> None:
    await stage.deploy(blue_green(scaleDownDelaySeconds=60, previewReplicaCount=1), *around())
    await switch(stage, V2)
    await stage.undo(V1)
    look = await stage.until(lambda look: look.is_healthy and look.services["stable"] == V1)
    assert look.told("RolloutCompleted")[-1].endswith(": Fast rollback")
    assert look.sizes == {V1: 2, V2: 2}


def blue_green(**fields: object) -> Manifest:
    manifest = rollout((), replicas=2)
    strategy = {"activeService": STABLE, "previewService": CANARY, "autoPromotionEnabled": False}
    manifest["spec"]["strategy"] = {"blueGreen": strategy | fields}
    return manifest


async def switch(stage: Stage, image: str) -> None:
    await stage.stays(lambda look: look.is_healthy, seconds=2)
    await stage.set_image(image)
    await stage.until(lambda look: look.phase == "Paused")
    await stage.promote()
    await stage.until(lambda look: look.is_healthy and look.services["stable"] == image)
