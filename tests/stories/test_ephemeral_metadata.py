"""Labels and annotations that pods carry while their version has a part."""

from serinus.api.kinds import ROLLOUT
from stories.look import Look
from stories.manifests import CANARY, NAME, STABLE, V1, V2, Manifest, around, pause, rollout, routed, weight
from stories.stage import Stage

STEPS = (weight(50), pause())
METADATA = {
    "stableMetadata": {"labels": {"part": "stable"}, "annotations": {"told": "stable"}},
    "canaryMetadata": {"labels": {"part": "canary", "fresh": "yes"}},
}


def marks(look: Look, image: str) -> set[tuple[str, ...]]:
    """What the pods of a version carry: part, whether fresh, and what is told of them."""
    pods = [pod["metadata"] for pod in look.kind("Pod") if pod["spec"]["containers"][0]["image"] == image]
    return {
        (
            pod["labels"].get("part", ""),
            pod["labels"].get("fresh", ""),
            (pod.get("annotations") or {}).get("told", ""),
        )
        for pod in pods
        if "deletionTimestamp" not in pod
    }


STABLE_MARKS, CANARY_MARKS, NO_MARKS = {("stable", "", "stable")}, {("canary", "yes", "")}, {("", "", "")}


async def test_marks_change_with_the_parts_and_no_pod_is_replaced(stage: Stage) -> None:
    before = await stage.deploy_routed(routed(STEPS, replicas=2, scaleDownDelaySeconds=4, **METADATA))
    assert marks(before, V1) == STABLE_MARKS
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.is_paused_at(1))
    assert (marks(look, V1), marks(look, V2)) == (STABLE_MARKS, CANARY_MARKS)
    canaries = uids(look, V2)
    await stage.promote()
    look = await stage.until(lambda look: look.is_healthy and marks(look, V2) == STABLE_MARKS)
    assert canaries <= uids(look, V2)
    await stage.until(lambda look: look.is_settled(V2))


async def test_marks_of_the_old_version_are_taken_off_while_it_waits_for_its_end(stage: Stage) -> None:
    await stage.deploy_routed(routed(STEPS, replicas=2, scaleDownDelaySeconds=20, **METADATA))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.promote()
    look = await stage.until(lambda look: look.is_healthy and marks(look, V1) == NO_MARKS)
    assert look.pods[V1] == 2


async def test_what_is_edited_reaches_pods_that_run(stage: Stage) -> None:
    look = await stage.deploy(rollout(replicas=2, **METADATA))
    before = uids(look, V1)
    await stage.patch(ROLLOUT, NAME, strategy(stableMetadata={"labels": {"part": "main"}, "annotations": None}))
    look = await stage.until(lambda look: marks(look, V1) == {("main", "", "")})
    await stage.patch(ROLLOUT, NAME, strategy(stableMetadata=None, canaryMetadata=None))
    look = await stage.until(lambda look: marks(look, V1) == NO_MARKS)
    assert uids(look, V1) == before
    assert list(look.revisions.values()) == [1]


async def test_the_way_back_gives_the_marks_back(stage: Stage) -> None:
    await stage.deploy_routed(routed(STEPS, replicas=2, **METADATA))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.undo(V1)
    look = await stage.until(lambda look: look.is_healthy)
    assert marks(look, V1) == STABLE_MARKS
    assert set(look.revisions) == {V1, V2}


async def test_preview_and_active_are_marked(stage: Stage) -> None:
    manifest = rollout((), replicas=2)
    manifest["spec"]["strategy"] = {
        "blueGreen": {
            "activeService": STABLE,
            "previewService": CANARY,
            "autoPromotionEnabled": False,
            "activeMetadata": METADATA["stableMetadata"],
            "previewMetadata": METADATA["canaryMetadata"],
        }
    }
    await stage.deploy(manifest, *around())
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.phase == "Paused")
    assert (marks(look, V1), marks(look, V2)) == (STABLE_MARKS, CANARY_MARKS)
    await stage.promote()
    await stage.until(lambda look: (marks(look, V1), marks(look, V2)) == (NO_MARKS, STABLE_MARKS))


async def test_a_mark_may_cover_a_label_of_the_template(stage: Stage) -> None:
    manifest = routed(STEPS, replicas=2, canaryMetadata={"labels": {"tier": "trial"}})
    manifest["spec"]["template"]["metadata"]["labels"]["tier"] = "web"
    await stage.deploy_routed(manifest)
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.is_paused_at(1))
    assert tiers(look, V2) == {"trial"}
    await stage.promote()
    await stage.until(lambda look: look.is_healthy and tiers(look, V2) == {"web"})


def strategy(**fields: object) -> Manifest:
    return {"spec": {"strategy": {"canary": fields}}}


def uids(look: Look, image: str) -> set[str]:
    pods = [pod for pod in look.kind("Pod") if pod["spec"]["containers"][0]["image"] == image]
    return {pod["metadata"]["uid"] for pod in pods if "deletionTimestamp" not in pod["metadata"]}


def tiers(look: Look, image: str) -> set[str]:
    pods = [pod for pod in look.kind("Pod") if pod["spec"]["containers"][0]["image"] == image]
    return {pod["metadata"]["labels"]["tier"] for pod in pods if "deletionTimestamp" not in pod["metadata"]}
