"""Replacing all pods without an update (``kubectl argo rollouts restart``)."""

from datetime import UTC, datetime, timedelta

from serinus.api.kinds import ROLLOUT
from stories.look import Look
from stories.manifests import CANARY, NAME, STABLE, V1, V2, around, pause, rollout, routed, weight
from stories.stage import Stage


def uids(look: Look) -> set[str]:
    return {pod["metadata"]["uid"] for pod in look.kind("Pod") if "deletionTimestamp" not in pod["metadata"]}


async def restart(stage: Stage, look: Look, *, after: float = 2) -> None:
    """Ask for a restart shortly after the youngest pod was made."""
    made = (datetime.fromisoformat(pod["metadata"]["creationTimestamp"]) for pod in look.kind("Pod"))
    moment = max(made).astimezone(UTC) + timedelta(seconds=after)
    await stage.patch(ROLLOUT, NAME, {"spec": {"restartAt": moment.strftime("%Y-%m-%dT%H:%M:%SZ")}})


async def test_all_pods_are_replaced_a_few_at_a_time(stage: Stage) -> None:
    before = await stage.deploy(rollout(replicas=4))
    await restart(stage, before)
    look = await stage.until(lambda look: look.message == "rollout is restarting")
    look = await stage.until(lambda look: look.is_healthy and not uids(look) & uids(before), limit=120)
    assert look.serving == {V1: 4}
    assert look.rollout.status.restarted_at == look.rollout.spec.restart_at


async def test_both_versions_are_restarted_in_mid_update(stage: Stage) -> None:
    await stage.deploy_routed(routed((weight(50), pause()), replicas=4))
    await stage.set_image(V2)
    before = await stage.until(lambda look: look.is_paused_at(1) and look.serving == {V1: 4, V2: 2})
    await restart(stage, before)
    look = await stage.until(
        lambda look: look.rollout.status.restarted_at is not None and look.serving == {V1: 4, V2: 2}, limit=120
    )
    assert not uids(look) & uids(before)
    await stage.until(lambda look: look.is_paused_at(1))


async def test_both_fleets_of_blue_green_are_restarted(simulated_stage: Stage) -> None:
    stage = simulated_stage
    manifest = rollout((), replicas=2)
    services = {"activeService": STABLE, "previewService": CANARY}
    manifest["spec"]["strategy"] = {"blueGreen": services | {"autoPromotionEnabled": False}}
    await stage.deploy(manifest, *around())
    await stage.set_image(V2)
    before = await stage.until(lambda look: look.phase == "Paused" and look.serving == {V1: 2, V2: 2})
    await restart(stage, before)
    look = await stage.until(
        lambda look: look.rollout.status.restarted_at is not None and look.serving == {V1: 2, V2: 2}, limit=240
    )
    assert not uids(look) & uids(before)
    assert look.services == {"stable": V1, "canary": V2}


async def test_nothing_is_restarted_before_its_time(simulated_stage: Stage) -> None:
    stage = simulated_stage
    before = await stage.deploy(rollout(replicas=2))
    await restart(stage, before, after=600)
    look = await stage.stays(lambda look: uids(look) == uids(before), seconds=590)
    assert look.message == "rollout is restarting"
    await stage.until(lambda look: look.is_healthy and not uids(look) & uids(before), limit=120)
