"""What the API fills in, and what it refuses: the part of its rules that decisions meet."""

from typing import Any

from serinus.api.kinds import REPLICA_SET
from serinus.api.meta import LabelSelector, labels_of
from serinus.api.scalar import Manifest
from serinus.plan import Ref


def with_defaults(ref: Ref, manifest: Manifest) -> Manifest:
    """The object with the API's defaults (apps/v1: ``replicas`` and the pod's ``restartPolicy``)."""
    if ref.kind != REPLICA_SET:
        return manifest
    spec = {"replicas": 1} | manifest.get("spec", {})
    template = spec.get("template", {})
    pod = {"restartPolicy": "Always"} | template.get("spec", {})
    return manifest | {"spec": spec | {"template": template | {"spec": pod}}}


def complaint(ref: Ref, manifest: Manifest) -> str:
    """What is wrong with an object, in the API's words; empty when nothing is."""
    if ref.kind != REPLICA_SET:
        return ""
    spec = manifest["spec"]
    if spec["replicas"] < 0:
        return f"spec.replicas: Invalid value: {spec['replicas']}: must be greater than or equal to 0"
    template = spec.get("template", {})
    labels = spec.get("selector", {}).get("matchLabels", {})
    if not LabelSelector(match_labels=labels).matches(labels_of(template)):
        return "spec.template.metadata.labels: Invalid value: `selector` does not match template `labels`"
    return _of_pod(template["spec"])


def _of_pod(pod: dict[str, Any]) -> str:
    path = "spec.template.spec"
    if pod["restartPolicy"] != "Always":
        return f'{path}.restartPolicy: Unsupported value: "{pod["restartPolicy"]}": supported values: "Always"'
    containers = pod.get("containers") or []
    if not containers:
        return f"{path}.containers: Required value"
    for index, container in enumerate(containers):
        for name in ("name", "image"):
            if not container.get(name):
                return f"{path}.containers[{index}].{name}: Required value"
    return ""
