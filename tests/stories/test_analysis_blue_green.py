"""Before the switch, and after it: what is measured decides whether users stay on the new version."""

from typing import Any

import pytest

from serinus.api import keys
from stories.manifests import CANARY, STABLE, V1, V2, Manifest, analysis, around, rollout
from stories.stage import Stage

FAILED = 'Metric "{0}" assessed Failed due to failed (1) > failureLimit (0)'
LONG = {"interval": "1s", "count": 600}


def asked(name: str) -> Manifest:
    return {"templates": [{"templateName": name}]}


async def deploy(stage: Stage, *templates: Manifest, replicas: int = 2, **fields: Any) -> None:
    manifest = rollout((), replicas=replicas)
    given = {"activeService": STABLE, "previewService": CANARY, "scaleDownDelaySeconds": 3} | fields
    manifest["spec"]["strategy"] = {"blueGreen": given | {"abortScaleDownDelaySeconds": 3}}
    await stage.deploy(manifest, *around(), *templates)
    await stage.until(lambda look: look.services == {"stable": V1, "canary": V1})


@pytest.mark.argos_definitions
async def test_users_are_sent_over_when_the_preview_is_good(stage: Stage) -> None:
    await deploy(stage, analysis("before"), prePromotionAnalysis=asked("before"))
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.services["stable"] == V2)
    assert look.runs("PrePromotion") == ["Successful"]
    look = await stage.until(lambda look: look.is_healthy and look.pods == {V2: 2})
    status = look.rollout.status.blue_green.pre_promotion_analysis_run_status
    assert status is not None
    assert status.status == "Successful"


async def test_users_never_see_a_preview_that_is_bad(stage: Stage) -> None:
    await deploy(stage, analysis("before"), prePromotionAnalysis=asked("before"))
    await stage.judge("before", "bad")
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.phase == "Degraded")
    why = f"Blue/green pre-promotion analysis phase error/failed: {FAILED.format('before')}"
    assert look.message.startswith(f"RolloutAborted: Rollout aborted update to revision 2: {why}")
    assert look.services["stable"] == V1
    look = await stage.until(lambda look: look.pods == {V1: 2})
    status = look.rollout.status.blue_green.pre_promotion_analysis_run_status
    assert status is not None
    assert status.status == "Failed"


async def test_a_retry_measures_the_preview_anew(simulated_stage: Stage) -> None:
    stage = simulated_stage
    await deploy(stage, analysis("before"), prePromotionAnalysis=asked("before"))
    await stage.judge("before", "bad")
    await stage.set_image(V2)
    await stage.until(lambda look: look.phase == "Degraded")
    await stage.judge("before", "good")
    await stage.retry()
    look = await stage.until(lambda look: look.is_healthy and look.services["stable"] == V2)
    assert look.runs("PrePromotion") == ["Failed", "Successful"]


async def test_a_pause_comes_after_the_analysis_of_the_preview(simulated_stage: Stage) -> None:
    stage = simulated_stage
    await deploy(stage, analysis("before"), prePromotionAnalysis=asked("before"), autoPromotionEnabled=False)
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.phase == "Paused")
    assert (look.message, look.runs("PrePromotion")) == ("BlueGreenPause", ["Successful"])
    await stage.promote()
    await stage.until(lambda look: look.is_healthy and look.services["stable"] == V2)


async def test_a_preview_without_a_clear_verdict_waits_and_is_measured_again(stage: Stage) -> None:
    await deploy(stage, analysis("before"), prePromotionAnalysis=asked("before"), autoPromotionEnabled=False)
    await stage.judge("before", "unclear")
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.phase == "Paused")
    assert look.message == "InconclusiveAnalysisRun"
    await stage.judge("before", "good")
    await stage.promote()
    look = await stage.until(lambda look: look.message == "BlueGreenPause")
    assert look.runs("PrePromotion") == ["Inconclusive", "Successful"]
    assert look.services["stable"] == V1


async def test_a_small_preview_is_measured_once_and_then_grows(simulated_stage: Stage) -> None:
    stage = simulated_stage
    fields = {"prePromotionAnalysis": asked("before"), "previewReplicaCount": 1}
    await deploy(stage, analysis("before"), replicas=3, **fields)
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.is_settled(V2) and look.services["stable"] == V2)
    assert look.runs("PrePromotion") == ["Successful"]


async def test_the_old_version_stays_until_the_new_one_has_proved_itself(stage: Stage) -> None:
    await deploy(stage, analysis("after", interval="1s", count=5), postPromotionAnalysis=asked("after"))
    await stage.set_image(V2)
    await stage.until(lambda look: look.runs("PostPromotion") == ["Running"] and look.services["stable"] == V2)
    await stage.until(lambda look: look.message == "waiting for analysis to complete")
    look = await stage.until(lambda look: look.runs("PostPromotion") == ["Successful"])
    assert look.pods == {V1: 2, V2: 2}
    await stage.until(lambda look: look.is_healthy and look.pods == {V2: 2})


async def test_users_are_sent_back_when_the_new_version_is_bad(stage: Stage) -> None:
    await deploy(stage, analysis("after", **LONG), postPromotionAnalysis=asked("after"))
    await stage.set_image(V2)
    await stage.until(lambda look: look.runs("PostPromotion") == ["Running"])
    await stage.judge("after", "bad")
    look = await stage.until(lambda look: look.phase == "Degraded")
    assert f": Blue/green post-promotion analysis phase error/failed: {FAILED.format('after')}" in look.message
    look = await stage.until(lambda look: look.services["stable"] == V1)
    assert look.serving[V1] == 2
    await stage.until(lambda look: look.pods == {V1: 2})
    await stage.sees_traffic({V1: 100})


async def test_an_abort_after_the_switch_ends_the_analysis_and_sends_users_back(stage: Stage) -> None:
    await deploy(stage, analysis("after", **LONG), postPromotionAnalysis=asked("after"))
    await stage.set_image(V2)
    await stage.until(lambda look: look.runs("PostPromotion") == ["Running"])
    await stage.abort()
    await stage.until(lambda look: look.services["stable"] == V1 and look.runs("PostPromotion") == ["Successful"])


async def test_a_full_promotion_asks_no_analysis(stage: Stage) -> None:
    templates = (analysis("before", **LONG), analysis("after", **LONG))
    hooks = {"prePromotionAnalysis": asked("before"), "postPromotionAnalysis": asked("after")}
    await deploy(stage, *templates, **hooks)
    await stage.set_image(V2)
    await stage.until(lambda look: look.runs("PrePromotion") == ["Running"])
    await stage.promote_full()
    look = await stage.until(lambda look: look.is_settled(V2) and look.runs("PrePromotion") == ["Successful"])
    assert look.runs("PostPromotion") == []


async def test_the_way_back_inside_the_delay_is_not_measured(stage: Stage) -> None:
    hooks = {"prePromotionAnalysis": asked("before"), "scaleDownDelaySeconds": 60}
    await deploy(stage, analysis("before"), **hooks)
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_healthy and look.services["stable"] == V2)
    await stage.until(lambda look: keys.SCALE_DOWN_DEADLINE in look.replica_sets[V1]["metadata"]["annotations"])
    await stage.undo(V1)
    look = await stage.until(lambda look: look.is_healthy and look.services["stable"] == V1)
    assert look.runs("PrePromotion") == ["Successful"]


async def test_users_stay_while_nobody_knows_and_a_person_has_it_measured_again(stage: Stage) -> None:
    await deploy(stage, analysis("after", **LONG), postPromotionAnalysis=asked("after"))
    await stage.judge("after", "unclear")
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.phase == "Paused")
    assert (look.message, look.services["stable"]) == ("InconclusiveAnalysisRun", V2)
    assert look.pods == {V1: 2, V2: 2}
    await stage.judge("after", "good")
    await stage.promote()
    await stage.until(lambda look: look.runs("PostPromotion") == ["Inconclusive", "Running"])
    await stage.promote_full()
    await stage.until(lambda look: look.is_healthy and look.pods == {V2: 2})
