"""Steps that plugins carry out."""

from collections.abc import Iterator

from serinus.api.status import StepPluginStatus
from serinus.plan import StepReply, StepRun
from stories import smoke
from stories.look import Look
from stories.manifests import NAME, V1, V2, V3, Manifest, pause, rollout, routed, weight
from stories.stage import Stage

PLUGIN = {"plugin": {"name": "acme/smoke", "config": {"url": "http://x"}}}
STEPS = (weight(20), PLUGIN, weight(60), pause())


class Script:
    """A plugin that replies in turn, and goes on replying what it said last."""

    def __init__(self, *replies: StepReply, **others: StepReply) -> None:
        self._replies: Iterator[StepReply] = iter(replies)
        self.last = StepReply("Successful")
        self._others = others
        self.asked: list[str] = []

    def __call__(self, ask: StepRun) -> StepReply:
        self.asked.append(f"{ask.operation} {ask.index}")
        if ask.operation != "Run":
            return self._others.get(ask.operation, StepReply("Successful"))
        self.last = next(self._replies, self.last)
        return self.last


def plugged(stage: Stage, *replies: StepReply, **others: StepReply) -> Script:
    """Play with a plugin; only simulated stages have one that can be told what to say."""
    script = Script(*replies, **others)
    stage.world.steps = script  # type: ignore[attr-defined]
    return script


def statuses(look: Look) -> list[tuple[int, str, str]]:
    return [(item.index, item.operation, item.phase) for item in noted(look)]


def noted(look: Look) -> tuple[StepPluginStatus, ...]:
    return look.rollout.status.canary.step_plugin_statuses


async def begin(stage: Stage, *steps: Manifest, **fields: object) -> None:
    await stage.deploy_routed(routed(steps or STEPS, **fields))
    await stage.set_image(V2)


async def test_a_plugin_is_asked_again_and_takes_back_what_it_has_done(plugged_stage: Stage) -> None:
    stage = plugged_stage
    await stage.deploy(rollout((weight(50), smoke.STEP, pause()), replicas=2))
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.is_paused_at(2))
    (found,) = noted(look)
    assert (found.phase, found.executions, found.status) == ("Successful", 2, {"tries": 2})
    assert found.message == f"{NAME} is good"
    await stage.abort()
    look = await stage.until(lambda look: len(statuses(look)) == 2)
    assert statuses(look) == [(1, "Run", "Successful"), (1, "Abort", "Successful")]
    assert noted(look)[1].message == "taken back"


async def test_a_step_that_is_successful_at_once_lets_the_update_go_on(simulated_stage: Stage) -> None:
    script = plugged(simulated_stage, StepReply("Successful", "all good", {"seen": 3}))
    await begin(simulated_stage)
    look = await simulated_stage.until(lambda look: look.is_paused_at(3))
    (found,) = noted(look)
    assert (found.index, found.name, found.operation, found.phase) == (1, "acme/smoke", "Run", "Successful")
    assert (found.message, found.status, found.executions, found.disabled) == ("all good", {"seen": 3}, 1, False)
    assert found.started_at == found.finished_at is not None
    assert script.asked == ["Run 1"]
    assert "Rollout step 2/4 completed (plugin: acme/smoke)" in look.told("RolloutStepCompleted")


async def test_a_step_that_runs_is_asked_again_when_it_wants(simulated_stage: Stage) -> None:
    stage = simulated_stage
    script = plugged(stage, StepReply("Running", state={"n": 1}, again_after=60), StepReply("Running", again_after=2))
    await begin(stage)
    look = await stage.until(lambda look: statuses(look) == [(1, "Run", "Running")])
    assert noted(look)[0].backoff == "60s"
    await stage.stays(lambda look: noted(look)[0].executions == 1, seconds=55)
    look = await stage.until(lambda look: noted(look)[0].executions == 2, limit=10)
    assert (noted(look)[0].backoff, noted(look)[0].status) == ("30s", {"n": 1})
    await stage.stays(lambda look: look.step == 1 and look.weight == 20, seconds=20)
    script.last = StepReply("Successful")
    look = await stage.until(lambda look: look.is_paused_at(3))
    assert script.asked == ["Run 1"] * 3
    assert look.told("StepPluginTransition") == ["Step plugin acme/smoke of step 2: Run is Running"]


async def test_an_error_is_tried_again(simulated_stage: Stage) -> None:
    stage = simulated_stage
    plugged(stage, StepReply("Error", "refused"), StepReply("Successful"))
    await begin(stage)
    look = await stage.until(lambda look: statuses(look) == [(1, "Run", "Error")])
    assert noted(look)[0].message == "refused"
    await stage.until(lambda look: look.is_paused_at(3))


async def test_a_step_that_fails_aborts_the_update(simulated_stage: Stage) -> None:
    stage = simulated_stage
    script = plugged(stage, StepReply("Failed", "too slow"))
    await begin(stage)
    look = await stage.until(lambda look: look.phase == "Degraded")
    text = "Rollout aborted update to revision 2: Step Plugin 2 (acme/smoke) failed: too slow"
    assert look.message == f"RolloutAborted: {text}"
    assert statuses(look) == [(1, "Run", "Failed")]
    assert look.told("StepPluginTransition") == ["Step plugin acme/smoke of step 2: Run is Failed: too slow"]
    await stage.until(lambda look: look.services == {"stable": V1, "canary": V1})
    assert script.asked == ["Run 1"]


async def test_an_abort_takes_plugins_back_from_the_last_to_the_first(simulated_stage: Stage) -> None:
    stage = simulated_stage
    script = plugged(stage, StepReply("Successful"), StepReply("Running"), Abort=StepReply("Running"))
    await begin(stage, PLUGIN, weight(20), PLUGIN)
    await stage.until(lambda look: look.step == 2 and len(statuses(look)) == 2)
    await stage.abort()
    look = await stage.until(lambda look: len(statuses(look)) == 4)
    assert script.asked == ["Run 0", "Run 2", "Abort 2", "Abort 0"]
    assert statuses(look)[2:] == [(2, "Abort", "Failed"), (0, "Abort", "Failed")]
    await stage.stays(lambda look: len(statuses(look)) == 4, seconds=60)
    assert len(script.asked) == 4
    script.last = StepReply("Successful")
    await stage.retry()
    look = await stage.until(lambda look: look.is_settled(V2))
    assert statuses(look) == [(0, "Run", "Successful"), (2, "Run", "Successful")]
    assert script.asked[4:] == ["Run 0", "Run 2"]


async def test_a_full_promotion_ends_the_plugin_that_runs(simulated_stage: Stage) -> None:
    stage = simulated_stage
    script = plugged(stage, StepReply("Running"))
    await begin(stage)
    await stage.until(lambda look: statuses(look) == [(1, "Run", "Running")])
    await stage.promote_full()
    look = await stage.until(lambda look: look.is_settled(V2) and len(statuses(look)) == 2)
    assert statuses(look)[1] == (1, "Terminate", "Successful")
    assert script.asked == ["Run 1", "Terminate 1"]


async def test_another_version_begins_without_what_plugins_have_said(simulated_stage: Stage) -> None:
    stage = simulated_stage
    script = plugged(stage, StepReply("Running"))
    await begin(stage)
    await stage.until(lambda look: statuses(look) == [(1, "Run", "Running")])
    script.last = StepReply("Successful")
    await stage.set_image(V3)
    look = await stage.until(lambda look: look.is_paused_at(3))
    assert noted(look)[0].executions == 1
    assert look.serving[V3] > 0


async def test_nothing_is_asked_while_a_person_holds_the_update(simulated_stage: Stage) -> None:
    stage = simulated_stage
    script = plugged(stage, StepReply("Running"))
    await begin(stage)
    await stage.until(lambda look: statuses(look) == [(1, "Run", "Running")])
    await stage.pause()
    await stage.stays(lambda _: len(script.asked) == 1, seconds=90)
    await stage.resume()
    await stage.until(lambda _: len(script.asked) == 2)
