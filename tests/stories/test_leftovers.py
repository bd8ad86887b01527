"""What stays of old versions and of routes, and what does not."""

import pytest

from serinus.api import keys
from serinus.api.kinds import ROLLOUT
from stories.manifests import INGRESS, NAME, V1, V2, V3, pause, rollout, routed, weight
from stories.stage import Stage

V4, V5 = "nginx:1.24.0", "nginx:1.25.0"
STEPS = (weight(20), pause(), weight(60))


async def test_old_versions_are_forgotten_beyond_the_limit(stage: Stage) -> None:
    await stage.deploy(rollout(replicas=1))
    for image in (V2, V3, V4, V5):
        await stage.set_image(image)
        await stage.until(lambda look, image=image: look.is_settled(image))
    look = await stage.until(lambda look: len(look.replica_sets) == 3)
    assert look.revisions == {V3: 3, V4: 4, V5: 5}


@pytest.mark.argos_definitions
async def test_old_pods_stay_for_the_scale_down_delay(stage: Stage) -> None:
    await stage.deploy_routed(routed((weight(20),), scaleDownDelaySeconds=6))
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.is_healthy and look.services["stable"] == V2)
    assert keys.SCALE_DOWN_DEADLINE in look.replica_sets[V1]["metadata"]["annotations"]
    await stage.stays(lambda look: look.serving[V1] == 3, seconds=3)
    look = await stage.until(lambda look: look.is_settled(V2))
    assert keys.SCALE_DOWN_DEADLINE not in look.replica_sets[V1]["metadata"]["annotations"]


async def test_a_delay_of_0_still_lets_traffic_go_first(stage: Stage) -> None:
    await stage.deploy_routed(routed((weight(20),), scaleDownDelaySeconds=0))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_healthy and look.services["stable"] == V2)
    await stage.until(lambda look: look.is_settled(V2), limit=12)


async def test_back_to_a_version_within_its_delay_uses_its_pods(simulated_stage: Stage) -> None:
    stage = simulated_stage
    await stage.deploy_routed(routed((weight(20), pause()), scaleDownDelaySeconds=30))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.promote()
    await stage.until(lambda look: look.is_healthy and look.sizes == {V1: 3, V2: 3})
    await stage.undo(V1)
    look = await stage.until(lambda look: look.is_paused_at(1))
    assert keys.SCALE_DOWN_DEADLINE not in look.replica_sets[V1]["metadata"]["annotations"]
    assert look.serving[V2] == 3


async def test_without_routing_in_the_spec_no_ingress_stays(stage: Stage) -> None:
    await stage.deploy_routed(routed(STEPS))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.patch(ROLLOUT, NAME, {"spec": {"strategy": {"canary": {"trafficRouting": None}}}})
    await stage.until(lambda look: look.ingresses == {INGRESS} and look.weight is None)
    await stage.promote()
    await stage.until(lambda look: look.is_settled(V2))


async def test_a_rollout_takes_all_that_it_made_with_it(stage: Stage) -> None:
    await stage.deploy_routed(routed(STEPS))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.delete(ROLLOUT, NAME)
    look = await stage.until(lambda look: not look.replica_sets and not look.pods)
    assert look.ingresses == {INGRESS}


async def test_a_controller_may_keep_the_canary_ingress_at_weight_0(keeping_stage: Stage) -> None:
    stage = keeping_stage
    await stage.deploy_routed(routed(STEPS, scaleDownDelaySeconds=3))
    kept = f"{NAME}-{INGRESS}-canary"
    await stage.until(lambda look: look.ingresses == {INGRESS, kept} and look.canary_weight == "0")
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.is_paused_at(1))
    assert (look.ingresses, look.canary_weight) == ({INGRESS, kept}, "20")
    await stage.promote()
    await stage.until(lambda look: look.is_settled(V2) and look.canary_weight == "0")
    await stage.set_image(V3)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.abort()
    look = await stage.until(lambda look: look.phase == "Degraded" and look.canary_weight == "0")
    assert look.ingresses == {INGRESS, kept}
    await stage.sees_traffic({V2: 100})


async def test_only_so_many_old_versions_keep_their_pods(simulated_stage: Stage) -> None:
    stage = simulated_stage
    await stage.deploy_routed(routed((weight(20),), scaleDownDelaySeconds=600, scaleDownDelayRevisionLimit=1))
    for image in (V2, V3):
        await stage.set_image(image)
        await stage.until(lambda look, image=image: look.is_healthy and look.services["stable"] == image)  # type: ignore[misc]
    await stage.until(lambda look: look.sizes == {V2: 3, V3: 3}, limit=30)
    await stage.stays(lambda look: look.sizes == {V2: 3, V3: 3}, seconds=60)


async def test_who_keeps_no_history_keeps_the_version_that_serves(simulated_stage: Stage) -> None:
    stage = simulated_stage
    manifest = rollout((weight(50), pause()), replicas=2)
    manifest["spec"]["revisionHistoryLimit"] = 0
    await stage.deploy(manifest)
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.is_paused_at(1))
    assert set(look.replica_sets) == {V1, V2}
    await stage.promote()
    await stage.until(lambda look: look.is_settled(V2) and set(look.replica_sets) == {V2})
