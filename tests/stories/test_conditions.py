"""What scripts wait for: the conditions of a Rollout, with reasons and words, on its way through an update."""

from stories.look import Look
from stories.manifests import NAME, V1, V2, pause, rollout, weight
from stories.stage import Stage


def said(look: Look) -> dict[str, tuple[str, str, str]]:
    return {item.type: (item.status, item.reason, item.message) for item in look.rollout.status.conditions}


AVAILABLE = ("True", "AvailableReason", "Rollout has minimum availability")
MISSING = ("False", "AvailableReason", "Rollout does not have minimum availability")
NOT_HEALTHY = ("False", "RolloutHealthy", "Rollout is not healthy")
PAUSED = ("Unknown", "RolloutPaused", "Rollout is paused")


async def test_conditions_tell_where_an_update_is(simulated_stage: Stage) -> None:
    stage = simulated_stage
    look = await stage.deploy(rollout((weight(50), pause()), replicas=2))
    first = look.replica_sets[V1]["metadata"]["name"]
    assert said(look) == {
        "Available": AVAILABLE,
        "Progressing": ("True", "NewReplicaSetAvailable", f'ReplicaSet "{first}" has successfully progressed.'),
        "Healthy": ("True", "RolloutHealthy", "Rollout is healthy"),
        "Completed": ("True", "RolloutCompleted", "RolloutCompleted"),
    }
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.is_paused_at(1))
    second = look.replica_sets[V2]["metadata"]["name"]
    assert said(look) == {
        "Available": AVAILABLE,
        "Progressing": PAUSED,
        "Paused": ("True", "RolloutPaused", "Rollout is paused"),
        "Healthy": NOT_HEALTHY,
        "Completed": ("False", "RolloutCompleted", "RolloutCompleted"),
    }
    await stage.promote()
    look = await stage.until(lambda look: look.is_settled(V2))
    assert said(look) == {
        "Available": AVAILABLE,
        "Progressing": ("True", "NewReplicaSetAvailable", f'ReplicaSet "{second}" has successfully progressed.'),
        "Paused": ("False", "RolloutPaused", "Rollout is paused"),
        "Healthy": ("True", "RolloutHealthy", "Rollout is healthy"),
        "Completed": ("True", "RolloutCompleted", "RolloutCompleted"),
    }


async def test_conditions_tell_of_an_abort_and_a_retry(simulated_stage: Stage) -> None:
    stage = simulated_stage
    await stage.deploy(rollout((weight(50), pause()), replicas=2))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.abort()
    look = await stage.until(lambda look: look.phase == "Degraded" and look.serving == {V1: 2})
    assert said(look)["Progressing"] == ("False", "RolloutAborted", "Rollout aborted update to revision 2")
    assert look.message == "RolloutAborted: Rollout aborted update to revision 2"
    assert said(look)["Paused"][0] == "False"
    await stage.break_image(V2)
    await stage.retry()
    look = await stage.until(lambda look: look.phase == "Progressing")
    assert said(look)["Progressing"][1] in {"RolloutRetry", "ReplicaSetUpdated"}


async def test_conditions_tell_of_pods_that_are_lost(simulated_stage: Stage) -> None:
    stage = simulated_stage
    look = await stage.deploy(rollout(replicas=2))
    name = look.replica_sets[V1]["metadata"]["name"]
    await stage.break_image(V1)
    look = await stage.until(lambda look: not look.serving and look.rollout.status.available_replicas == 0)
    assert said(look)["Available"] == MISSING
    assert said(look)["Healthy"] == NOT_HEALTHY
    assert said(look)["Progressing"] == (
        "True",
        "ReplicaSetNotAvailable",
        "Rollout does not have minimum availability",
    )
    assert look.message == "updated replicas are still becoming available"
    look = await stage.until(lambda look: look.phase == "Degraded", limit=900)
    late = f'ReplicaSet "{name}" has timed out progressing.'
    assert said(look)["Progressing"] == ("False", "ProgressDeadlineExceeded", late)
    assert look.message == f"ProgressDeadlineExceeded: {late}"
    await stage.mend_image(V1)
    look = await stage.until(lambda look: look.is_healthy)
    assert said(look)["Progressing"] == (
        "True",
        "NewReplicaSetAvailable",
        f'ReplicaSet "{NAME}-{look.rollout.status.stable_rs}" has successfully progressed.',
    )
