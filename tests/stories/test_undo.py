"""Back to an earlier version."""

from stories.manifests import INGRESS, V1, V2, V3, pause, rollout, routed, weight
from stories.stage import Stage

STEPS = (weight(20), pause(), weight(60))


async def test_back_to_the_stable_version_skips_all_steps(stage: Stage) -> None:
    await stage.deploy_routed(routed(STEPS, scaleDownDelaySeconds=3))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.undo(V1)
    look = await stage.until(lambda look: look.is_healthy)
    assert look.step == len(STEPS)
    assert look.told("SkipSteps") == ["Rollback to stable ReplicaSets"]
    await stage.sees_traffic({V1: 100})
    look = await stage.until(lambda look: look.is_settled(V1))
    assert look.ingresses == {INGRESS}
    assert look.services == {"stable": V1, "canary": V1}


async def test_back_to_an_older_version_is_an_update_like_any_other(stage: Stage) -> None:
    await stage.deploy_routed(routed(STEPS, scaleDownDelaySeconds=3))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.promote()
    await stage.until(lambda look: look.is_settled(V2))
    await stage.undo(V1)
    look = await stage.until(lambda look: look.is_paused_at(1))
    assert look.revisions == {V1: 3, V2: 2}
    await stage.sees_traffic({V2: 80, V1: 20})
    annotations = look.replica_sets[V1]["metadata"]["annotations"]
    assert annotations["rollout.argoproj.io/revision-history"] == "1"


async def test_back_to_a_version_whose_pods_wait_for_their_end_does_not_wait_for_it(stage: Stage) -> None:
    await stage.deploy_routed(routed(STEPS, scaleDownDelaySeconds=300))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.promote()
    await stage.until(lambda look: look.is_healthy)
    await stage.undo(V1)
    look = await stage.until(lambda look: look.is_paused_at(1))
    assert look.sizes[V1] == 1
    await stage.sees_traffic({V2: 80, V1: 20})


async def test_back_without_a_router(stage: Stage) -> None:
    await stage.deploy(rollout(STEPS, replicas=5))
    await stage.set_image(V3)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.undo(V1)
    look = await stage.until(lambda look: look.is_settled(V1))
    assert look.step == len(STEPS)
