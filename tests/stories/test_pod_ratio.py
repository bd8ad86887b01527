"""Without a traffic router the ratio of pods is the ratio of traffic."""

import pytest

from stories.manifests import CANARY, STABLE, V1, V2, V3, pause, rollout, service, weight
from stories.stage import Stage


async def test_ten_pods_and_a_weight_of_20_make_8_and_2(stage: Stage) -> None:
    await stage.deploy(rollout((weight(20), pause()), replicas=10))
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.is_paused_at(1))
    assert look.pods == look.serving == {V1: 8, V2: 2}
    assert look.weight is None
    await stage.stays(lambda look: look.sizes == {V1: 8, V2: 2}, seconds=5)


async def test_each_weight_moves_pods_from_one_version_to_the_other(simulated_stage: Stage) -> None:
    stage = simulated_stage
    await stage.deploy(rollout((weight(25), pause(), weight(50), pause(), weight(100)), replicas=4))
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.is_paused_at(1))
    assert look.pods == {V1: 3, V2: 1}
    await stage.promote()
    look = await stage.until(lambda look: look.is_paused_at(3))
    assert look.pods == {V1: 2, V2: 2}
    await stage.promote()
    await stage.until(lambda look: look.is_settled(V2))


@pytest.mark.parametrize("bounds", [(1, 0), (0, 1), ("25%", "25%"), (3, 0), (0, 2)])
async def test_pods_keep_within_surge_and_availability(
    simulated_stage: Stage, bounds: tuple[int | str, int | str]
) -> None:
    stage = simulated_stage
    surge, unavailable = bounds
    more = surge if isinstance(surge, int) else 1
    fewer = unavailable if isinstance(unavailable, int) else 1
    manifest = rollout((weight(50), pause(1), weight(75)), replicas=4, maxSurge=surge, maxUnavailable=unavailable)
    await stage.deploy(manifest)
    await stage.set_image(V2)
    sizes: set[int] = set()
    serving: set[int] = set()

    def is_done(look: object) -> bool:
        sizes.add(sum(look.sizes.values()))  # type: ignore[attr-defined]
        serving.add(sum(look.serving.values()))  # type: ignore[attr-defined]
        return look.is_settled(V2)  # type: ignore[attr-defined]

    await stage.until(is_done)
    assert max(sizes) <= 4 + more
    assert min(serving) >= 4 - fewer


async def test_services_follow_the_versions_without_a_router_too(stage: Stage) -> None:
    manifest = rollout((weight(50), pause()), replicas=2, canaryService=CANARY, stableService=STABLE)
    await stage.deploy(manifest, service(CANARY), service(STABLE))
    await stage.until(lambda look: look.services == {"stable": V1, "canary": V1})
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.is_paused_at(1) and look.services["canary"] == V2)
    assert look.services["stable"] == V1
    await stage.promote()
    await stage.until(lambda look: look.is_settled(V2) and look.services == {"stable": V2, "canary": V2})


@pytest.mark.argos_definitions
async def test_an_abort_brings_the_pods_back(stage: Stage) -> None:
    await stage.deploy(rollout((weight(50), pause()), replicas=4))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.abort()
    look = await stage.until(lambda look: look.serving == {V1: 4} and look.pods == {V1: 4})
    assert look.phase == "Degraded"


async def test_without_steps_it_is_a_rolling_update(stage: Stage) -> None:
    await stage.deploy(rollout(replicas=4))
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.is_settled(V2))
    assert look.step is None
    await stage.set_image(V3)
    await stage.until(lambda look: look.is_settled(V3))


async def test_a_version_that_never_serves_takes_no_pods_from_the_stable_one(simulated_stage: Stage) -> None:
    stage = simulated_stage
    await stage.break_image(V2)
    await stage.deploy(rollout((weight(50), pause()), replicas=4, maxSurge=1, maxUnavailable=0))
    await stage.set_image(V2)
    await stage.until(lambda look: look.pods[V2] > 0)
    look = await stage.stays(lambda look: look.serving == {V1: 4}, seconds=4)
    assert look.phase == "Progressing"
