"""The story of the article: a canary through nginx, row by row."""

from stories.manifests import CANARY, CANARY_INGRESS, HOST, INGRESS, V1, V2, V3, pause, routed, weight
from stories.stage import Stage

STEPS = (weight(10), pause(3), weight(30), pause(3), weight(60), pause(), weight(100))
PREFIX = "nginx.ingress.kubernetes.io"


async def test_before_an_update_there_is_no_canary_ingress(stage: Stage) -> None:
    look = await stage.deploy_routed(routed(STEPS))
    assert look.ingresses == {INGRESS}
    assert look.services == {"stable": V1, "canary": V1}
    assert (look.weight, look.step) == (0, len(STEPS))
    await stage.sees_traffic({V1: 100})


async def test_the_first_weight_creates_the_canary_ingress(stage: Stage) -> None:
    await stage.deploy_routed(routed(STEPS))
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.is_paused_at(1))
    assert look.message == "CanaryPauseStep"
    ingress = look.canary_ingress
    assert ingress is not None
    assert ingress["metadata"]["name"] == CANARY_INGRESS
    assert ingress["metadata"]["annotations"] == {
        "kubernetes.io/ingress.class": "nginx",
        f"{PREFIX}/canary": "true",
        f"{PREFIX}/canary-weight": "10",
    }
    backend = {"service": {"name": CANARY, "port": {"number": 80}}}
    paths = [{"path": "/", "pathType": "Prefix", "backend": backend}]
    assert ingress["spec"]["rules"] == [{"host": HOST, "http": {"paths": paths}}]
    assert look.services == {"stable": V1, "canary": V2}
    assert look.pods == {V1: 3, V2: 1}
    await stage.sees_traffic({V1: 90, V2: 10})


async def test_a_timed_pause_ends_by_itself_and_only_the_weight_changes(stage: Stage) -> None:
    await stage.deploy_routed(routed(STEPS))
    await stage.set_image(V2)
    first = (await stage.until(lambda look: look.is_paused_at(1))).canary_ingress
    second = (await stage.until(lambda look: look.is_paused_at(3))).canary_ingress
    assert first
    assert second
    first["metadata"]["annotations"][f"{PREFIX}/canary-weight"] = "30"
    assert second["metadata"]["annotations"] == first["metadata"]["annotations"]
    assert (second["spec"], second["metadata"]["uid"]) == (first["spec"], first["metadata"]["uid"])
    await stage.sees_traffic({V1: 70, V2: 30})


async def test_a_pause_without_an_end_waits_for_a_person(stage: Stage) -> None:
    await stage.deploy_routed(routed(STEPS))
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.is_paused_at(5))
    assert look.canary_weight == "60"
    assert look.pods == {V1: 3, V2: 2}
    await stage.stays(lambda look: look.is_paused_at(5) and look.canary_weight == "60", seconds=5)
    await stage.sees_traffic({V1: 40, V2: 60})


async def test_full_promotion_leaves_no_ingress_and_no_old_pod(stage: Stage) -> None:
    await stage.deploy_routed(routed(STEPS, scaleDownDelaySeconds=5))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(5))
    await stage.promote()
    look = await stage.until(lambda look: look.is_healthy)
    assert look.services == {"stable": V2, "canary": V2}
    assert (look.weight, look.sizes) == (0, {V1: 3, V2: 3})
    await stage.sees_traffic({V2: 100})
    look = await stage.until(lambda look: look.canary_ingress is None)
    assert look.ingresses == {INGRESS}
    await stage.until(lambda look: look.is_settled(V2))


async def test_an_abort_takes_all_traffic_back_at_once_and_the_pods_later(stage: Stage) -> None:
    await stage.deploy_routed(routed(STEPS, abortScaleDownDelaySeconds=5))
    await stage.set_image(V3)
    await stage.until(lambda look: look.is_paused_at(3))
    await stage.abort()
    look = await stage.until(lambda look: look.phase == "Degraded")
    assert look.message == "RolloutAborted: Rollout aborted update to revision 2"
    assert (look.ingresses, look.weight, look.step) == ({INGRESS}, 0, 0)
    assert look.services == {"stable": V1, "canary": V1}
    assert look.sizes == {V1: 3, V3: 1}
    await stage.sees_traffic({V1: 100})
    look = await stage.until(lambda look: look.pods == {V1: 3})
    assert look.phase == "Degraded"


async def test_a_complete_update_leaves_everything_as_it_was(stage: Stage) -> None:
    await stage.deploy_routed(routed((weight(10), pause(), weight(100)), scaleDownDelaySeconds=3))
    await update(stage, V2)


async def test_and_so_does_the_next_one(simulated_stage: Stage) -> None:
    stage = simulated_stage
    await stage.deploy_routed(routed((weight(10), pause(), weight(100)), scaleDownDelaySeconds=3))
    for image in (V2, V3):
        await update(stage, image)


async def update(stage: Stage, image: str) -> None:
    await stage.set_image(image)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.promote()
    look = await stage.until(lambda look: look.is_settled(image))
    assert look.ingresses == {INGRESS}
