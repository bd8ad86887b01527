"""A Rollout that takes its pods from a Deployment, and takes over from it."""

from collections import Counter

import pytest

from serinus.api.kinds import DEPLOYMENT, POD_TEMPLATE
from stories.look import Look
from stories.manifests import INGRESS, NAME, V1, V2, Manifest, around, pause, rollout, routed, template, weight
from stories.stage import Stage

STEPS = (weight(50), pause())


def deployment(replicas: int = 2) -> Manifest:
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": "myapp"}}, "template": template(V1)}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec}


def referring(manifest: Manifest, scale_down: str = "never", kind: str = "Deployment") -> Manifest:
    """A Rollout without a template and a selector of its own."""
    del manifest["spec"]["template"]
    if kind == "Deployment":
        del manifest["spec"]["selector"]
    version = "v1" if kind == "PodTemplate" else "apps/v1"
    manifest["spec"]["workloadRef"] = {"apiVersion": version, "kind": kind, "name": "web", "scaleDown": scale_down}
    return manifest


def pods(look: Look) -> Counter[str]:
    """How many pods serve for the Deployment, and for the Rollout."""
    owners = {
        item["metadata"]["name"]: item["metadata"]["ownerReferences"][0]["kind"] for item in look.kind("ReplicaSet")
    }
    alive = [pod for pod in look.kind("Pod") if "deletionTimestamp" not in pod["metadata"] and is_ready(pod)]
    return Counter(owners[pod["metadata"]["ownerReferences"][0]["name"]] for pod in alive)


def is_ready(pod: Manifest) -> bool:
    found = pod.get("status", {}).get("conditions") or []
    return any((item["type"], item["status"]) == ("Ready", "True") for item in found)


async def set_image_of_deployment(stage: Stage, image: str) -> None:
    manifest = await stage.read(DEPLOYMENT, "web")
    manifest["spec"]["template"]["spec"]["containers"][0]["image"] = image
    await stage.patch(DEPLOYMENT, "web", {"spec": {"template": manifest["spec"]["template"]}})


async def deploy(stage: Stage, manifest: Manifest) -> Look:
    """Create the Deployment, let it serve, and then the Rollout beside it."""
    for item in (*around(), deployment()):
        await stage.create(item)
    await stage.until(lambda look: pods(look) == {"Deployment": 2})
    await stage.create(manifest)
    return await stage.until(lambda look: look.is_healthy and all(look.services.values()))


async def test_pods_of_the_deployment_go_when_the_rollout_carries_everything(stage: Stage) -> None:
    look = await deploy(stage, referring(routed(STEPS, replicas=2), "onsuccess"))
    assert pods(look)["Rollout"] == 2
    look = await stage.until(lambda look: pods(look) == {"Rollout": 2})
    assert look.kind("Deployment")[0]["spec"]["replicas"] == 0
    assert look.kind("Deployment")[0]["metadata"]["annotations"]["rollout.serinus.dev/replicas-before"] == "2"
    await stage.sees_traffic({V1: 100})


async def test_pods_of_the_deployment_go_one_by_one_as_those_of_the_rollout_come(stage: Stage) -> None:
    await stage.create(deployment())
    await stage.until(lambda look: pods(look) == {"Deployment": 2})
    await stage.create(referring(rollout(STEPS, replicas=2), "progressively"))
    await stage.until(lambda look: pods(look)["Deployment"] < 2)
    await stage.until(lambda look: look.is_healthy and pods(look) == {"Rollout": 2})


async def test_pods_of_the_deployment_may_stay(simulated_stage: Stage) -> None:
    stage = simulated_stage
    await deploy(stage, referring(routed(STEPS, replicas=2)))
    await stage.stays(lambda look: pods(look) == {"Deployment": 2, "Rollout": 2}, seconds=30)


async def test_a_deployment_that_is_scaled_up_again_after_an_update_is_left_alone(simulated_stage: Stage) -> None:
    stage = simulated_stage
    await deploy(stage, referring(routed((weight(50),), replicas=2, scaleDownDelaySeconds=1), "onsuccess"))
    await stage.until(lambda look: pods(look) == {"Rollout": 2})
    await set_image_of_deployment(stage, V2)
    await stage.until(lambda look: look.is_healthy and look.serving == {V2: 2})
    await stage.patch(DEPLOYMENT, "web", {"spec": {"replicas": 1}})
    await stage.until(lambda look: pods(look) == {"Deployment": 1, "Rollout": 2})
    await stage.stays(lambda look: pods(look) == {"Deployment": 1, "Rollout": 2}, seconds=30)


async def test_a_change_of_the_deployment_is_an_update_of_the_rollout(stage: Stage) -> None:
    await deploy(stage, referring(routed(STEPS, replicas=2, scaleDownDelaySeconds=3), "onsuccess"))
    await stage.until(lambda look: pods(look) == {"Rollout": 2})
    await set_image_of_deployment(stage, V2)
    look = await stage.until(lambda look: look.is_paused_at(1))
    generation = str(look.kind("Deployment")[0]["metadata"]["generation"])
    assert look.rollout.status.workload_observed_generation == generation
    assert look.rollout.metadata.annotations["rollout.argoproj.io/workload-generation"] == generation
    await stage.sees_traffic({V1: 50, V2: 50})
    await stage.promote()
    await stage.until(lambda look: look.is_healthy and look.serving == {V2: 2} and look.ingresses == {INGRESS})


async def test_a_rollout_waits_for_its_workload(stage: Stage) -> None:
    await stage.create(referring(rollout(replicas=1)))
    look = await stage.until(lambda look: look.phase == "Degraded")
    assert look.message.endswith('spec.workloadRef.name: Invalid value: "web": deployments.apps "web" not found')
    await stage.create(deployment(0))
    look = await stage.until(lambda look: look.is_healthy)
    assert look.pods == {V1: 1}


@pytest.mark.parametrize("kind", ["PodTemplate", "ReplicaSet"])
async def test_pods_may_be_those_of_a_pod_template_or_a_replica_set(stage: Stage, kind: str) -> None:
    labels = {"app": "myapp"}
    if kind == "PodTemplate":
        source: Manifest = {"apiVersion": "v1", "kind": kind, "metadata": {"name": "web"}, "template": template(V1)}
    else:
        spec = {"replicas": 0, "selector": {"matchLabels": labels}, "template": template(V1)}
        source = {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "web"}, "spec": spec}
    await stage.create(source)
    await stage.create(referring(rollout(replicas=2), kind=kind))
    look = await stage.until(lambda look: look.is_healthy)
    assert look.pods == {V1: 2}
    assert look.rollout.metadata.name == NAME
    if kind == "PodTemplate":
        manifest = await stage.read(POD_TEMPLATE, "web")
        manifest["template"]["spec"]["containers"][0]["image"] = V2
        await stage.patch(POD_TEMPLATE, "web", {"template": manifest["template"]})
        await stage.until(lambda look: look.is_healthy and look.pods == {V2: 2})
