"""What is told of an update: the lines at the end of ``kubectl describe``, to which alerts and notifications listen."""

from stories.look import Look
from stories.manifests import CANARY, NAME, STABLE, V1, V2, Manifest, around, pause, rollout, routed, weight
from stories.stage import Stage


def hashes(look: Look) -> tuple[str, str]:
    """Of the first and of the second version."""
    first, second = (look.replica_sets[image]["metadata"]["name"].removeprefix(f"{NAME}-") for image in (V1, V2))
    return first, second


async def test_an_update_is_told_from_its_beginning_to_its_end(stage: Stage) -> None:
    await stage.deploy_routed(
        routed((weight(20), pause(1), weight(60), pause("1s")), replicas=2, scaleDownDelaySeconds=1)
    )
    await stage.set_image(V2)
    look = await stage.until(
        lambda look: len(look.told("RolloutCompleted")) == 2 and len(look.told("TrafficWeightUpdated")) == 4
    )
    one, two = hashes(look)
    told = {
        "RolloutUpdated": ["Rollout updated to revision 1", "Rollout updated to revision 2"],
        "RolloutNotCompleted": [
            f"Rollout not completed, started update to revision 1 ({one})",
            f"Rollout not completed, started update to revision 2 ({two})",
        ],
        "NewReplicaSetCreated": [
            f"Created ReplicaSet {NAME}-{one} (revision 1)",
            f"Created ReplicaSet {NAME}-{two} (revision 2)",
        ],
        "RolloutStepCompleted": [
            "Rollout step 1/4 completed (setWeight: 20)",
            "Rollout step 2/4 completed (pause: 1)",
            "Rollout step 3/4 completed (setWeight: 60)",
            "Rollout step 4/4 completed (pause: 1s)",
        ],
        "RolloutPaused": ["Rollout is paused (CanaryPauseStep)"] * 2,
        "RolloutResumed": ["Rollout is resumed"] * 2,
        "TrafficWeightUpdated": [
            f"Traffic weight updated {change}" for change in ("to 0", "from 0 to 20", "from 20 to 60", "from 60 to 0")
        ],
        "RolloutCompleted": [
            f"Rollout completed update to revision 1 ({one}): Initial deploy",
            f"Rollout completed update to revision 2 ({two}): Completed all 4 canary steps",
        ],
    }
    assert {reason: look.told(reason) for reason in told} == told
    scaled, switched = look.told("ScalingReplicaSet"), look.told("SwitchService")
    assert f"Scaled up ReplicaSet {NAME}-{one} (revision 1) from 0 to 2" in scaled
    assert f"Switched selector for service '{CANARY}' from '{one}' to '{two}'" in switched
    assert f"Switched selector for service '{STABLE}' from '{one}' to '{two}'" in switched


async def test_a_switch_is_told_too(simulated_stage: Stage) -> None:
    stage = simulated_stage
    manifest: Manifest = rollout((), replicas=2)
    services = {"activeService": STABLE, "previewService": CANARY}
    manifest["spec"]["strategy"] = {"blueGreen": services | {"autoPromotionSeconds": 5}}
    await stage.deploy(manifest, *around())
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.is_healthy and look.services["stable"] == V2)
    one, two = hashes(look)
    assert look.told("RolloutPaused") == ["Rollout is paused (BlueGreenPause)"]
    assert look.told("RolloutResumed") == ["Rollout is resumed"]
    look = await stage.until(lambda look: look.sizes == {V2: 2})
    assert f"Scaled down ReplicaSet {NAME}-{one} (revision 1) from 2 to 0" in look.told("ScalingReplicaSet")
    assert f"Switched selector for service '{STABLE}' from '{one}' to '{two}'" in look.told("SwitchService")
    assert look.told("RolloutCompleted")[-1].endswith(f"to revision 2 ({two}): Completed blue-green update")


async def test_what_people_do_is_told_once(simulated_stage: Stage) -> None:
    stage = simulated_stage
    await stage.deploy_routed(routed((weight(20), pause(), weight(60), pause())))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.abort()
    look = await stage.until(lambda look: look.phase == "Degraded" and look.sizes == {V1: 3})
    assert look.told("RolloutAborted") == ["Rollout aborted update to revision 2"]
    assert not look.told("RolloutResumed")
    await stage.retry()
    look = await stage.until(lambda look: look.is_paused_at(1))
    assert look.told("RolloutPaused") == ["Rollout is paused (CanaryPauseStep)"] * 2
    assert len(look.told("RolloutNotCompleted")) == 2
