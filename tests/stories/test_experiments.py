"""A step tries versions side by side before the update goes on."""

import pytest

from stories.look import Look
from stories.manifests import V1, V2, V3, Manifest, analysis, pause, routed, weight
from stories.stage import Stage

STEPS = (weight(20), pause(1))


def experiment(**fields: object) -> Manifest:
    fleets = [{"name": "baseline", "specRef": "stable"}, {"name": "candidate", "specRef": "canary"}]
    return {"experiment": {"templates": fleets, "scaleDownDelaySeconds": 0, **fields}}


def judged(name: str) -> Manifest:
    return {"analyses": [{"name": "verdict", "templateName": name, "requiredForCompletion": True}]}


def phases(look: Look) -> list[str]:
    """The phases of Experiments, oldest first."""
    return [item.get("status", {}).get("phase", "") for item in look.kind("Experiment")]


def fleets(look: Look) -> list[int]:
    """The sizes of the fleets of Experiments."""
    names = {item["metadata"]["name"] for item in look.kind("Experiment")}
    owned = [
        item
        for item in look.kind("ReplicaSet")
        if any(owner["name"] in names for owner in item["metadata"].get("ownerReferences", []))
    ]
    return [item["spec"]["replicas"] for item in owned]


async def deploy(stage: Stage, step: Manifest, *templates: Manifest) -> None:
    for template in templates:
        await stage.create(template)
    await stage.deploy_routed(routed((weight(20), step, weight(60), pause()), abortScaleDownDelaySeconds=3))


@pytest.mark.argos_definitions
async def test_an_experiment_runs_for_its_time_and_the_update_goes_on(stage: Stage) -> None:
    await deploy(stage, experiment(duration="3s"))
    await stage.set_image(V2)
    look = await stage.until(lambda look: phases(look) == ["Running"])
    assert fleets(look) == [1, 1]
    assert look.rollout.status.canary.current_experiment == look.kind("Experiment")[0]["metadata"]["name"]
    assert (look.step, look.weight) == (1, 20)
    look = await stage.until(lambda look: look.is_paused_at(3))
    assert look.weight == 60
    assert phases(look) == ["Successful"]
    assert look.rollout.status.canary.current_experiment == ""
    look = await stage.until(lambda look: fleets(look) == [0, 0])
    name = look.kind("Experiment")[0]["metadata"]["name"]
    assert look.told("ExperimentCreated") == [f"Created Experiment '{name}'"]


async def test_an_experiment_whose_analysis_is_bad_ends_the_update(stage: Stage) -> None:
    await deploy(stage, experiment(**judged("quick")), analysis("quick"))
    await stage.judge("quick", "bad")
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.phase == "Degraded")
    assert "Experiment analysis phase is error/failed" in look.message
    look = await stage.until(lambda look: fleets(look) == [0, 0] and look.weight == 0)
    assert phases(look) == ["Failed"]
    await stage.sees_traffic({V1: 100})


async def test_an_experiment_without_a_clear_verdict_pauses_the_update_and_promote_tries_again(stage: Stage) -> None:
    await deploy(stage, experiment(**judged("quick")), analysis("quick"))
    await stage.judge("quick", "unclear")
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.phase == "Paused")
    assert look.message == "InconclusiveExperiment"
    await stage.judge("quick", "good")
    await stage.promote()
    look = await stage.until(lambda look: look.is_paused_at(3))
    assert sorted(phases(look)) == ["Inconclusive", "Successful"]


async def test_an_abort_ends_the_experiment(stage: Stage) -> None:
    await deploy(stage, experiment())
    await stage.set_image(V2)
    await stage.until(lambda look: phases(look) == ["Running"])
    await stage.abort()
    look = await stage.until(lambda look: look.phase == "Degraded" and fleets(look) == [0, 0])
    assert phases(look) == ["Successful"]
    await stage.sees_traffic({V1: 100})


async def test_another_version_ends_the_experiment_and_gets_its_own(stage: Stage) -> None:
    await deploy(stage, experiment())
    await stage.set_image(V2)
    await stage.until(lambda look: phases(look) == ["Running"])
    await stage.set_image(V3)
    look = await stage.until(lambda look: sorted(phases(look)) == ["Running", "Successful"])
    running = next(item for item in look.kind("Experiment") if item["status"]["phase"] == "Running")
    images = {
        item["spec"]["template"]["spec"]["containers"][0]["image"]
        for item in look.kind("ReplicaSet")
        if item["metadata"]["ownerReferences"][0]["name"] == running["metadata"]["name"]
    }
    assert images == {V1, V3}


async def test_promote_skips_the_experiment(stage: Stage) -> None:
    await deploy(stage, experiment())
    await stage.set_image(V2)
    await stage.until(lambda look: phases(look) == ["Running"])
    await stage.promote()
    look = await stage.until(lambda look: look.is_paused_at(3) and phases(look) == ["Successful"])
    assert look.weight == 60
