"""Another version, or other steps, while an update runs."""

from stories.manifests import INGRESS, V1, V2, V3, pause, rollout, routed, weight
from stories.stage import Stage

STEPS = (weight(20), pause(), weight(60), pause())


async def test_the_version_in_between_goes_only_when_its_traffic_has_gone(stage: Stage) -> None:
    await stage.deploy_routed(routed(STEPS))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.promote()
    await stage.until(lambda look: look.is_paused_at(3))
    await stage.sees_traffic({V1: 40, V2: 60})
    await stage.set_image(V3)
    look = await stage.until(lambda look: look.is_paused_at(1))
    assert look.services == {"stable": V1, "canary": V3}
    assert look.canary_weight == "20"
    await stage.sees_traffic({V1: 80, V3: 20})
    look = await stage.until(lambda look: look.pods == {V1: 3, V3: 1})
    assert look.revisions == {V1: 1, V2: 2, V3: 3}


async def test_a_broken_version_after_a_good_one_gets_no_traffic(simulated_stage: Stage) -> None:
    stage = simulated_stage
    await stage.deploy_routed(routed(STEPS))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.break_image(V3)
    await stage.set_image(V3)
    await stage.until(lambda look: look.pods[V3] == 1)
    await stage.sees_traffic({V1: 100})
    look = await stage.stays(lambda look: look.services["stable"] == V1 and look.serving[V1] == 3, seconds=10)
    assert look.phase == "Progressing"


async def test_a_version_in_between_goes_first_without_a_router(stage: Stage) -> None:
    await stage.deploy(rollout((weight(50), pause()), replicas=4))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.set_image(V3)
    look = await stage.until(lambda look: look.is_paused_at(1))
    assert look.pods == {V1: 2, V3: 2}


async def test_other_steps_start_the_update_anew(stage: Stage) -> None:
    await stage.deploy_routed(routed(STEPS))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.promote()
    await stage.until(lambda look: look.is_paused_at(3))
    await stage.set_steps(weight(10), pause(), weight(50))
    look = await stage.until(lambda look: look.is_paused_at(1))
    assert look.canary_weight == "10"
    await stage.sees_traffic({V1: 90, V2: 10})
    assert look.revisions == {V1: 1, V2: 2}


async def test_other_steps_of_a_complete_rollout_change_nothing(stage: Stage) -> None:
    await stage.deploy_routed(routed(STEPS))
    await stage.set_steps(weight(10))
    look = await stage.until(lambda look: look.is_healthy and look.step == 1)
    assert look.is_settled(V1)
    assert look.ingresses == {INGRESS}


async def test_fewer_steps_than_the_update_has_done_are_no_obstacle(stage: Stage) -> None:
    await stage.deploy_routed(routed(STEPS))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.promote()
    await stage.until(lambda look: look.is_paused_at(3))
    await stage.set_steps(pause(1))
    await stage.until(lambda look: look.is_healthy and look.services["stable"] == V2)
