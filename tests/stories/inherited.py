"""Clusters as Argo Rollouts leaves them: its versions, routes and statuses, in its own words, and nobody at work.

Versions have the names that it gives them, other ones than ours; every field of a status is filled as it fills it.
"""

import copy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

from serinus.api import keys, podhash
from serinus.api.kinds import ANALYSIS_RUN, ROLLOUT
from serinus.api.moments import timestamp
from serinus.api.patches import merged
from serinus.api.rollout import Rollout
from stories import manifests
from stories.look import Look
from stories.manifests import CANARY, NAME, STABLE, V1, V2, Manifest
from stories.stage import Stage

HASHES = {V1: "687d76d795", V2: "6cf78c66c5"}
"""The names that Argo Rollouts gives to versions; the same templates have others with us."""
REVISIONS = {V1: 1, V2: 2}
CANARY_INGRESS = f"{NAME}-{manifests.INGRESS}-canary"
_PREFIX = "nginx.ingress.kubernetes.io"

Phase = Literal["Healthy", "Paused", "Degraded", "Progressing"]


@dataclass(frozen=True)
class Inherited:
    """What is left of a Rollout; versions are named by their images, moments by their seconds from now."""

    rollout: Manifest
    sizes: dict[str, int]
    phase: Phase = "Healthy"
    message: str = ""
    stable: str = V1
    """The version that was last promoted."""
    step: int | None = None
    services: dict[str, str] = field(default_factory=dict)
    """Service → the version that it selects."""
    weight: int | None = None
    """Of the canary; None without a router."""
    deadlines: dict[str, float] = field(default_factory=dict)
    """Version → the end of its scale-down delay."""
    paused: float | None = None
    """When the pause began that the message names."""
    step_hash: str | None = None
    """The name of the steps; the one that Argo Rollouts 1.9 gives them where none is given."""
    canary: Manifest = field(default_factory=dict)
    """More of ``status.canary``."""
    more: Manifest = field(default_factory=dict)
    """More of the status."""
    new: str = V2
    """The version that is wanted."""
    runs: tuple[Manifest, ...] = ()
    """AnalysisRuns with their statuses."""
    others: tuple[Manifest, ...] = ()
    """What else is there."""
    injected: dict[str, Manifest] = field(default_factory=dict)
    """Version → what the controller has put into its ReplicaSet: a merge patch."""

    @property
    def is_blue_green(self) -> bool:
        """Whether the Rollout goes by blue-green."""
        return "blueGreen" in self.rollout["spec"]["strategy"]

    @property
    def is_by_ingress(self) -> bool:
        """Whether nginx splits the traffic."""
        return "nginx" in self.rollout["spec"]["strategy"]["canary"]["trafficRouting"]


async def leave(stage: Stage, left: Inherited) -> None:
    """Make everything as it was left, with all pods serving."""
    for manifest in left.others:
        await stage.create(copy.deepcopy(manifest))
    await stage.create(copy.deepcopy(left.rollout))
    found = await stage.read(ROLLOUT, NAME)
    for image, size in left.sizes.items():
        await stage.create(_owned(_replica_set(left, image, size, stage.now), found))
    for run in left.runs:
        await stage.create(_owned({key: run[key] for key in run if key != "status"}, found))
        await stage.patch(ANALYSIS_RUN, run["metadata"]["name"], {"status": run["status"]}, status=True)
    await stage.until(lambda look: _available(look) == left.sizes)
    for name, image in left.services.items():
        await stage.create(_service(name, image))
    if left.weight is not None and left.is_by_ingress:
        await stage.create(manifests.ingress())
        await stage.create(_owned(_canary_ingress(left.weight), found))
    status = _status(left, found["metadata"]["generation"], stage.now)
    await stage.patch(ROLLOUT, NAME, {"status": status}, status=True)


def analysis_run(suffix: str, kind: str, metric: Manifest, **status: Any) -> Manifest:
    """A run of the new version's, as Argo Rollouts makes it; ``suffix`` is its step, where it has one."""
    hash_, name = HASHES[V2], f"{NAME}-{HASHES[V2]}-2"
    labels = {"app": "myapp", keys.POD_TEMPLATE_HASH: hash_, keys.ROLLOUT_TYPE: kind}
    metadata = {
        "name": f"{name}-{suffix}" if suffix else name,
        "labels": labels | ({keys.STEP_INDEX: suffix} if suffix else {}),
        "annotations": {keys.REVISION: "2"},
    }
    spec = {"metrics": [metric]}
    summary = {"runSummary": {"count": 1, "successful": 1}, "dryRunSummary": {}}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AnalysisRun",
        "metadata": metadata,
        "spec": spec,
        "status": status | summary,
    }


def _available(look: Look) -> dict[str, int]:
    return {image: (item.get("status") or {}).get("availableReplicas", 0) for image, item in look.replica_sets.items()}


def _owned(manifest: Manifest, owner: Manifest) -> Manifest:
    references = [ROLLOUT.owner(NAME, owner["metadata"]["uid"])]
    return manifest | {"metadata": manifest["metadata"] | {"ownerReferences": references}}


def _replica_set(left: Inherited, image: str, size: int, now: datetime) -> Manifest:
    labels = {"app": "myapp", keys.POD_TEMPLATE_HASH: HASHES[image]}
    annotations = {keys.REVISION: str(REVISIONS[image]), keys.DESIRED_REPLICAS: str(left.rollout["spec"]["replicas"])}
    if image in left.deadlines:
        annotations[keys.SCALE_DOWN_DEADLINE] = timestamp(now + timedelta(seconds=left.deadlines[image]))
    template = manifests.template(image)
    template["metadata"]["labels"] = labels
    manifest = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {"name": f"{NAME}-{HASHES[image]}", "labels": labels, "annotations": annotations},
        "spec": {"replicas": size, "selector": {"matchLabels": labels}, "template": template},
    }
    return merged(manifest, left.injected.get(image, {}))


def _service(name: str, image: str) -> Manifest:
    manifest = manifests.service(name)
    manifest["spec"]["selector"][keys.POD_TEMPLATE_HASH] = HASHES[image]
    manifest["metadata"]["annotations"] = {keys.MANAGED_BY: NAME}
    return manifest


def _canary_ingress(weight: int) -> Manifest:
    """Under its name, with its annotations in its order."""
    manifest = manifests.ingress()
    (rule,) = manifest["spec"]["rules"]
    rule["http"]["paths"][0]["backend"]["service"]["name"] = CANARY
    annotations = {f"{_PREFIX}/canary": "true", f"{_PREFIX}/canary-weight": str(weight)}
    metadata = {"name": CANARY_INGRESS, "annotations": annotations | manifest["metadata"]["annotations"]}
    return manifest | {"metadata": metadata}


def _status(left: Inherited, generation: int, now: datetime) -> Manifest:
    sizes, active = left.sizes, left.services.get(STABLE, V1)
    total, served = sum(sizes.values()), sizes[active] if left.is_blue_green else sum(sizes.values())
    status: Manifest = {
        "HPAReplicas": served,
        "availableReplicas": served,
        "blueGreen": {},
        "canary": left.canary,
        "conditions": _conditions(left, now),
        "currentPodHash": HASHES[left.new],
        "observedGeneration": str(generation),
        "phase": left.phase,
        "readyReplicas": served,
        "replicas": total,
        "selector": "app=myapp",
        "stableRS": HASHES[left.stable],
        "updatedReplicas": sizes[left.new],
    }
    if left.message:
        status["message"] = left.message
    if left.phase == "Paused":
        began = timestamp(now + timedelta(seconds=left.paused or 0))
        status |= {"controllerPause": True, "pauseConditions": [{"reason": left.message, "startTime": began}]}
    if left.phase == "Degraded":
        status |= {"abort": True, "abortedAt": timestamp(now - timedelta(seconds=5))}
    return status | (_of_blue_green(left, active) if left.is_blue_green else _of_canary(left)) | left.more


def _of_blue_green(left: Inherited, active: str) -> Manifest:
    services = {"activeSelector": HASHES[active], "previewSelector": HASHES[left.services[CANARY]]}
    return {"selector": f"app=myapp,{keys.POD_TEMPLATE_HASH}={HASHES[active]}", "blueGreen": services}


def _of_canary(left: Inherited) -> Manifest:
    steps = msgspec.convert(left.rollout, Rollout).spec.strategy.canary.steps  # type: ignore[union-attr]
    status: Manifest = {"currentStepHash": left.step_hash or podhash.steps_hash(steps)}
    if steps:
        status["currentStepIndex"] = left.step
    if left.weight is not None:
        canary = {"podTemplateHash": HASHES[left.new], "serviceName": CANARY, "weight": left.weight}
        stable = {"podTemplateHash": HASHES[left.stable], "serviceName": STABLE, "weight": 100 - left.weight}
        status["canary"] = left.canary | {"weights": {"canary": canary, "stable": stable}}
    return status


def _conditions(left: Inherited, now: datetime) -> list[Manifest]:
    """In the order in which they last changed."""
    moment = timestamp(now - timedelta(seconds=60))
    times = {"lastUpdateTime": moment, "lastTransitionTime": moment}
    is_paused = left.phase == "Paused"
    said = [
        ("Available", "True", "AvailableReason", "Rollout has minimum availability"),
        ("Paused", str(is_paused), "RolloutPaused", "Rollout is paused"),
        ("Healthy", str(left.phase == "Healthy"), "RolloutHealthy", _HEALTHY[left.phase == "Healthy"]),
        ("Completed", str(left.new == left.stable), "RolloutCompleted", "RolloutCompleted"),
        ("Progressing", *_progressing(left)),
    ]
    keys_of = ("type", "status", "reason", "message")
    return [dict(zip(keys_of, item, strict=True)) | times for item in said]


def _progressing(left: Inherited) -> tuple[str, str, str]:
    name = f"{NAME}-{HASHES[left.new]}"
    return {
        "Healthy": ("True", "NewReplicaSetAvailable", f'ReplicaSet "{name}" has successfully progressed.'),
        "Paused": ("Unknown", "RolloutPaused", "Rollout is paused"),
        "Degraded": ("False", "RolloutAborted", left.message.partition(": ")[2]),
        "Progressing": ("True", "ReplicaSetUpdated", f'ReplicaSet "{name}" is progressing.'),
    }[left.phase]


_HEALTHY = {True: "Rollout is healthy", False: "Rollout is not healthy"}
