"""The states in which Argo Rollouts leaves Rollouts, one function each."""

from typing import Any

from serinus.api import keys
from serinus.api.kinds import EXPERIMENT, GROUP_VERSION, ROLLOUT
from serinus.api.moments import timestamp
from stories.inherited import HASHES, Inherited, analysis_run
from stories.manifests import (
    CANARY,
    NAME,
    STABLE,
    V1,
    V2,
    Manifest,
    analyse,
    analysis,
    pause,
    rollout,
    routed,
    service,
    template,
    weight,
)
from stories.meshes import TO_SUBSETS, destination_rule, meshed, to, virtual_service
from stories.stage import Stage
from stories.test_blue_green import blue_green
from stories.test_workload_ref import deployment, referring

STEPS = (weight(20), pause(), weight(60), pause(1))
ANALYSED = (weight(20), analyse("slow"), weight(60), pause())
ENDLESS = {"interval": "1s"}
BOTH, APART = {STABLE: V2, CANARY: V2}, {STABLE: V1, CANARY: V2}
UNFINISHED = "more replicas need to be updated"
STARTED = "2026-01-02T03:04:00Z"
ABORTED = "RolloutAborted: Rollout aborted update to revision 2"
LONG = {"interval": "1s", "count": 600}
RUNNING = {"phase": "Running", "startedAt": STARTED}
DONE = {"sizes": {V1: 0, V2: 3}, "stable": V2, "step": len(STEPS), "phase": "Healthy", "message": ""}


def finished(**changes: Any) -> Inherited:
    """Through nginx: all steps are done, and the canary Ingress is kept at weight 0."""
    fields = {"sizes": {V1: 0, V2: 3}, "stable": V2, "step": len(STEPS), "services": BOTH, "weight": 0}
    fields |= {"rollout": routed(STEPS, image=V2, scaleDownDelaySeconds=3)}
    return Inherited(**fields | changes)


def paused(steps: tuple[Manifest, ...] = STEPS, **changes: Any) -> Inherited:
    """Through nginx: at the first pause."""
    canary = {"scaleDownDelaySeconds": 3, "abortScaleDownDelaySeconds": 3} | changes.pop("strategy", {})
    fields = {"sizes": {V1: 3, V2: 1}, "phase": "Paused", "message": "CanaryPauseStep", "paused": -30}
    fields |= {"step": 1, "services": APART, "weight": 20, "rollout": routed(steps, image=V2, **canary)}
    return Inherited(**fields | changes)


def analysed(*runs: Manifest, **changes: Any) -> Inherited:
    """Through nginx: the second step, an analysis, goes on."""
    (run, *_) = runs
    found = {"name": run["metadata"]["name"], "status": run["status"]["phase"]}
    fields = {"canary": {"currentStepAnalysisRunStatus": found}, "runs": runs, "phase": "Progressing"}
    fields |= {"message": UNFINISHED, "others": (analysis("slow", **LONG),)}
    return paused(ANALYSED, **fields | changes)


def metric(name: str, **fields: Any) -> Manifest:
    found: Manifest = analysis(name, **fields)["spec"]["metrics"][0]
    return found


def watched(**changes: Any) -> Inherited:
    """Through nginx: at the first pause, while a background analysis goes on; an earlier one of a step is done."""
    run = analysis_run("", "Background", metric("watch", **ENDLESS), **RUNNING)
    done = analysis_run("0", "Step", metric("quick"), phase="Successful", startedAt=STARTED, completedAt=STARTED)
    found = {"name": run["metadata"]["name"], "status": "Running"}
    strategy = {"analysis": {"templates": [{"templateName": "watch"}]}}
    fields = {"canary": {"currentBackgroundAnalysisRunStatus": found}, "runs": (run, done), "strategy": strategy}
    return paused(**fields | {"others": (analysis("watch", **ENDLESS), analysis("quick"))} | changes)


def aborted(**changes: Any) -> Inherited:
    """Through nginx: traffic is back, and the pods of the new version wait for their end."""
    fields = {"phase": "Degraded", "message": ABORTED, "step": 0, "services": {STABLE: V1, CANARY: V1}, "weight": 0}
    return paused(**fields | {"deadlines": {V2: 20}} | changes)


def by_pods(**changes: Any) -> Inherited:
    """By the ratio of pods: at the first pause."""
    manifest = rollout(STEPS, replicas=5, image=V2)
    return paused(**{"rollout": manifest, "sizes": {V1: 4, V2: 1}, "services": {}, "weight": None} | changes)


def awaiting(**changes: Any) -> Inherited:
    """Blue-green: until somebody promotes."""
    manifest = blue_green(autoPromotionEnabled=False)
    manifest["spec"]["template"]["spec"]["containers"][0]["image"] = V2
    fields = {"sizes": {V1: 2, V2: 2}, "phase": "Paused", "message": "BlueGreenPause", "paused": -30}
    return Inherited(manifest, **fields | {"services": APART} | changes)


def marked() -> Inherited:
    """Ephemeral metadata are in templates and pods, and a rule that keeps versions apart in the new one."""
    strategy = {
        "canaryMetadata": {"labels": {"part": "canary"}},
        "stableMetadata": {"labels": {"part": "stable"}},
        "antiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {}},
    }
    expression = {"key": keys.POD_TEMPLATE_HASH, "operator": "In", "values": [HASHES[V1]]}
    term = {
        "labelSelector": {"matchExpressions": [expression]},
        "namespaces": ["shop"],
        "topologyKey": "kubernetes.io/hostname",
    }
    rule = {"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}}
    injected = {V1: part("stable"), V2: part("canary")}
    injected[V2]["spec"]["template"]["spec"] = rule
    return paused(strategy=strategy, injected=injected)


def part(name: str) -> Manifest:
    note = f'{{"labels":{{"part":"{name}"}}}}'
    template = {"metadata": {"labels": {"part": name}}}
    return {"metadata": {"annotations": {keys.EPHEMERAL_METADATA: note}}, "spec": {"template": template}}


def restarted() -> Inherited:
    """All pods were restarted at somebody's wish, which still stands in the spec."""
    left = finished(more={"restartedAt": STARTED})
    left.rollout["spec"]["restartAt"] = STARTED
    return left


def referred() -> Inherited:
    """The pods are those of a Deployment, which has none any more."""
    manifest = referring(routed(STEPS, image=V2), "onsuccess")
    manifest["metadata"]["annotations"] = {keys.WORKLOAD_GENERATION: "1"}
    workload = deployment(replicas=0)
    workload["spec"]["template"]["spec"]["containers"][0]["image"] = V2
    return finished(rollout=manifest, others=(workload,), more={"workloadObservedGeneration": "1"})


def through_services(share: int, **changes: Any) -> Inherited:
    """Through Istio, by two Services."""
    site = virtual_service(to(STABLE, 100 - share), to(CANARY, share))
    return paused(**{"rollout": of_version(V2, meshed(STEPS)), "others": (site,), "weight": share} | changes)


def through_one_service(share: int, **changes: Any) -> Inherited:
    """Through Istio, by two subsets of one Service."""
    rule, images = destination_rule("other"), {"stable": changes.get("stable", V1), "canary": V2}
    rule["metadata"]["annotations"] = {keys.MANAGED_BY: NAME}
    for subset in rule["spec"]["subsets"]:
        if subset["name"] in images:
            subset["labels"][keys.POD_TEMPLATE_HASH] = HASHES[images[subset["name"]]]
    site = virtual_service(to("myapp", 100 - share, "stable"), to("myapp", share, "canary"))
    manifest = of_version(V2, rollout(STEPS, trafficRouting=TO_SUBSETS, scaleDownDelaySeconds=3))
    fields = {"rollout": manifest, "others": (site, rule, service("myapp")), "services": {}, "weight": share}
    return paused(**fields | changes)


def of_version(image: str, manifest: Manifest) -> Manifest:
    manifest["spec"]["template"] = template(image)
    return manifest


async def leave_experiment(stage: Stage, name: str) -> None:
    """An Experiment as Argo Rollouts leaves it: it runs since now."""
    owner = await stage.read(ROLLOUT, NAME)
    metadata = {"name": name, "labels": {keys.POD_TEMPLATE_HASH: HASHES[V2]}, "annotations": {keys.REVISION: "2"}}
    metadata["ownerReferences"] = [ROLLOUT.owner(NAME, owner["metadata"]["uid"])]
    trial = {"name": "trial", "replicas": 1, "selector": {"matchLabels": {"app": "myapp"}}, "template": template(V2)}
    spec = {"duration": "20s", "templates": [trial]}
    await stage.create({"apiVersion": GROUP_VERSION, "kind": "Experiment", "metadata": metadata, "spec": spec})
    labels = {"app": "myapp", keys.POD_TEMPLATE_HASH: "85f7cf5fc7"}
    made = {"name": f"{name}-trial", "labels": labels}
    made["annotations"] = {keys.EXPERIMENT: name, keys.EXPERIMENT_TEMPLATE: "trial"}
    owner = await stage.read(EXPERIMENT, name)
    made["ownerReferences"] = [EXPERIMENT.owner(name, owner["metadata"]["uid"])]
    pod = template(V2) | {"metadata": {"labels": labels}}
    body = {"replicas": 1, "selector": {"matchLabels": labels}, "template": pod}
    await stage.create({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": made, "spec": body})
    await stage.until(lambda look: look.serving[V2] == 2)
    counts = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), 1)
    moment = timestamp(stage.now)
    fleet = {"name": "trial", "status": "Running", "lastTransitionTime": moment, "podTemplateHash": "85f7cf5fc7"}
    status = {"phase": "Running", "availableAt": moment, "templateStatuses": [fleet | counts]}
    await stage.patch(EXPERIMENT, name, {"status": status}, status=True)
