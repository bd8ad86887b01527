"""The splits in canary Ingresses."""

from traffic.cases import Objects
from traffic.layers import Split, raw


def splits(found: Objects) -> list[Split]:
    notes = [item["metadata"].get("annotations", {}) for item in raw(found, "Ingress")]
    weights = [note["nginx.ingress.kubernetes.io/canary-weight"] for note in notes if len(note) > 2]
    return [(int(weight), 100 - int(weight)) for weight in weights]
