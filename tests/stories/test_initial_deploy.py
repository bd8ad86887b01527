"""The first version of a Rollout."""

from stories.manifests import NAME, V1, V2, around, pause, rollout, routed, weight
from stories.stage import Stage


async def test_the_first_version_ignores_the_steps(stage: Stage) -> None:
    look = await stage.deploy(rollout((weight(50), pause(), weight(100)), replicas=4))
    assert look.is_settled(V1)
    assert (look.step, look.rollout.status.pauses) == (3, ())
    assert look.revisions == {V1: 1}
    assert look.told("RolloutCompleted")[0].endswith(": Initial deploy")


async def test_a_routed_first_version_gets_its_services_when_all_pods_serve(stage: Stage) -> None:
    for manifest in (*around(), routed((weight(10), pause()))):
        await stage.create(manifest)
    look = await stage.until(lambda look: look.services["stable"])
    assert look.serving == {V1: 3}
    look = await stage.until(lambda look: look.services["canary"] and look.is_healthy)
    assert look.canary_ingress is None
    await stage.sees_traffic({V1: 100})


async def test_a_rollout_says_what_it_is_in_its_status(stage: Stage) -> None:
    look = await stage.deploy(rollout((weight(50),)))
    status = look.rollout.status
    assert status.stable_rs == status.current_pod_hash != ""
    assert (status.replicas, status.updated_replicas, status.ready_replicas, status.available_replicas) == (3, 3, 3, 3)
    assert (status.hpa_replicas, status.selector) == (3, "app=myapp")
    said = {item.type: (item.status, item.reason) for item in status.conditions}
    assert said == {
        "Available": ("True", "AvailableReason"),
        "Progressing": ("True", "NewReplicaSetAvailable"),
        "Healthy": ("True", "RolloutHealthy"),
        "Completed": ("True", "RolloutCompleted"),
    }


async def test_an_edit_before_the_first_version_serves_is_not_an_update(stage: Stage) -> None:
    await stage.break_image(V1)
    await stage.create(rollout((weight(50), pause())))
    await stage.until(lambda look: look.pods == {V1: 3})
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.serving[V2] > 0)
    assert look.phase in {"Progressing", "Paused"}


async def test_a_rollout_without_replicas_is_healthy(stage: Stage) -> None:
    look = await stage.deploy(rollout((weight(50), pause()), replicas=0))
    assert look.pods == {}
    await stage.scale(2)
    assert (await stage.until(lambda look: look.is_settled(V1))).rollout.name == NAME
