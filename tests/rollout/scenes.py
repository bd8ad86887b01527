"""Sights of a cluster, made by hand."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from serinus.api import keys, podhash
from serinus.api.kinds import INGRESS
from serinus.api.meta import ObjectMeta
from serinus.api.rollout import Rollout
from serinus.api.workload import Foreign, ReplicaSet, Service
from serinus.plan import Plan, Ref, Seen
from serinus.rollout.decide import plan_rollout
from serinus.rollout.target import canary_of
from serinus.traffic.nginx import Nginx
from stories import manifests

ROUTERS = (Nginx(),)
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
UID = "11111111-2222-3333-4444-555555555555"
NAMESPACE = "shop"

Manifest = dict[str, Any]


def rollout(manifest: Manifest | None = None, *, generation: int = 1, **status: Any) -> Rollout:
    """A Rollout as the API gives it, with a status in the words of the wire."""
    manifest = manifest or manifests.rollout()
    given = {"namespace": NAMESPACE, "uid": UID, "generation": generation}
    return msgspec.convert(manifest | {"metadata": manifest["metadata"] | given, "status": status}, Rollout)


def hash_of(image: str) -> str:
    return podhash.template_hash(manifests.template(image))


def replica_set(image: str, pods: int, available: int | None = None, **fields: Any) -> ReplicaSet:
    """A version of which the pods serve, all of them unless it is said how many."""
    revision = fields.pop("revision", 1)
    hash_ = hash_of(image)
    labels = {"app": "myapp", keys.POD_TEMPLATE_HASH: hash_}
    owner = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": manifests.NAME, "uid": UID}
    annotations = {
        keys.REVISION: str(revision),
        keys.DESIRED_REPLICAS: str(fields.pop("desired", 3)),
        keys.POD_HASH_VERSION: podhash.VERSION,
    }
    template = manifests.template(image)
    template["metadata"]["labels"] = labels
    manifest = {
        "metadata": {
            "name": f"{manifests.NAME}-{hash_}",
            "namespace": NAMESPACE,
            "uid": f"uid-of-{image}",
            "generation": 1,
            "creationTimestamp": f"2026-01-01T00:00:{revision:02d}Z",
            "labels": labels,
            "annotations": annotations | fields.pop("annotations", {}),
            "ownerReferences": fields.pop("owners", [owner | {"controller": True}]),
        },
        "spec": {"replicas": pods, "selector": {"matchLabels": labels}, "template": template},
        "status": {
            "replicas": fields.pop("exist", pods),
            "availableReplicas": pods if available is None else available,
            "readyReplicas": pods if available is None else available,
            "observedGeneration": fields.pop("observed", 1),
            "conditions": fields.pop("conditions", []),
        },
    }
    assert not fields, f"unknown: {fields}"
    return msgspec.convert(manifest, ReplicaSet)


def service(name: str, image: str = "", *, managed_by: str = manifests.NAME) -> Service:
    """A Service that selects a version, or none."""
    manifest = manifests.service(name)
    if image:
        manifest["spec"]["selector"][keys.POD_TEMPLATE_HASH] = hash_of(image)
        manifest["metadata"]["annotations"] = {keys.MANAGED_BY: managed_by}
    return msgspec.convert(manifest, Service)


def foreign(manifest: Manifest) -> Foreign:
    return Foreign(metadata=msgspec.convert(manifest["metadata"], ObjectMeta), raw=manifest)


def ingresses(*items: Manifest) -> dict[Ref, Foreign]:
    return {Ref(INGRESS, NAMESPACE, item["metadata"]["name"]): foreign(item) for item in items}


def routed_scene(seen_rollout: Rollout, *sets: ReplicaSet, stable: str = "", canary: str = "") -> Seen:
    """A routed Rollout with its Services and its Ingress."""
    services = {
        manifests.STABLE: service(manifests.STABLE, stable),
        manifests.CANARY: service(manifests.CANARY, canary),
    }
    return Seen(rollout=seen_rollout, replica_sets=sets, services=services, objects=ingresses(manifests.ingress()))


def updating(image: str, stable: str, **status: Any) -> dict[str, Any]:
    """The status of a Rollout that goes from one version to another."""
    return {"currentPodHash": hash_of(image), "stableRS": hash_of(stable)} | status


def with_steps_hash(item: Rollout) -> Rollout:
    """The same, with the status knowing its steps: the update goes on instead of beginning."""
    status = msgspec.structs.replace(item.status, current_step_hash=podhash.steps_hash(canary_of(item).steps))
    return msgspec.structs.replace(item, status=status)


def plan(seen: Seen, now: datetime = NOW) -> Plan:
    return plan_rollout(seen, now, ROUTERS)
