"""An update that makes no progress."""

from stories.manifests import V1, V2, V3, Manifest, pause, routed, weight
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
