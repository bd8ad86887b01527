"""Rollouts that cannot be carried out as they are written."""

from serinus.api.kinds import ROLLOUT, SERVICE
from stories.manifests import CANARY, INGRESS, NAME, STABLE, V1, V2, ingress, pause, rollout, routed, service, weight
from stories.stage import Stage

STEPS = (weight(20), pause())


async def test_the_message_names_the_field(stage: Stage) -> None:
    await stage.create(rollout((weight(120),)))
    look = await stage.until(lambda look: look.phase == "Degraded")
    assert look.message == (
        f'InvalidSpec: The Rollout "{NAME}" is invalid: spec.strategy.canary.steps[0].setWeight: '
        "Invalid value: 120: SetWeight needs to be between 0 and 100"
    )
    assert look.replica_sets == {}


async def test_a_mended_spec_goes_on(stage: Stage) -> None:
    await stage.create(rollout((weight(120),)))
    await stage.until(lambda look: look.phase == "Degraded")
    await stage.set_steps(weight(20))
    look = await stage.until(lambda look: look.is_settled(V1))
    assert look.condition("InvalidSpec") is None


async def test_a_broken_spec_in_mid_update_changes_nothing_that_runs(stage: Stage) -> None:
    await stage.deploy_routed(routed(STEPS))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    await stage.set_steps(weight(-1))
    await stage.until(lambda look: look.phase == "Degraded")
    await stage.sees_traffic({V1: 80, V2: 20})
    await stage.set_steps(*STEPS)
    look = await stage.until(lambda look: look.is_paused_at(1))
    assert look.canary_weight == "20"


async def test_a_missing_service_is_waited_for(stage: Stage) -> None:
    for manifest in (service(STABLE), ingress(), routed(STEPS)):
        await stage.create(manifest)
    look = await stage.until(lambda look: look.phase == "Degraded")
    assert f'spec.strategy.canary.canaryService: Invalid value: "{CANARY}"' in look.message
    assert f'service "{CANARY}" not found' in look.message
    await stage.create(service(CANARY))
    await stage.until(lambda look: look.is_settled(V1))


async def test_a_version_set_while_a_service_is_missing_is_not_forgotten(stage: Stage) -> None:
    await stage.deploy_routed(routed(STEPS))
    await stage.delete(SERVICE, CANARY)
    await stage.set_image(V2)
    await stage.until(lambda look: look.phase == "Degraded" and "not found" in look.message)
    await stage.create(service(CANARY))
    look = await stage.until(lambda look: look.is_paused_at(1))
    assert look.pods == {V1: 3, V2: 1}


async def test_a_missing_ingress_is_waited_for(stage: Stage) -> None:
    for manifest in (service(STABLE), service(CANARY), routed(STEPS)):
        await stage.create(manifest)
    look = await stage.until(lambda look: look.phase == "Degraded")
    assert f'ingress "{INGRESS}" not found' in look.message
    await stage.create(ingress())
    await stage.until(lambda look: look.is_settled(V1))


async def test_a_service_that_disappears_and_comes_back(stage: Stage) -> None:
    await stage.deploy_routed(routed(STEPS))
    await stage.delete(SERVICE, CANARY)
    await stage.until(lambda look: look.phase == "Degraded")
    await stage.create(service(CANARY))
    await stage.until(lambda look: look.is_healthy and look.services["canary"] == V1)


async def test_the_api_refuses_a_pod_template_in_its_own_words(stage: Stage) -> None:
    await stage.deploy(rollout(STEPS))
    await stage.edit(lambda spec: spec["template"]["spec"].update(restartPolicy="Never"))
    look = await stage.until(lambda look: look.phase == "Degraded")
    assert 'spec.template.spec.restartPolicy: Unsupported value: "Never"' in look.message
    look = await stage.stays(lambda look: look.phase == "Degraded", seconds=3)
    assert look.serving == {V1: 3}
    await stage.edit(lambda spec: spec["template"]["spec"].update(restartPolicy="Always"))
    await stage.until(lambda look: look.phase != "Degraded")


async def test_one_invalid_rollout_does_not_stop_another(stage: Stage) -> None:
    bad = rollout((weight(120),))
    bad["metadata"]["name"] = "bad"
    bad["spec"]["selector"] = {"matchLabels": {"app": "bad"}}
    await stage.create(bad)
    await stage.deploy(rollout(STEPS))
    await stage.set_image(V2)
    await stage.until(lambda look: look.is_paused_at(1))
    assert "InvalidSpec" in str((await stage.read(ROLLOUT, "bad"))["status"]["conditions"])
