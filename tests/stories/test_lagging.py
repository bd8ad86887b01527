"""Splits that take effect late: nothing shrinks, and no Service moves on, before the router has said so."""

from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serinus.traffic.nginx import Nginx
from serinus.world import Delays
from stories.lagging import SLOW, Lagging, Stuck
from stories.manifests import V1, V2, V3, pause, routed, scale, weight

Script = Callable[[Lagging], Awaitable[None]]

STEPS = (weight(60), pause(), weight(20), pause(), weight(100))


async def half_way(stage: Lagging, **canary: object) -> None:
    delays = {"scaleDownDelaySeconds": 0, "abortScaleDownDelaySeconds": 1}
    await stage.deploy_routed(routed(STEPS, replicas=5, **(canary or delays)))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    if canary:
        await stage.until(lambda look: look.pods == {V1: 2, V2: 3})
    stage.world.run_for(6)


async def completion(stage: Lagging, **canary: object) -> None:
    await half_way(stage, **canary)
    await stage.promote()
    await stage.until(lambda look: look.is_paused_at(3))
    await stage.promote()
    await stage.until(lambda look: look.is_settled(V2))


async def full_promotion(stage: Lagging, **canary: object) -> None:
    await half_way(stage, **canary)
    await stage.promote_full()
    await stage.until(lambda look: look.is_settled(V2))


async def abort(stage: Lagging, **canary: object) -> None:
    await half_way(stage, **canary)
    await stage.abort()
    await stage.until(lambda look: look.phase == "Degraded" and look.pods == {V1: 5})


async def abort_and_retry(stage: Lagging, **canary: object) -> None:
    await half_way(stage, **canary)
    await stage.abort()
    await stage.until(lambda look: look.phase == "Degraded")
    await stage.retry()
    await stage.until(lambda look: look.is_paused_at(1))


async def rollback(stage: Lagging, **canary: object) -> None:
    await half_way(stage, **canary)
    await stage.undo(V1)
    await stage.until(lambda look: look.is_settled(V1))


async def supersede(stage: Lagging, **canary: object) -> None:
    await half_way(stage, **canary)
    await stage.set_image(V3)
    await stage.until(lambda look: look.services["canary"] == V3 and look.is_paused_at(1))
    await stage.until(lambda look: set(look.pods) == {V1, V3})


async def next_one(stage: Lagging, **canary: object) -> None:
    await half_way(stage, **canary)
    await stage.promote_full()
    await stage.until(lambda look: look.is_healthy)
    await stage.set_image(V3)
    await stage.until(lambda look: look.services["canary"] == V3 and look.is_paused_at(1))


async def scale_down(stage: Lagging, **canary: object) -> None:
    await half_way(stage, **canary)
    await stage.scale(3)
    await stage.until(lambda look: look.sizes[V1] <= 3 and look.sizes[V2] == 2)


async def other_steps(stage: Lagging, **canary: object) -> None:
    await half_way(stage, **canary)
    await stage.set_steps(scale(replicas=0), pause(3), weight(30), pause())
    await stage.until(lambda look: look.is_paused_at(3))


SCRIPTS = [completion, full_promotion, abort, abort_and_retry, rollback, supersede, next_one, scale_down, other_steps]


@pytest.mark.parametrize("script", SCRIPTS)
async def test_no_version_is_overrun(script: Script) -> None:
    for seed in range(4):
        stage = Lagging(seed=seed)
        await script(stage)
        stage.world.run_for(60)
        stage.check()


QUICK = Delays(ingresses=(0.05, 0.2), reports=(0.1, 0.3), start=(4.0, 6.0))
"""Splits take effect long before pods that are started now."""


@pytest.mark.parametrize("delays", [SLOW, QUICK])
@pytest.mark.parametrize("script", [completion, full_promotion, abort, abort_and_retry, rollback, supersede])
async def test_nor_where_the_stable_version_follows_its_traffic(script: Script, delays: Delays) -> None:
    for seed in range(3):
        stage = Lagging(seed=seed, delays=delays)
        await script(stage, dynamicStableScale=True)
        stage.world.run_for(60)
        stage.check()


DUMB = Delays(ingresses=(3.0, 4.9), start=(0.05, 4.0), controllers=(0.01, 0.05))
"""Splits take effect hardly within the drain time, and some pods start at once."""


@pytest.mark.parametrize("script", SCRIPTS)
async def test_nor_where_a_router_tells_nothing(script: Script) -> None:
    for seed in range(4):
        stage = Lagging(seed=seed, delays=DUMB, router=Nginx())
        await script(stage)
        stage.world.run_for(60)
        stage.check()


LAGS = st.builds(
    lambda low, more, told: Delays(ingresses=(low, low + more), reports=(0.1, 0.1 + told), end=(3.0, 6.0)),
    st.floats(0.1, 20),
    st.floats(0, 10),
    st.floats(0, 10),
)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**16), lag=LAGS, script=st.sampled_from(SCRIPTS))
async def test_however_slow_a_router_is_and_whatever_is_done_meanwhile(seed: int, lag: Delays, script: Script) -> None:
    stage = Lagging(seed=seed, delays=lag)
    await script(stage)
    stage.world.run_for(60)
    stage.check()


async def test_a_router_that_never_confirms_holds_the_update_and_an_abort_moves_the_weights_all_the_same() -> None:
    router = Stuck()
    stage = Lagging(router=router)
    await stage.deploy_routed(routed(STEPS))
    await stage.set_image(V2)
    await stage.until(lambda look: look.weight == 60)
    router.is_stuck = True
    look = await stage.stays(lambda look: look.step == 0, seconds=600)
    assert look.rollout.status.canary.weights.verified is False
    assert "Nginx does not confirm weight 60 yet" in stage.why
    await stage.abort()
    await stage.until(lambda look: look.phase == "Degraded" and look.canary_ingress is None)
    look = await stage.stays(lambda look: look.pods == {V1: 3, V2: 2}, seconds=600)
    assert look.services == {"stable": V1, "canary": V1}
    assert any("does not confirm weight 0 yet" in text and "keeps its 2 pods" in text for text in stage.why)
