"""An update that makes no progress."""

from serinus.api.kinds import ROLLOUT
from stories.manifests import NAME, V1, V2, V3, Manifest, pause, rollout, routed, weight
from stories.stage import Stage


def impatient(seconds: int = 6, **more: object) -> Manifest:
    manifest = routed((weight(20), pause(), weight(60)))
    manifest["spec"] |= {"progressDeadlineSeconds": seconds, **more}
    return manifest


async def test_an_update_without_progress_is_degraded_and_recovers(stage: Stage) -> None:
    await stage.deploy_routed(impatient())
    await stage.break_image(V2)
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.phase == "Degraded")
    assert look.message.startswith("ProgressDeadlineExceeded: ReplicaSet ")
    assert look.message.endswith(" has timed out progressing.")
    await stage.sees_traffic({V1: 100})
    await stage.mend_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))


async def test_a_pause_does_not_count_against_the_deadline(simulated_stage: Stage) -> None:
    stage = simulated_stage
    await stage.deploy_routed(impatient())
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.stays(lambda look: look.is_paused_at(1), seconds=15)
    await stage.promote()
    await stage.until(lambda look: look.is_healthy)


async def test_another_version_gets_a_deadline_of_its_own(stage: Stage) -> None:
    await stage.deploy_routed(impatient())
    await stage.break_image(V2)
    await stage.set_image(V2)
    await stage.until(lambda look: look.phase == "Degraded")
    await stage.set_image(V3)
    await stage.until(lambda look: look.is_paused_at(1))


async def test_a_complete_rollout_is_never_late(simulated_stage: Stage) -> None:
    stage = simulated_stage
    await stage.deploy_routed(impatient())
    await stage.stays(lambda look: look.is_healthy, seconds=15)


async def test_an_update_without_progress_may_be_aborted(stage: Stage) -> None:
    await stage.deploy_routed(impatient(progressDeadlineAbort=True))
    await stage.break_image(V2)
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.phase == "Degraded")
    name = look.replica_sets[V2]["metadata"]["name"]
    text = f'Rollout aborted update to revision 2: ReplicaSet "{name}" has timed out progressing.'
    assert look.message == f"RolloutAborted: {text}"
    assert look.rollout.status.abort
    assert look.rollout.status.aborted_at is not None
    look = await stage.until(lambda look: look.told("RolloutAborted") and look.step == 0)
    assert look.told("RolloutAborted") == [text]
    assert look.message == f"RolloutAborted: {text}"
    await stage.sees_traffic({V1: 100})


async def test_a_retry_gets_the_whole_deadline_again(simulated_stage: Stage) -> None:
    stage = simulated_stage
    await stage.deploy_routed(impatient(progressDeadlineAbort=True))
    await stage.break_image(V2)
    await stage.set_image(V2)
    await stage.until(lambda look: look.phase == "Degraded")
    await stage.retry()
    await stage.until(lambda look: look.phase == "Progressing")
    await stage.mend_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))


async def test_a_late_update_is_aborted_as_soon_as_its_user_asks_for_that(simulated_stage: Stage) -> None:
    stage = simulated_stage
    await stage.deploy_routed(impatient())
    await stage.break_image(V2)
    await stage.set_image(V2)
    await stage.until(lambda look: look.message.startswith("ProgressDeadlineExceeded"))
    await stage.patch(ROLLOUT, NAME, {"spec": {"progressDeadlineAbort": True}})
    await stage.until(lambda look: look.message.startswith("RolloutAborted"))


async def test_a_promoted_version_that_loses_its_pods_is_not_aborted(simulated_stage: Stage) -> None:
    stage = simulated_stage
    manifest = rollout(replicas=2)
    manifest["spec"] |= {"progressDeadlineSeconds": 6, "progressDeadlineAbort": True}
    await stage.deploy(manifest)
    await stage.break_image(V1)
    await stage.until(lambda look: look.message.startswith("ProgressDeadlineExceeded"))
    await stage.mend_image(V1)
    look = await stage.until(lambda look: look.is_healthy)
    assert not look.rollout.status.abort
