"""What a cluster says, written as YAML."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import yaml

from serinus.local.gateways.objects import EndpointSlice, Found, Ingress, IngressClass, Pod, Service

Kinds = Mapping[str, tuple[str, type[Any]]]
"""Per kind the field of the snapshot, and the type of its objects."""

FOUND: Kinds = {
    "Ingress": ("ingresses", Ingress),
    "IngressClass": ("classes", IngressClass),
    "Service": ("services", Service),
    "EndpointSlice": ("slices", EndpointSlice),
    "Pod": ("pods", Pod),
}


def read(documents: Iterable[str], kinds: Kinds) -> dict[str, tuple[Any, ...]]:
    """Read objects field by field; the namespace is `default` where none is given."""
    fields: dict[str, list[Any]] = {name: [] for name, _ in kinds.values()}
    for document in filter(None, yaml.safe_load_all("\n---\n".join(documents))):
        name, kind = kinds[document["kind"]]
        document["metadata"].setdefault("namespace", "default")
        fields[name].append(msgspec.convert(document, kind))
    return {name: tuple(items) for name, items in fields.items()}


def read_found(text: str) -> Found:
    """Read what Ingresses depend on."""
    return Found(**read([text], FOUND))


def service(name: str, *pods: tuple[str, str], namespace: str = "default") -> str:
    """Write a Service with one port, 80, and its pods: name and address of each, labelled by name."""
    targets = ", ".join(
        f"{{addresses: [10.64.0.1], targetRef: {{kind: Pod, name: {pod}, namespace: {namespace}}}}}" for pod, _ in pods
    )
    documents = [
        f"kind: Service\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec: {{ports: [{{port: 80}}]}}",
        (
            f"kind: EndpointSlice\nmetadata: {{name: {name}-1, namespace: {namespace},"
            f" labels: {{kubernetes.io/service-name: {name}}}}}\nports: [{{port: 80}}]\nendpoints: [{targets}]"
        ),
        *(
            f"kind: Pod\nmetadata: {{name: {pod}, namespace: {namespace}, labels: {{version: {pod}}},"
            f' annotations: {{local.serinus.dev/listens: \'{{"80": "{address}"}}\'}}}}'
            for pod, address in pods
        ),
    ]
    return "\n---\n".join(documents)
