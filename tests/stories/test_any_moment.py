"""The controller may die between any two requests, and pods may end at once: no request may notice."""

from collections.abc import Awaitable, Callable

import pytest

from serinus.api.kinds import ROLLOUT
from serinus.world import Delays
from stories.look import Look
from stories.manifests import (
    CANARY,
    NAME,
    STABLE,
    V1,
    V2,
    V3,
    analyse,
    analysis,
    around,
    pause,
    rollout,
    routed,
    scale,
    weight,
)
from stories.simulated import QUICK, Simulated
from stories.test_workload_ref import deployment, referring
from stories.test_workload_ref import pods as handed_over

Script = Callable[[Simulated], Awaitable[None]]

HARSH = Delays(end=(0.0, 0.0))
"""Pods serve until they are deleted, and not a moment longer."""

STEPS = (weight(10), pause(1), weight(60), pause(), weight(100))


async def deploy(stage: Simulated) -> None:
    manifest = routed(STEPS, scaleDownDelaySeconds=0, abortScaleDownDelaySeconds=1)
    await stage.deploy_routed(manifest)


async def half_way(stage: Simulated) -> None:
    await deploy(stage)
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(3))


async def update(stage: Simulated) -> None:
    await half_way(stage)
    await stage.promote()
    look = await stage.until(lambda look: look.is_settled(V2))
    assert look.services == {"stable": V2, "canary": V2}


async def full_promotion(stage: Simulated) -> None:
    await half_way(stage)
    await stage.promote_full()
    await stage.until(lambda look: look.is_settled(V2))


async def abort_and_retry(stage: Simulated) -> None:
    await half_way(stage)
    await stage.abort()
    await stage.until(lambda look: look.phase == "Degraded" and look.pods == {V1: 3})
    await stage.retry()
    await stage.until(lambda look: look.is_paused_at(3))
    await stage.promote()
    await stage.until(lambda look: look.is_settled(V2))


async def hasty_retry(stage: Simulated) -> None:
    await half_way(stage)
    await stage.abort()
    await stage.until(lambda look: look.phase == "Degraded")
    await stage.retry()
    await stage.until(lambda look: look.is_paused_at(3))


async def undo(stage: Simulated) -> None:
    await half_way(stage)
    await stage.undo(V1)
    look = await stage.until(lambda look: look.is_settled(V1))
    assert look.step == len(STEPS)


async def other_version(stage: Simulated) -> None:
    await half_way(stage)
    await stage.set_image(V3)
    await stage.until(lambda look: look.is_paused_at(3))
    look = await stage.until(lambda look: set(look.pods) == {V1, V3})
    assert look.services == {"stable": V1, "canary": V3}


async def there_and_back(stage: Simulated) -> None:
    await half_way(stage)
    await stage.set_image(V3)
    await stage.until(lambda look: look.pods[V3] > 0)
    await stage.undo(V2)
    await stage.until(lambda look: look.is_paused_at(3) and look.services["canary"] == V2)
    await stage.promote()
    await stage.until(lambda look: look.is_settled(V2))


async def other_steps(stage: Simulated) -> None:
    await half_way(stage)
    await stage.set_steps(scale(replicas=0), pause(3), weight(30), pause())
    await stage.until(lambda look: look.is_paused_at(3))


async def right_after(stage: Simulated) -> None:
    await half_way(stage)
    await stage.promote()
    await stage.until(lambda look: look.is_healthy)
    await stage.set_image(V3)
    await stage.until(lambda look: look.is_paused_at(3))
    await stage.promote()
    await stage.until(lambda look: look.is_settled(V3))


async def back_after(stage: Simulated) -> None:
    await half_way(stage)
    await stage.promote()
    await stage.until(lambda look: look.is_healthy)
    await stage.undo(V1)
    await stage.until(lambda look: look.is_paused_at(3))
    await stage.promote()
    await stage.until(lambda look: look.is_settled(V1))


async def marked(stage: Simulated) -> None:
    """Ephemeral metadata reach every pod, wherever the controller dies."""
    marks = {"stableMetadata": {"labels": {"part": "stable"}}, "canaryMetadata": {"labels": {"part": "canary"}}}
    await stage.deploy_routed(routed((weight(50), pause()), scaleDownDelaySeconds=0, **marks))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1) and parts(look) == {(V1, "stable"), (V2, "canary")})
    await stage.promote()
    await stage.until(lambda look: look.is_settled(V2) and parts(look) == {(V2, "stable")})


def parts(look: Look) -> set[tuple[str, str]]:
    pods = [pod for pod in look.kind("Pod") if "deletionTimestamp" not in pod["metadata"]]
    return {(pod["spec"]["containers"][0]["image"], pod["metadata"]["labels"].get("part", "")) for pod in pods}


async def analysed(stage: Simulated) -> None:
    await stage.create(analysis("quick"))
    await stage.create(analysis("watch", interval="1s"))
    steps = (weight(10), analyse("quick"), weight(60), pause())
    background = {"templates": [{"templateName": "watch"}], "startingStep": 1}
    fields = {"scaleDownDelaySeconds": 0, "abortScaleDownDelaySeconds": 1, "analysis": background}
    await stage.deploy_routed(routed(steps, **fields))
    await stage.set_image(V2)


async def good_analyses(stage: Simulated) -> None:
    await analysed(stage)
    await stage.until(lambda look: look.is_paused_at(3))
    await stage.promote()
    look = await stage.until(lambda look: look.is_settled(V2))
    await stage.until(lambda look: set(look.runs("Background")) == {"Successful"})
    assert "Successful" in look.runs("Step")


async def bad_analysis(stage: Simulated) -> None:
    await stage.judge("quick", "bad")
    await analysed(stage)
    await stage.until(lambda look: look.phase == "Degraded" and look.pods == {V1: 3})
    await stage.judge("quick", "good")
    await stage.retry()
    await stage.until(lambda look: look.is_paused_at(3))
    await stage.judge("watch", "bad")
    await stage.until(lambda look: look.phase == "Degraded" and look.pods == {V1: 3})


async def take_over(stage: Simulated) -> None:
    """A Deployment hands over to a Rollout that refers to it."""
    for item in (*around(), deployment()):
        await stage.create(item)
    await stage.until(lambda look: look.serving == {V1: 2})
    await stage.create(referring(routed(STEPS, replicas=2), "onsuccess"))
    await stage.until(lambda look: look.is_healthy and handed_over(look) == {"Rollout": 2})


async def window(stage: Simulated) -> None:
    manifest = routed((weight(50), pause()), scaleDownDelaySeconds=0)
    manifest["spec"]["rollbackWindow"] = {"revisions": 3}
    await stage.deploy_routed(manifest)
    await stage.stays(lambda look: look.is_healthy, seconds=2)
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.promote()
    await stage.until(lambda look: look.is_settled(V2))
    await stage.undo(V1)
    await stage.until(lambda look: look.is_settled(V1))


async def other_strategy(stage: Simulated) -> None:
    await half_way(stage)
    blue_green = {"activeService": STABLE, "previewService": CANARY, "scaleDownDelaySeconds": 0}
    await stage.patch(ROLLOUT, NAME, {"spec": {"strategy": {"canary": None, "blueGreen": blue_green}}})
    await stage.until(lambda look: look.is_settled(V2) and look.services["stable"] == V2)


async def plugged(stage: Simulated) -> None:
    plugin = {"plugin": {"name": "acme/smoke"}}
    await stage.deploy_routed(routed((weight(20), plugin, weight(60), plugin), scaleDownDelaySeconds=0))
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.is_settled(V2))
    assert [item.phase for item in look.rollout.status.canary.step_plugin_statuses] == ["Successful"] * 2


CLEAN = [
    take_over,
    window,
    other_strategy,
    plugged,
    good_analyses,
    bad_analysis,
    deploy,
    update,
    full_promotion,
    marked,
    abort_and_retry,
    undo,
    other_version,
    other_steps,
    right_after,
]
"""No version shrinks while it has traffic."""

SHRINKING = [hasty_retry, there_and_back, back_after]
"""A version goes on with fewer pods than it has: those that go must finish their requests, as in any cluster."""

CASES = [*((script, HARSH) for script in CLEAN), *((script, Delays()) for script in SHRINKING)]


@pytest.mark.parametrize(("script", "delays"), CASES)
async def test_no_request_meets_a_pod_that_ends(script: Script, delays: Delays) -> None:
    for seed in range(5):
        stage = Simulated(seed=seed, delays=delays, planner=QUICK)
        await script(stage)
        stage.world.run_for(60)
        stage.check()


@pytest.mark.parametrize(("script", "delays"), [*CASES, (half_way, HARSH), (half_way, Delays())])
async def test_a_controller_that_dies_between_any_two_requests_is_not_missed(script: Script, delays: Delays) -> None:
    whole, beginning = Simulated(delays=delays, planner=QUICK), Simulated(delays=delays, planner=QUICK)
    await script(whole)
    await half_way(beginning)
    shared = len(beginning.world.requests)
    # Most scripts begin as half_way does, which plays here by itself.
    is_told = script is not half_way and whole.world.requests[:shared] == beginning.world.requests
    for count in range(shared if is_told else 0, len(whole.world.requests)):
        stage = Simulated(delays=delays, planner=QUICK)
        stage.world.die_after = count
        await script(stage)
        stage.world.run_for(60)
        stage.check()


async def basic_update(stage: Simulated) -> None:
    await stage.deploy(rollout((weight(25), pause(1), weight(50), pause()), replicas=4))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(3))
    await stage.promote()
    await stage.until(lambda look: look.is_settled(V2))


async def basic_other_version(stage: Simulated) -> None:
    await stage.deploy(rollout((weight(50), pause()), replicas=4))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.set_image(V3)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.promote()
    await stage.until(lambda look: look.is_settled(V3))


async def basic_abort_and_retry(stage: Simulated) -> None:
    await stage.deploy(rollout((weight(50), pause()), replicas=4))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.abort()
    await stage.until(lambda look: look.phase == "Degraded" and look.serving[V1] > 2)
    await stage.retry()
    await stage.until(lambda look: look.is_paused_at(1))


@pytest.mark.parametrize("script", [basic_update, basic_other_version, basic_abort_and_retry])
async def test_without_a_router_enough_pods_serve_at_any_moment(script: Script) -> None:
    count = 0
    while True:
        stage = Simulated(planner=QUICK)
        stage.world.die_after = count
        seen: list[int] = []
        watch(stage, seen)
        await script(stage)
        assert min(seen) >= 3, f"after {count} requests"
        if stage.world.die_after is not None:
            return
        count += 1


def watch(stage: Simulated, seen: list[int]) -> None:
    """Note how many pods serve at each moment, once they all did."""
    original = stage.until

    async def until(question, *, limit: float = 60):  # type: ignore[no-untyped-def]
        def noting(look):  # type: ignore[no-untyped-def]
            if seen or sum(look.serving.values()) >= 4:
                seen.append(sum(look.serving.values()))
            return question(look)

        return await original(noting, limit=limit)

    stage.until = until  # type: ignore[method-assign]
