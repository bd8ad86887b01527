"""What there is before, during and after a handover."""

from collections.abc import Iterable
from typing import Any

import msgspec

from serinus.api.deployment import Autoscaler, Deployment
from serinus.api.rollout import Rollout
from serinus.api.workload import Service
from serinus.handover import Act, Rest, Step
from serinus.plan import Write

HASH = "6f5"
TEMPLATE = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "web:1"}]}}
NEWER = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "web:2"}]}}


def deployment(replicas: int = 3, **more: Any) -> Deployment:
    """A Deployment whose pods serve; counts and fields of its spec may be otherwise."""
    counts = {
        "observedGeneration": more.pop("observed", 7),
        "replicas": more.pop("total", replicas),
        "updatedReplicas": more.pop("updated", replicas),
        "availableReplicas": more.pop("available", replicas),
        "readyReplicas": replicas,
    }
    metadata = {"name": "web", "namespace": "prod", "generation": 7, "annotations": more.pop("annotations", {})}
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": "web"}}, "template": TEMPLATE, **more}
    return msgspec.convert({"metadata": metadata, "spec": spec, "status": counts}, Deployment)


def rollout(**more: Any) -> Rollout:
    """A healthy Rollout that has its pods from the Deployment; facts of the status, and the spec, may be otherwise."""
    reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "scaleDown": "onsuccess"}
    spec = {"replicas": 3, "workloadRef": reference, "strategy": {"canary": {}}} | more.pop("spec", {})
    status = {
        "phase": more.pop("phase", "Healthy"),
        "message": more.pop("message", ""),
        "observedGeneration": str(more.pop("observed", 2)),
        "workloadObservedGeneration": str(more.pop("seen", 7)),
        "availableReplicas": more.pop("available", 3),
        "replicas": more.pop("total", 3),
        "updatedReplicas": 3,
        "stableRS": more.pop("stable", HASH),
        "currentPodHash": more.pop("current", HASH),
        "conditions": more.pop("conditions", []),
    }
    metadata = {"name": "web", "namespace": "prod", "uid": "u-1", "generation": 2, **more}
    return msgspec.convert({"metadata": metadata, "spec": spec, "status": status}, Rollout)


def autoscaler(kind: str = "Deployment", name: str = "web") -> Autoscaler:
    version = "apps/v1" if kind == "Deployment" else "argoproj.io/v1alpha1"
    target = {"apiVersion": version, "kind": kind, "name": name}
    metadata = {"name": "load", "namespace": "prod", "resourceVersion": "9"}
    return msgspec.convert({"metadata": metadata, "spec": {"scaleTargetRef": target}}, Autoscaler)


def service(name: str = "web", hash_: str = HASH) -> Service:
    selector = {"app": "web"} | ({"rollouts-pod-template-hash": hash_} if hash_ else {})
    metadata = {"name": name, "namespace": "prod", "resourceVersion": "4"}
    return msgspec.convert({"metadata": metadata, "spec": {"selector": selector}}, Service)


def writes_of(step: Step) -> Iterable[Write]:
    assert isinstance(step, Act | Rest), step
    return step.writes if isinstance(step, Act) else step.then.writes


def kinds_of(step: Step) -> list[str]:
    """What a step writes to."""
    return [write.ref.kind.kind for write in writes_of(step)]
