"""From canary to blue-green and back, while everything runs."""

from serinus.api.kinds import ROLLOUT
from stories.manifests import CANARY, INGRESS, NAME, STABLE, V1, V2, V3, Manifest, pause, routed, weight
from stories.stage import Stage

STEPS = (weight(50), pause())


def two() -> Manifest:
    """A canary of two pods that do not stay long when they are not needed."""
    return routed(STEPS, replicas=2, scaleDownDelaySeconds=3, abortScaleDownDelaySeconds=3)


def canary_of(manifest: Manifest) -> Manifest:
    found: Manifest = manifest["spec"]["strategy"]["canary"]
    return found


async def choose(stage: Stage, **strategy: object) -> None:
    """Replace the strategy, as somebody does who edits the manifest."""
    both = {"canary": None, "blueGreen": None} | strategy
    await stage.patch(ROLLOUT, NAME, {"spec": {"strategy": both}})


def blue_green(**fields: object) -> Manifest:
    return {"activeService": STABLE, "previewService": CANARY, "scaleDownDelaySeconds": 3} | fields


async def test_a_settled_canary_becomes_blue_green(stage: Stage) -> None:
    await stage.deploy_routed(two())
    await choose(stage, blueGreen=blue_green(autoPromotionEnabled=False))
    await stage.until(lambda look: look.is_healthy and look.rollout.status.blue_green.active_selector)
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.phase == "Paused")
    assert look.services == {"stable": V1, "canary": V2}
    assert look.message == "BlueGreenPause"
    await stage.sees_traffic({V1: 100})
    await stage.promote()
    await stage.until(lambda look: look.is_settled(V2))
    await stage.sees_traffic({V2: 100})


async def test_a_settled_blue_green_becomes_a_canary(stage: Stage) -> None:
    manifest = two()
    canary = canary_of(manifest)
    manifest["spec"]["strategy"] = {"blueGreen": blue_green()}
    await stage.deploy_routed(manifest)
    await choose(stage, canary=canary)
    await stage.until(lambda look: look.is_healthy and look.step == len(STEPS))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.sees_traffic({V1: 50, V2: 50})
    await stage.promote()
    await stage.until(lambda look: look.is_settled(V2) and look.ingresses == {INGRESS})


async def test_a_canary_becomes_blue_green_in_mid_update(stage: Stage) -> None:
    await stage.deploy_routed(two())
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.sees_traffic({V1: 50, V2: 50})
    await choose(stage, blueGreen=blue_green(autoPromotionEnabled=False))
    await stage.until(lambda look: look.message == "BlueGreenPause" and look.ingresses == {INGRESS})
    await stage.sees_traffic({V1: 100})
    await stage.promote()
    await stage.until(lambda look: look.is_settled(V2))
    await stage.sees_traffic({V2: 100})


async def test_blue_green_becomes_a_canary_in_mid_update(stage: Stage) -> None:
    manifest = two()
    canary = canary_of(manifest)
    manifest["spec"]["strategy"] = {"blueGreen": blue_green(autoPromotionEnabled=False)}
    await stage.deploy_routed(manifest)
    await stage.set_image(V2)
    await stage.until(lambda look: look.message == "BlueGreenPause")
    await choose(stage, canary=canary)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.sees_traffic({V1: 50, V2: 50})
    await stage.promote()
    await stage.until(lambda look: look.is_settled(V2))


async def test_an_aborted_canary_becomes_blue_green(simulated_stage: Stage) -> None:
    stage = simulated_stage
    await stage.deploy_routed(two())
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.abort()
    await choose(stage, blueGreen=blue_green())
    await stage.until(lambda look: look.phase == "Degraded" and look.services["stable"] == V1)
    await stage.set_image(V3)
    await stage.until(lambda look: look.is_settled(V3))


async def test_routing_is_taken_out_in_mid_update(stage: Stage) -> None:
    await stage.deploy_routed(routed(STEPS, replicas=2))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    body = {"trafficRouting": None, "stableService": STABLE, "canaryService": CANARY}
    await stage.patch(ROLLOUT, NAME, {"spec": {"strategy": {"canary": body}}})
    await stage.until(lambda look: look.ingresses == {INGRESS})
    await stage.promote()
    await stage.until(lambda look: look.is_healthy and look.services == {"stable": V2, "canary": V2})
