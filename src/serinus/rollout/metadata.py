"""Names, labels, annotations and revisions of ReplicaSets."""

from typing import Any

from msgspec import to_builtins

from serinus.api import keys, podhash
from serinus.api.kinds import REPLICA_SET
from serinus.api.meta import labels_of
from serinus.api.rollout import Rollout
from serinus.api.scalar import Manifest
from serinus.api.workload import ReplicaSet

_NOT_COPIED = {
    keys.LAST_APPLIED,
    keys.REVISION,
    keys.REVISION_HISTORY,
    keys.DESIRED_REPLICAS,
    keys.NOTIFIED,
    keys.WORKLOAD_GENERATION,
}


def next_revision(others: tuple[ReplicaSet, ...]) -> int:
    """The number of a version that is to be the newest."""
    return 1 + max((item.revision for item in others), default=0)


def bare_manifest(rollout: Rollout, hash_: str) -> Manifest:
    """A ReplicaSet of the wanted template, without anything that changes over time."""
    template: dict[str, Any] = dict(rollout.spec.template or {})
    labels = labels_of(template) | {keys.POD_TEMPLATE_HASH: hash_}
    template["metadata"] = dict(template.get("metadata") or {}) | {"labels": labels}
    selector = to_builtins(rollout.spec.selector) or {}
    selector["matchLabels"] = selector.get("matchLabels", {}) | {keys.POD_TEMPLATE_HASH: hash_}
    return {
        "apiVersion": REPLICA_SET.api_version,
        "kind": REPLICA_SET.kind,
        "metadata": {
            "name": f"{rollout.name}-{hash_}",
            "namespace": rollout.metadata.namespace,
            "labels": labels,
            "ownerReferences": [rollout.owner_reference],
        },
        "spec": {
            "replicas": 0,
            "minReadySeconds": rollout.spec.min_ready_seconds,
            "selector": selector,
            "template": template,
        },
    }


def new_manifest(rollout: Rollout, hash_: str, *, replicas: int, revision: int) -> Manifest:
    """The ReplicaSet of the wanted template as it is created."""
    manifest = bare_manifest(rollout, hash_)
    manifest["metadata"]["annotations"] = {
        **copied_annotations(rollout),
        keys.REVISION: str(revision),
        keys.DESIRED_REPLICAS: str(rollout.replicas),
        keys.POD_HASH_VERSION: podhash.VERSION,
    }
    manifest["spec"]["replicas"] = replicas
    return manifest


def copied_annotations(rollout: Rollout) -> dict[str, str]:
    """The Rollout's annotations that its new ReplicaSet carries too."""
    return {key: value for key, value in rollout.metadata.annotations.items() if key not in _NOT_COPIED}


def renewed_annotations(rollout: Rollout, item: ReplicaSet, revision: int) -> dict[str, str]:
    """The annotations that the current ReplicaSet should have; those that it has besides stay.

    When an older version becomes current again, its earlier number joins the history.
    """
    annotations = copied_annotations(rollout)
    if item.revision < revision:
        annotations[keys.REVISION] = str(revision)
        if item.revision > 0:
            earlier = item.metadata.annotations.get(keys.REVISION_HISTORY, "")
            annotations[keys.REVISION_HISTORY] = ",".join(filter(None, [earlier, str(item.revision)]))
    return annotations
