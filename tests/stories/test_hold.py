"""``spec.paused``: a person holds everything."""

from stories.manifests import V1, V2, V3, pause, routed, weight
from stories.stage import Stage

STEPS = (weight(20), pause(2), weight(60), pause())


async def test_a_hold_stops_steps_and_an_end_of_it_goes_on(stage: Stage) -> None:
    await stage.deploy_routed(routed(STEPS))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.pause()
    await stage.until(lambda look: look.message == "manually paused")
    look = await stage.stays(lambda look: look.step == 1 and look.canary_weight == "20", seconds=4)
    assert look.phase == "Paused"
    await stage.resume()
    await stage.until(lambda look: look.is_paused_at(3) and look.canary_weight == "60")


async def test_a_version_set_while_held_gets_no_pod(simulated_stage: Stage) -> None:
    stage = simulated_stage
    await stage.deploy_routed(routed(STEPS))
    await stage.pause()
    await stage.set_image(V2)
    await stage.until(lambda look: look.message == "manually paused" and V2 in look.replica_sets)
    await stage.stays(lambda look: look.pods == {V1: 3}, seconds=10)
    await stage.resume()
    await stage.until(lambda look: look.is_paused_at(3))


async def test_an_abort_goes_through_a_hold(stage: Stage) -> None:
    await stage.deploy_routed(routed(STEPS))
    await stage.set_image(V3)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.pause()
    await stage.until(lambda look: look.message == "manually paused")
    await stage.abort()
    await stage.until(lambda look: look.phase == "Degraded" and look.canary_ingress is None)
    await stage.sees_traffic({V1: 100})
