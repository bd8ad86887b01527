"""People, or the clock, give an update up."""

import pytest

from stories.manifests import INGRESS, V1, V2, V3, pause, routed, scale, weight
from stories.stage import Stage

STEPS = (weight(20), pause(), weight(60), pause())


@pytest.mark.argos_definitions
async def test_retry_starts_over_with_the_first_step(stage: Stage) -> None:
    await stage.deploy_routed(routed(STEPS, abortScaleDownDelaySeconds=4))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.promote()
    await stage.until(lambda look: look.is_paused_at(3))
    await stage.abort()
    await stage.until(lambda look: look.phase == "Degraded" and look.pods == {V1: 3})
    await stage.retry()
    look = await stage.until(lambda look: look.is_paused_at(1))
    assert (look.canary_weight, look.pods) == ("20", {V1: 3, V2: 1})
    await stage.sees_traffic({V1: 80, V2: 20})


async def test_a_retry_before_the_pods_are_gone_keeps_them(stage: Stage) -> None:
    await stage.deploy_routed(routed(STEPS, abortScaleDownDelaySeconds=4))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.abort()
    await stage.until(lambda look: look.phase == "Degraded")
    await stage.retry()
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.stays(lambda look: look.is_paused_at(1) and look.pods == {V1: 3, V2: 1}, seconds=6)


async def test_without_a_delay_of_ones_own_pods_stay_for_30_seconds(simulated_stage: Stage) -> None:
    stage = simulated_stage
    await stage.deploy_routed(routed(STEPS))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.abort()
    await stage.until(lambda look: look.phase == "Degraded")
    await stage.stays(lambda look: look.sizes == {V1: 3, V2: 1}, seconds=20)
    await stage.until(lambda look: look.sizes == {V1: 3}, limit=30)


async def test_a_delay_of_0_keeps_the_pods_of_an_aborted_update(stage: Stage) -> None:
    await stage.deploy_routed(routed((scale(replicas=2), *STEPS), abortScaleDownDelaySeconds=0))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(2))
    await stage.abort()
    await stage.until(lambda look: look.phase == "Degraded")
    look = await stage.stays(lambda look: look.sizes == {V1: 3, V2: 2}, seconds=4)
    assert look.ingresses == {INGRESS}


async def test_a_new_version_ends_the_abort(stage: Stage) -> None:
    await stage.deploy_routed(routed(STEPS, abortScaleDownDelaySeconds=4))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.abort()
    await stage.until(lambda look: look.phase == "Degraded")
    await stage.set_image(V3)
    look = await stage.until(lambda look: look.is_paused_at(1))
    assert not look.rollout.status.abort
    assert look.canary_weight == "20"
    await stage.until(lambda look: look.pods == {V1: 3, V3: 1})


async def test_an_abort_of_what_is_complete_is_taken_back(stage: Stage) -> None:
    await stage.deploy_routed(routed(STEPS))
    await stage.abort()
    look = await stage.until(lambda look: not look.rollout.status.abort)
    assert look.is_settled(V1)


async def test_an_abort_before_any_pod_serves_leaves_nothing(simulated_stage: Stage) -> None:
    stage = simulated_stage
    await stage.deploy_routed(routed(STEPS, abortScaleDownDelaySeconds=4))
    await stage.break_image(V2)
    await stage.set_image(V2)
    await stage.until(lambda look: look.pods[V2] == 1 and look.is_updating)
    await stage.abort()
    look = await stage.until(lambda look: look.phase == "Degraded" and look.pods == {V1: 3})
    assert look.services == {"stable": V1, "canary": V1}
    assert look.told("RolloutAborted") == ["Rollout aborted update to revision 2"]


async def test_an_aborted_update_is_scaled_with_the_rest(simulated_stage: Stage) -> None:
    stage = simulated_stage
    await stage.deploy_routed(routed((weight(50), pause()), replicas=2, abortScaleDownDelaySeconds=60))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.abort()
    await stage.until(lambda look: look.phase == "Degraded")
    await stage.scale(4)
    await stage.until(lambda look: look.serving[V1] == 4)
    look = await stage.until(lambda look: look.sizes == {V1: 4}, limit=90)
    assert look.services == {"stable": V1, "canary": V1}
    desired = look.replica_sets[V2]["metadata"]["annotations"]["rollout.argoproj.io/desired-replicas"]
    assert desired == "4"
