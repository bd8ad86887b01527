"""Deployments: each keeps one ReplicaSet for its template, and lets the older ones go once that serves."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

from serinus.api.kinds import DEPLOYMENT, REPLICA_SET
from serinus.api.podhash import template_hash
from serinus.api.scalar import Manifest
from serinus.plan import Ref
from serinus.world.delays import Delays
from serinus.world.gap import Gap
from serinus.world.server import Server

_HASH = "pod-template-hash"


def deploying(server: Server, delays: Delays) -> Iterator[Gap]:
    """Deployments whose ReplicaSets are not as they should be."""
    for ref, owner in server.list(DEPLOYMENT):
        wanted = Ref(REPLICA_SET, ref.namespace, f"{ref.name}-{template_hash(owner['spec']['template'])}")
        found = server.find(wanted)
        if found is None:
            yield Gap(("deploy", ref.name), partial(_create, server, wanted, owner), delays.controllers)
        elif found["spec"]["replicas"] != owner["spec"]["replicas"]:
            yield Gap(("resize", ref.name), partial(_resize, server, wanted, owner), delays.controllers)
        elif found.get("status", {}).get("availableReplicas", 0) >= owner["spec"]["replicas"]:
            yield from (
                Gap(("retire", old.name), partial(_retire, server, old), delays.controllers)
                for old, item in server.list(REPLICA_SET, ref.namespace)
                if old != wanted and _is_owned(item, owner) and item["spec"]["replicas"]
            )


def _create(server: Server, ref: Ref, owner: Manifest, now: datetime) -> None:
    template: dict[str, Any] = owner["spec"]["template"]
    labels = (template.get("metadata") or {}).get("labels", {}) | {_HASH: ref.name.rpartition("-")[2]}
    reference = {"apiVersion": DEPLOYMENT.api_version, "kind": DEPLOYMENT.kind, "name": owner["metadata"]["name"]}
    reference |= {"uid": owner["metadata"]["uid"], "controller": True}
    spec = {
        "replicas": owner["spec"]["replicas"],
        "selector": {"matchLabels": labels},
        "template": template | {"metadata": {"labels": labels}},
    }
    manifest = {
        "apiVersion": REPLICA_SET.api_version,
        "kind": REPLICA_SET.kind,
        "metadata": {"labels": labels, "ownerReferences": [reference]},
        "spec": spec,
    }
    server.create(ref, manifest, now)


def _resize(server: Server, ref: Ref, owner: Manifest, now: datetime) -> None:  # noqa: ARG001
    server.patch(ref, {"spec": {"replicas": owner["spec"]["replicas"]}})


def _retire(server: Server, ref: Ref, now: datetime) -> None:  # noqa: ARG001
    server.patch(ref, {"spec": {"replicas": 0}})


def _is_owned(item: Manifest, owner: Manifest) -> bool:
    return any(entry["uid"] == owner["metadata"]["uid"] for entry in item["metadata"].get("ownerReferences") or [])
