"""A stable version whose pods follow its traffic (``dynamicStableScale``)."""

from stories.manifests import V1, V2, pause, routed, weight
from stories.stage import Manifest, Stage

STEPS = (weight(25), pause(), weight(75), pause(), weight(100), pause())


def dynamic(**canary: object) -> Manifest:
    return routed(STEPS, replicas=4, dynamicStableScale=True, **canary)


async def test_stable_pods_go_as_their_traffic_does(stage: Stage) -> None:
    await stage.deploy_routed(dynamic())
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.is_paused_at(1) and look.pods == {V1: 3, V2: 1})
    assert look.canary_weight == "25"
    await stage.promote()
    look = await stage.until(lambda look: look.is_paused_at(3) and look.pods == {V1: 1, V2: 3})
    assert look.canary_weight == "75"
    await stage.sees_traffic({V1: 25, V2: 75})


async def test_one_stable_pod_stays_until_the_promotion(stage: Stage) -> None:
    await stage.deploy_routed(dynamic())
    await stage.set_image(V2)
    for step in (1, 3):
        await stage.until(lambda look, step=step: look.is_paused_at(step))
        await stage.promote()
    look = await stage.until(lambda look: look.is_paused_at(5) and look.pods == {V1: 1, V2: 4})
    assert look.canary_weight == "100"
    await stage.promote()
    await stage.until(lambda look: look.is_healthy and look.pods == {V2: 4})


async def test_after_an_abort_traffic_returns_as_pods_do(stage: Stage) -> None:
    await stage.deploy_routed(dynamic(abortScaleDownDelaySeconds=3))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.promote()
    await stage.until(lambda look: look.is_paused_at(3) and look.pods == {V1: 1, V2: 3})
    await stage.abort()
    look = await stage.until(lambda look: look.canary_ingress is None)
    assert look.serving[V1] == 4
    await stage.until(lambda look: look.pods == {V1: 4})
    await stage.sees_traffic({V1: 100})


async def test_a_template_set_back_to_the_stable_one_does_the_same(stage: Stage) -> None:
    await stage.deploy_routed(dynamic())
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.promote()
    await stage.until(lambda look: look.is_paused_at(3) and look.pods == {V1: 1, V2: 3})
    await stage.undo(V1)
    look = await stage.until(lambda look: look.canary_ingress is None)
    assert look.serving[V1] == 4
    await stage.until(lambda look: look.is_healthy and look.pods == {V1: 4})


async def test_a_full_promotion_moves_traffic_as_pods_come(stage: Stage) -> None:
    await stage.deploy_routed(dynamic())
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.promote_full()
    await stage.until(lambda look: look.is_healthy and look.pods == {V2: 4})
    await stage.sees_traffic({V2: 100})


async def test_with_a_delay_of_ones_own_the_canary_stays_until_the_stable_version_is_whole_and_then_for_it(
    simulated_stage: Stage,
) -> None:
    stage = simulated_stage
    await stage.deploy_routed(dynamic(abortScaleDownDelaySeconds=20))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.promote()
    await stage.until(lambda look: look.is_paused_at(3) and look.pods == {V1: 1, V2: 3})
    await stage.abort()
    look = await stage.until(lambda look: look.canary_ingress is None)
    assert look.serving == {V1: 4, V2: 3}
    await stage.stays(lambda look: look.sizes == {V1: 4, V2: 3}, seconds=15)
    await stage.until(lambda look: look.sizes == {V1: 4})
