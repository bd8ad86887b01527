"""A canary goes on while its analyses are good, stops where they are not sure, and goes back where they are bad."""

import pytest

from serinus.api.kinds import ANALYSIS_TEMPLATE
from stories.manifests import (
    INGRESS,
    V1,
    V2,
    V3,
    Manifest,
    Step,
    analyse,
    analysis,
    around,
    pause,
    rollout,
    routed,
    scale,
    weight,
)
from stories.stage import Stage

STEPS = (weight(20), analyse("quick"), weight(60), pause())
ENDLESS = {"interval": "1s"}
LONG = {"interval": "1s", "count": 600}
FAILED = 'Metric "{}" assessed Failed due to failed (1) > failureLimit (0)'


async def deploy(stage: Stage, *templates: Manifest, steps: tuple[Step, ...] = STEPS, **canary: object) -> None:
    for template in templates:
        await stage.create(template)
    await stage.deploy_routed(routed(steps, abortScaleDownDelaySeconds=3, **canary))


def background(name: str, **fields: object) -> Manifest:
    return {"templates": [{"templateName": name}], **fields}


async def test_a_good_analysis_lets_the_update_go_on(stage: Stage) -> None:
    await deploy(stage, analysis("quick"))
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.is_paused_at(3))
    assert look.weight == 60
    assert look.runs("Step") == ["Successful"]
    assert look.rollout.status.canary.current_step_analysis_run_status is None
    await stage.until(lambda look: "Rollout step 2/4 completed (analysis)" in look.told("RolloutStepCompleted"))
    name = look.kind("AnalysisRun")[0]["metadata"]["name"]
    text = f"Step Analysis Run '{name}' Status New: 'Successful' Previous: '"
    await stage.until(lambda look: any(said.startswith(text) for said in look.told("AnalysisRunSuccessful")))


@pytest.mark.argos_definitions
async def test_a_bad_analysis_takes_the_traffic_back_and_then_the_pods(stage: Stage) -> None:
    await deploy(stage, analysis("quick"))
    await stage.judge("quick", "bad")
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.phase == "Degraded")
    why = f"Step-based analysis phase error/failed: {FAILED.format('quick')}"
    assert look.message.startswith(f"RolloutAborted: Rollout aborted update to revision 2: {why}")
    assert look.step == 0
    look = await stage.until(lambda look: look.told("RolloutAborted"))
    assert look.told("RolloutAborted")[0].startswith(f"Rollout aborted update to revision 2: {why}")
    look = await stage.until(lambda look: look.ingresses == {INGRESS} and look.pods == {V1: 3})
    assert look.services == {"stable": V1, "canary": V1}
    assert look.runs("Step") == ["Failed"]
    await stage.sees_traffic({V1: 100})


async def test_a_retry_measures_anew(stage: Stage) -> None:
    await deploy(stage, analysis("quick"))
    await stage.judge("quick", "bad")
    await stage.set_image(V2)
    await stage.until(lambda look: look.phase == "Degraded")
    await stage.judge("quick", "good")
    await stage.retry()
    look = await stage.until(lambda look: look.is_paused_at(3))
    assert look.runs("Step") == ["Failed", "Successful"]
    names = sorted(item["metadata"]["name"] for item in look.kind("AnalysisRun"))
    assert names[1] == f"{names[0]}.1"


async def test_an_analysis_that_is_not_sure_waits_for_a_person_who_may_go_on(stage: Stage) -> None:
    await deploy(stage, analysis("quick"))
    await stage.judge("quick", "unclear")
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.phase == "Paused")
    assert (look.message, look.step, look.weight) == ("InconclusiveAnalysisRun", 1, 20)
    await stage.stays(lambda look: look.is_paused_at(1) and look.runs("Step") == ["Inconclusive"], seconds=3)
    await stage.promote()
    look = await stage.until(lambda look: look.is_paused_at(3))
    assert look.runs("Step") == ["Inconclusive"]


async def test_an_analysis_that_is_not_sure_may_be_asked_again(simulated_stage: Stage) -> None:
    stage = simulated_stage
    await deploy(stage, analysis("quick"))
    await stage.judge("quick", "unclear")
    await stage.set_image(V2)
    await stage.until(lambda look: look.phase == "Paused")
    await stage.judge("quick", "good")
    await stage.end_pauses()
    look = await stage.until(lambda look: look.is_paused_at(3))
    assert look.runs("Step") == ["Inconclusive", "Successful"]


async def test_a_background_analysis_begins_with_its_step_and_ends_with_the_update(stage: Stage) -> None:
    steps = (weight(20), pause(), weight(60), pause())
    watch = background("watch", startingStep=2)
    await deploy(stage, analysis("watch", **ENDLESS), steps=steps, analysis=watch, scaleDownDelaySeconds=3)
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.is_paused_at(1))
    assert look.runs("Background") == []
    await stage.promote()
    look = await stage.until(lambda look: look.is_paused_at(3) and look.runs("Background") == ["Running"])
    status = look.rollout.status.canary.current_background_analysis_run_status
    assert status is not None
    assert status.name == look.kind("AnalysisRun")[0]["metadata"]["name"]
    await stage.promote()
    look = await stage.until(lambda look: look.is_settled(V2) and look.runs("Background") == ["Successful"])
    assert look.rollout.status.canary.current_background_analysis_run_status is None


async def test_a_bad_background_analysis_ends_a_pause(stage: Stage) -> None:
    steps = (weight(20), pause())
    await deploy(stage, analysis("watch", **ENDLESS), steps=steps, analysis=background("watch"))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1) and look.runs("Background") == ["Running"])
    await stage.judge("watch", "bad")
    look = await stage.until(lambda look: look.phase == "Degraded")
    assert f": Background analysis phase error/failed: {FAILED.format('watch')}" in look.message
    await stage.until(lambda look: look.ingresses == {INGRESS} and look.pods == {V1: 3})


async def test_a_bad_background_analysis_ends_an_update_that_a_person_has_paused(stage: Stage) -> None:
    steps = (weight(20), pause())
    await deploy(stage, analysis("watch", **ENDLESS), steps=steps, analysis=background("watch"))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1) and look.runs("Background") == ["Running"])
    await stage.pause()
    await stage.until(lambda look: look.message == "manually paused")
    await stage.judge("watch", "bad")
    await stage.until(lambda look: look.phase == "Degraded" and look.ingresses == {INGRESS})


async def test_an_abort_ends_all_analyses(stage: Stage) -> None:
    steps = (weight(20), analyse("slow"), pause())
    templates = (analysis("slow", **LONG), analysis("watch", **ENDLESS))
    await deploy(stage, *templates, steps=steps, analysis=background("watch"))
    await stage.set_image(V2)
    await stage.until(lambda look: look.runs("Step") == look.runs("Background") == ["Running"])
    await stage.abort()
    await stage.until(lambda look: look.runs("Step") == look.runs("Background") == ["Successful"])
    look = await stage.until(lambda look: look.phase == "Degraded")
    assert look.message == "RolloutAborted: Rollout aborted update to revision 2"
    await stage.until(lambda look: look.rollout.status.canary.current_step_analysis_run_status is None)


async def test_another_version_ends_the_analyses_of_the_one_before(stage: Stage) -> None:
    steps = (weight(20), analyse("slow"), pause())
    await deploy(stage, analysis("slow", **LONG), steps=steps)
    await stage.set_image(V2)
    await stage.until(lambda look: look.runs("Step") == ["Running"])
    await stage.set_image(V3)
    await stage.until(lambda look: sorted(look.runs("Step")) == ["Running", "Successful"])
    look = await stage.until(lambda look: look.rollout.status.canary.current_step_analysis_run_status)
    status = look.rollout.status.canary.current_step_analysis_run_status
    assert status is not None
    assert look.rollout.status.current_pod_hash in status.name


async def test_a_full_promotion_asks_no_analysis(stage: Stage) -> None:
    steps = (weight(20), analyse("slow"), pause())
    await deploy(stage, analysis("slow", **LONG), steps=steps, scaleDownDelaySeconds=3)
    await stage.set_image(V2)
    await stage.until(lambda look: look.runs("Step") == ["Running"])
    await stage.promote_full()
    await stage.until(lambda look: look.is_settled(V2) and look.runs("Step") == ["Successful"])


async def test_a_first_version_is_not_analysed(stage: Stage) -> None:
    await deploy(stage, analysis("quick"), analysis("watch", **ENDLESS), analysis=background("watch"))
    await stage.stays(lambda look: look.is_settled(V1) and not look.kind("AnalysisRun"), seconds=2)


async def test_a_template_that_comes_late_lets_the_update_go_on(stage: Stage) -> None:
    for manifest in (*around(), routed(STEPS)):
        await stage.create(manifest)
    look = await stage.until(lambda look: look.phase == "Degraded")
    assert look.message.endswith(
        "spec.strategy.canary.steps[1].analysis.templates: Invalid value: \"quick\": AnalysisTemplate 'quick' not found"
    )
    await stage.create(analysis("quick"))
    await stage.until(lambda look: look.is_settled(V1))


async def test_old_runs_go_and_the_newest_stay(stage: Stage) -> None:
    rollout = routed((weight(20), analyse("quick")), scaleDownDelaySeconds=0)
    rollout["spec"]["analysis"] = {"successfulRunHistoryLimit": 1, "unsuccessfulRunHistoryLimit": 1}
    await stage.create(analysis("quick"))
    await stage.deploy_routed(rollout)
    for image in (V2, V3):
        await stage.set_image(image)
        await stage.until(lambda look, image=image: look.is_settled(image))  # type: ignore[misc]
    look = await stage.until(lambda look: len(look.kind("AnalysisRun")) == 1)
    (run,) = look.kind("AnalysisRun")
    assert look.rollout.status.current_pod_hash in run["metadata"]["name"]


@pytest.mark.own_fields
async def test_a_background_analysis_can_wait_for_the_first_traffic(stage: Stage) -> None:
    wanted = background("watch", startingTraffic=True)
    steps = (scale(replicas=1), pause(), weight(20), pause())
    await deploy(stage, analysis("watch", **ENDLESS), steps=steps, analysis=wanted)
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    look = await stage.stays(lambda look: look.runs("Background") == [], seconds=3)
    assert look.serving[V2] == 1
    await stage.promote()
    look = await stage.until(lambda look: look.runs("Background") == ["Running"])
    assert (look.weight, look.rollout.status.canary.weights.verified) == (20, True)  # type: ignore[union-attr]


@pytest.mark.own_fields
async def test_without_a_router_the_first_traffic_comes_with_the_first_pod(simulated_stage: Stage) -> None:
    stage = simulated_stage
    await stage.create(analysis("watch", **ENDLESS))
    await stage.deploy(rollout((weight(25), pause()), replicas=4, analysis=background("watch", startingTraffic=True)))
    await stage.break_image(V2)
    await stage.set_image(V2)
    await stage.until(lambda look: look.pods[V2] == 1)
    await stage.stays(lambda look: look.runs("Background") == [], seconds=3)
    await stage.mend_image(V2)
    await stage.until(lambda look: look.is_paused_at(1) and look.runs("Background") == ["Running"])


async def test_a_rolling_update_is_watched_until_it_is_done(stage: Stage) -> None:
    await stage.create(analysis("watch", **ENDLESS))
    await stage.deploy(rollout((), replicas=3, analysis=background("watch")))
    await stage.break_image(V2)
    await stage.set_image(V2)
    await stage.until(lambda look: look.runs("Background") == ["Running"])
    await stage.mend_image(V2)
    await stage.until(lambda look: look.is_settled(V2) and look.runs("Background") == ["Successful"])


async def test_a_bad_verdict_counts_although_its_template_is_gone(stage: Stage) -> None:
    steps = (weight(20), pause())
    await deploy(stage, analysis("watch", **ENDLESS), steps=steps, analysis=background("watch"))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1) and look.runs("Background") == ["Running"])
    await stage.delete(ANALYSIS_TEMPLATE, "watch")
    await stage.until(lambda look: look.message.startswith("InvalidSpec"))
    await stage.judge("watch", "bad")
    look = await stage.until(lambda look: look.ingresses == {INGRESS} and look.pods == {V1: 3})
    assert look.message.startswith("RolloutAborted")


async def test_a_background_analysis_that_is_not_sure_waits_and_is_made_anew(simulated_stage: Stage) -> None:
    stage = simulated_stage
    steps = (weight(20), pause(), weight(40), pause())
    await deploy(stage, analysis("watch", **ENDLESS), steps=steps, analysis=background("watch"))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1) and look.runs("Background") == ["Running"])
    await stage.judge("watch", "unclear")
    reasons = {"CanaryPauseStep", "InconclusiveAnalysisRun"}
    await stage.until(lambda look: {item.reason for item in look.rollout.status.pauses} == reasons)
    await stage.judge("watch", "good")
    await stage.promote()
    look = await stage.until(
        lambda look: look.is_paused_at(3) and look.runs("Background") == ["Inconclusive", "Running"]
    )
    assert [item.reason for item in look.rollout.status.pauses] == ["CanaryPauseStep"]
