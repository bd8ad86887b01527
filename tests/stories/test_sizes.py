"""How many pods versions have: steps that say so, and people who change their minds."""

from stories.manifests import INGRESS, V1, V2, pause, rollout, routed, scale, weight
from stories.stage import Stage


async def test_a_canary_gets_pods_before_it_gets_traffic(stage: Stage) -> None:
    steps = (scale(replicas=2), pause(), weight(20), pause(), scale(matchTrafficWeight=True), weight(40), pause())
    await stage.deploy_routed(routed(steps, replicas=5))
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.is_paused_at(1))
    assert look.pods == {V1: 5, V2: 2}
    assert look.canary_ingress is None
    await stage.promote()
    look = await stage.until(lambda look: look.is_paused_at(3))
    assert (look.pods, look.canary_weight) == ({V1: 5, V2: 2}, "20")
    await stage.promote()
    look = await stage.until(lambda look: look.is_paused_at(6))
    assert (look.pods, look.canary_weight) == ({V1: 5, V2: 2}, "40")


async def test_a_canary_is_sized_in_percent(stage: Stage) -> None:
    await stage.deploy_routed(routed((scale(weight=75), pause(), weight(5), pause()), replicas=4))
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.is_paused_at(1))
    assert look.pods == {V1: 4, V2: 3}
    await stage.promote()
    look = await stage.until(lambda look: look.is_paused_at(3))
    assert (look.pods, look.canary_weight) == ({V1: 4, V2: 3}, "5")


async def test_of_several_sizes_the_number_of_pods_counts_and_none_at_all_is_that_of_the_weight(
    simulated_stage: Stage,
) -> None:
    stage = simulated_stage
    both = scale(weight=25, replicas=3)
    await stage.deploy_routed(routed((weight(50), both, pause(), scale(), pause()), replicas=4))
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.is_paused_at(2))
    assert look.pods == {V1: 4, V2: 3}
    await stage.promote()
    await stage.until(lambda look: look.is_paused_at(4) and look.pods == {V1: 4, V2: 2})


async def test_sizes_are_shares_of_the_greatest_weight(simulated_stage: Stage) -> None:
    stage = simulated_stage
    routing = {"nginx": {"stableIngress": INGRESS}, "maxTrafficWeight": 1000}
    await stage.deploy_routed(routed((scale(weight=500), pause()), replicas=4, trafficRouting=routing))
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.is_paused_at(1))
    assert look.pods == {V1: 4, V2: 2}


async def test_more_replicas_in_mid_update_grow_both_versions(stage: Stage) -> None:
    await stage.deploy_routed(routed((weight(50), pause(), weight(80)), replicas=2))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1) and look.pods == {V1: 2, V2: 1})
    await stage.scale(6)
    look = await stage.until(lambda look: look.serving == {V1: 6, V2: 3})
    assert look.canary_weight == "50"
    await stage.until(lambda look: look.is_paused_at(1))


async def test_fewer_replicas_in_mid_update_shrink_both_versions(stage: Stage) -> None:
    await stage.deploy_routed(routed((weight(50), pause()), replicas=4))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1) and look.pods == {V1: 4, V2: 2})
    await stage.scale(2)
    await stage.until(lambda look: look.pods == {V1: 2, V2: 1})
    await stage.sees_traffic({V1: 50, V2: 50})


async def test_more_replicas_without_a_router(stage: Stage) -> None:
    await stage.deploy(rollout((weight(50), pause()), replicas=2))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.scale(6)
    await stage.until(lambda look: look.serving == {V1: 3, V2: 3})


async def test_scaling_goes_through_a_hold(stage: Stage) -> None:
    await stage.deploy_routed(routed((weight(50), pause()), replicas=2))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.pause()
    await stage.until(lambda look: look.message == "manually paused")
    await stage.scale(4)
    await stage.until(lambda look: look.serving == {V1: 4, V2: 2})


async def test_scaling_a_complete_rollout(stage: Stage) -> None:
    await stage.deploy_routed(routed((weight(50), pause()), replicas=2))
    await stage.scale(5)
    look = await stage.until(lambda look: look.is_settled(V1))
    assert look.serving == {V1: 5}
    await stage.scale(1)
    await stage.until(lambda look: look.is_settled(V1))


async def test_min_pods_keep_a_small_canary_available(stage: Stage) -> None:
    await stage.deploy_routed(routed((weight(5), pause()), replicas=4, minPodsPerReplicaSet=2))
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.is_paused_at(1))
    assert look.pods == {V1: 4, V2: 2}


async def test_where_the_weight_falls_traffic_goes_before_pods(stage: Stage) -> None:
    await stage.deploy_routed(routed((weight(60), pause(), weight(20), pause(), weight(0), pause()), replicas=5))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.promote()
    look = await stage.until(lambda look: look.canary_weight == "20")
    assert look.pods[V2] == 3
    await stage.sees_traffic({V1: 80, V2: 20})
    look = await stage.until(lambda look: look.is_paused_at(3))
    assert look.pods == {V1: 5, V2: 1}
    await stage.promote()
    await stage.sees_traffic({V1: 100})
    look = await stage.until(lambda look: look.is_paused_at(5))
    assert look.pods == {V1: 5}
    assert look.services == {"stable": V1, "canary": V1}
    await stage.promote()
    await stage.until(lambda look: look.is_healthy and look.services == {"stable": V2, "canary": V2})


async def test_a_threshold_lets_the_update_go_on_with_some_pods(simulated_stage: Stage) -> None:
    stage = simulated_stage
    threshold = {"type": "Percent", "value": 50}
    manifest = routed((weight(100), pause()), replicas=4, replicaProgressThreshold=threshold)
    await stage.deploy_routed(manifest)
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.is_paused_at(1))
    assert look.serving[V2] >= 2
    assert look.weight == 100


async def test_nothing_is_enough_for_a_rollout_of_no_pods(simulated_stage: Stage) -> None:
    stage = simulated_stage
    await stage.deploy(rollout((weight(50), pause()), replicas=2))
    await stage.scale(0)
    await stage.until(lambda look: look.is_healthy and not look.pods and look.rollout.status.hpa_replicas == 0)
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.promote()
    await stage.until(lambda look: look.is_healthy and look.sizes == {})
