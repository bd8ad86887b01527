"""How long updates take, and how much of it people wait."""

from serinus.api.status import DurationStatus
from stories.look import Look
from stories.manifests import V1, V2, V3, pause, routed, weight
from stories.stage import Stage

STEPS = (weight(50), pause(), weight(80), pause(4))


def duration(look: Look) -> DurationStatus:
    found = look.rollout.status.duration
    assert found is not None
    return found


async def test_what_people_wait_is_counted_apart(simulated_stage: Stage) -> None:
    stage = simulated_stage
    first = await stage.deploy_routed(routed(STEPS))
    assert duration(first).completion_status == "Promoted"
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.is_paused_at(1))
    begun = duration(look)
    assert begun.rollout_started_at != duration(first).rollout_started_at
    assert begun.manual_pause_started_at is not None
    assert (begun.finished_at, begun.completion_status) == (None, "")
    await stage.stays(lambda look: look.is_paused_at(1), seconds=60)
    await stage.promote()
    look = await stage.until(lambda look: look.is_paused_at(3))
    assert duration(look).manual_pause_started_at is None
    look = await stage.until(lambda look: look.is_healthy)
    done = duration(look)
    assert (done.rollout_started_at, done.completion_status) == (begun.rollout_started_at, "Promoted")
    assert 60 <= done.total_manual_pause_duration_seconds <= 63
    await stage.scale(5)
    look = await stage.until(lambda look: look.pods == {V2: 5})
    assert duration(look) == done


async def test_a_full_promotion_is_a_fast_one(stage: Stage) -> None:
    first = await stage.deploy_routed(routed(STEPS, scaleDownDelaySeconds=1))
    assert duration(first).finished_at is not None
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.is_paused_at(1))
    begun = duration(look)
    assert (begun.finished_at, begun.completion_status) == (None, "")
    assert begun.manual_pause_started_at is not None
    await stage.promote_full()
    look = await stage.until(lambda look: look.is_healthy and duration(look).finished_at)
    done = duration(look)
    assert (done.completion_status, done.rollout_started_at) == ("FastPromoted", begun.rollout_started_at)
    assert done.manual_pause_started_at is None


async def test_an_abort_ends_the_count_and_a_retry_begins_it_anew(simulated_stage: Stage) -> None:
    stage = simulated_stage
    await stage.deploy_routed(routed(STEPS))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.abort()
    look = await stage.until(lambda look: look.phase == "Degraded")
    aborted = duration(look)
    assert aborted.completion_status == "Aborted"
    assert aborted.finished_at is not None
    await stage.stays(lambda look: duration(look) == aborted, seconds=60)
    await stage.retry()
    look = await stage.until(lambda look: look.is_paused_at(1))
    assert duration(look).completion_status == ""
    assert duration(look).rollout_started_at != aborted.rollout_started_at


async def test_another_version_begins_it_anew_and_the_way_back_does_not(simulated_stage: Stage) -> None:
    stage = simulated_stage
    await stage.deploy_routed(routed(STEPS))
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.is_paused_at(1))
    second = duration(look).rollout_started_at
    await stage.stays(lambda look: look.is_paused_at(1), seconds=5)
    await stage.set_image(V3)
    look = await stage.until(lambda look: look.is_paused_at(1) and look.pods[V3])
    third = duration(look).rollout_started_at
    assert third != second
    await stage.undo(V1)
    look = await stage.until(lambda look: look.is_healthy and duration(look).finished_at)
    assert duration(look).rollout_started_at == third
    assert duration(look).completion_status == "FastRolledBack"
