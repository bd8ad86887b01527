"""Two full fleets, and one switch of the active Service."""

import pytest

from stories.manifests import CANARY, STABLE, V1, V2, V3, Manifest, analysis, around, rollout
from stories.stage import Stage


def blue_green(*, replicas: int = 2, **fields: object) -> Manifest:
    """The active Service is the one that the Ingress leads to."""
    manifest = rollout((), replicas=replicas)
    strategy = {"activeService": STABLE, "previewService": CANARY, "scaleDownDelaySeconds": 3} | fields
    manifest["spec"]["strategy"] = {"blueGreen": strategy}
    return manifest


async def deploy(stage: Stage, **fields: object) -> None:
    await stage.deploy(blue_green(**fields), *around())
    await stage.until(lambda look: look.services == {"stable": V1, "canary": V1})


async def test_the_active_service_is_switched_at_once_when_all_pods_serve(stage: Stage) -> None:
    await deploy(stage)
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.services["stable"] == V2)
    assert look.serving[V2] == 2
    assert look.pods[V1] == 2
    await stage.until(lambda look: look.is_healthy and look.pods == {V2: 2})
    await stage.sees_traffic({V2: 100})


@pytest.mark.argos_definitions
async def test_users_stay_on_the_old_version_until_somebody_promotes(stage: Stage) -> None:
    await deploy(stage, autoPromotionEnabled=False)
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.phase == "Paused")
    assert look.message == "BlueGreenPause"
    assert look.services == {"stable": V1, "canary": V2}
    await stage.stays(lambda look: look.services == {"stable": V1, "canary": V2}, seconds=3)
    await stage.promote()
    await stage.until(lambda look: look.is_healthy and look.services == {"stable": V2, "canary": V2})


async def test_a_pause_may_end_by_itself(stage: Stage) -> None:
    await deploy(stage, autoPromotionSeconds=3)
    await stage.set_image(V2)
    await stage.until(lambda look: look.phase == "Paused" and look.services["stable"] == V1)
    await stage.until(lambda look: look.is_healthy and look.services["stable"] == V2)


async def test_a_small_preview_grows_before_the_switch(stage: Stage) -> None:
    await deploy(stage, replicas=3, previewReplicaCount=1, autoPromotionEnabled=False)
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.phase == "Paused")
    assert look.pods == {V1: 3, V2: 1}
    await stage.promote()
    look = await stage.until(lambda look: look.services["stable"] == V2)
    assert look.serving[V2] == 3
    await stage.until(lambda look: look.is_healthy and look.pods == {V2: 3})


async def test_promote_full_passes_the_pause(simulated_stage: Stage) -> None:
    stage = simulated_stage
    await deploy(stage, autoPromotionEnabled=False)
    await stage.set_image(V2)
    await stage.until(lambda look: look.phase == "Paused")
    await stage.promote_full()
    await stage.until(lambda look: look.is_healthy and look.services["stable"] == V2)


async def test_an_aborted_preview_never_reaches_users_and_goes_after_its_delay(stage: Stage) -> None:
    await deploy(stage, autoPromotionEnabled=False, abortScaleDownDelaySeconds=3)
    await stage.set_image(V2)
    await stage.until(lambda look: look.phase == "Paused")
    await stage.abort()
    look = await stage.until(lambda look: look.phase == "Degraded")
    assert look.services["stable"] == V1
    assert look.message.startswith("RolloutAborted")
    await stage.until(lambda look: look.pods == {V1: 2})
    await stage.sees_traffic({V1: 100})


async def test_an_aborted_preview_may_be_kept(stage: Stage) -> None:
    await deploy(stage, autoPromotionEnabled=False, abortScaleDownDelaySeconds=0)
    await stage.set_image(V2)
    await stage.until(lambda look: look.phase == "Paused")
    await stage.abort()
    await stage.until(lambda look: look.phase == "Degraded")
    await stage.stays(lambda look: look.pods == {V1: 2, V2: 2}, seconds=4)


async def test_a_retry_starts_again(simulated_stage: Stage) -> None:
    stage = simulated_stage
    await deploy(stage, autoPromotionEnabled=False)
    await stage.set_image(V2)
    await stage.until(lambda look: look.phase == "Paused")
    await stage.abort()
    await stage.until(lambda look: look.phase == "Degraded")
    await stage.retry()
    await stage.until(lambda look: look.phase == "Paused")
    await stage.promote()
    await stage.until(lambda look: look.is_healthy and look.services["stable"] == V2)


async def test_the_way_back_inside_the_delay_keeps_the_old_pods(stage: Stage) -> None:
    await deploy(stage, scaleDownDelaySeconds=60)
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.is_healthy and look.services["stable"] == V2)
    assert look.pods == {V1: 2, V2: 2}
    await stage.undo(V1)
    look = await stage.until(lambda look: look.is_healthy and look.services["stable"] == V1)
    assert look.pods == {V1: 2, V2: 2}


async def test_another_version_takes_the_preview_over(stage: Stage) -> None:
    await deploy(stage, autoPromotionEnabled=False)
    await stage.set_image(V2)
    await stage.until(lambda look: look.phase == "Paused")
    await stage.set_image(V3)
    look = await stage.until(lambda look: look.phase == "Paused" and look.services["canary"] == V3)
    assert look.services["stable"] == V1
    await stage.until(lambda look: look.pods == {V1: 2, V3: 2})
    await stage.promote()
    await stage.until(lambda look: look.is_healthy and look.pods == {V3: 2})


async def test_a_paused_rollout_does_not_switch(stage: Stage) -> None:
    await deploy(stage)
    await stage.pause()
    await stage.set_image(V2)
    await stage.until(lambda look: look.phase == "Paused")
    await stage.stays(lambda look: look.services == {"stable": V1, "canary": V1}, seconds=3)
    await stage.resume()
    await stage.until(lambda look: look.is_healthy and look.services == {"stable": V2, "canary": V2})


async def test_a_timed_pause_that_a_person_ends_is_over(simulated_stage: Stage) -> None:
    stage = simulated_stage
    await deploy(stage, autoPromotionSeconds=3600)
    await stage.set_image(V2)
    await stage.until(lambda look: look.phase == "Paused")
    await stage.promote()
    await stage.until(lambda look: look.is_healthy and look.services["stable"] == V2)


async def test_who_wants_to_promote_by_hand_is_not_overtaken_by_a_time(simulated_stage: Stage) -> None:
    stage = simulated_stage
    await deploy(stage, autoPromotionEnabled=False, autoPromotionSeconds=3)
    await stage.set_image(V2)
    await stage.until(lambda look: look.phase == "Paused")
    await stage.stays(lambda look: look.phase == "Paused" and look.services["stable"] == V1, seconds=60)


async def test_the_preview_shows_what_is_newest_before_it_serves(simulated_stage: Stage) -> None:
    stage = simulated_stage
    await deploy(stage)
    await stage.break_image(V2)
    await stage.set_image(V2)
    await stage.until(lambda look: look.services == {"stable": V1, "canary": V2} and look.pods[V2] == 2)
    look = await stage.stays(lambda look: look.services["stable"] == V1, seconds=30)
    assert look.message == "active service cutover pending"
    await stage.mend_image(V2)
    await stage.until(lambda look: look.is_healthy and look.services["stable"] == V2)


async def test_the_status_counts_what_users_reach(simulated_stage: Stage) -> None:
    stage = simulated_stage
    await deploy(stage, autoPromotionEnabled=False)
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.phase == "Paused" and look.serving == {V1: 2, V2: 2})
    status = look.rollout.status
    assert (status.replicas, status.updated_replicas) == (4, 2)
    assert (status.hpa_replicas, status.ready_replicas, status.available_replicas) == (2, 2, 2)
    assert status.selector == f"app=myapp,rollouts-pod-template-hash={status.stable_rs}"
    assert (status.blue_green.active_selector, status.blue_green.preview_selector) == (
        status.stable_rs,
        status.current_pod_hash,
    )
    await stage.promote()
    look = await stage.until(lambda look: look.is_healthy and look.services["stable"] == V2)
    assert look.rollout.status.selector == f"app=myapp,rollouts-pod-template-hash={look.rollout.status.stable_rs}"


async def test_both_fleets_are_scaled_while_one_waits(simulated_stage: Stage) -> None:
    stage = simulated_stage
    await deploy(stage, autoPromotionEnabled=False)
    await stage.set_image(V2)
    await stage.until(lambda look: look.phase == "Paused")
    await stage.scale(3)
    await stage.until(lambda look: look.serving == {V1: 3, V2: 3} and look.phase == "Paused")
    await stage.promote()
    await stage.until(lambda look: look.is_healthy and look.pods == {V2: 3})


async def test_only_so_many_old_versions_wait_for_their_end(simulated_stage: Stage) -> None:
    stage = simulated_stage
    await deploy(stage, scaleDownDelaySeconds=600, scaleDownDelayRevisionLimit=1)
    for image in (V2, V3):
        await stage.set_image(image)
        await stage.until(lambda look, image=image: look.is_healthy and look.services["stable"] == image)  # type: ignore[misc]
    await stage.until(lambda look: look.sizes == {V2: 2, V3: 2}, limit=30)
    await stage.stays(lambda look: look.sizes == {V2: 2, V3: 2}, seconds=60)


async def test_an_abort_after_the_switch_goes_back_although_the_new_version_has_lost_pods(
    simulated_stage: Stage,
) -> None:
    stage = simulated_stage
    await stage.create(analysis("after", interval="1s", count=600))
    await deploy(stage, postPromotionAnalysis={"templates": [{"templateName": "after"}]})
    await stage.set_image(V2)
    await stage.until(lambda look: look.services["stable"] == V2 and look.runs("PostPromotion") == ["Running"])
    await stage.break_image(V2)
    await stage.until(lambda look: not look.serving[V2])
    await stage.abort()
    look = await stage.until(lambda look: look.services["stable"] == V1)
    assert look.phase == "Degraded"


async def test_an_update_without_progress_is_aborted_and_users_have_seen_nothing(simulated_stage: Stage) -> None:
    stage = simulated_stage
    manifest = blue_green(abortScaleDownDelaySeconds=1)
    manifest["spec"] |= {"progressDeadlineSeconds": 6, "progressDeadlineAbort": True}
    await stage.deploy(manifest, *around())
    await stage.break_image(V2)
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.message.startswith("RolloutAborted"))
    assert look.services["stable"] == V1
    await stage.until(lambda look: look.sizes == {V1: 2})
