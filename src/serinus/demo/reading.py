"""What `kubectl get -o json` prints, reduced to what a row shows."""

from collections.abc import Mapping

import msgspec
from msgspec import Struct, field

from serinus.api import keys
from serinus.api.scalar import Manifest
from serinus.api.workload import ReplicaSet, Service
from serinus.demo.sight import image
from serinus.demo.weights import weights_of

KINDS = ("ingresses", "services", "replicasets")
"""What kubectl is asked for."""
MESH_KINDS = (*KINDS, "virtualservices")
"""What it is asked for where there is a mesh."""


class Size(Struct, frozen=True):
    """The pods of a version."""

    wanted: int
    there: int
    available: int


class _List(Struct, frozen=True):
    items: list[Manifest]


class Objects(Struct, frozen=True):
    """The cluster's objects at one moment."""

    ingresses: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Annotations of each Ingress, without that in which `kubectl apply` keeps its memory."""
    virtual_services: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Weights of the destinations of each route."""
    services: Mapping[str, str] = field(default_factory=dict)
    """The image that each Service's selector leads to, or what is wrong with the selector."""
    pods: Mapping[str, Size] = field(default_factory=dict)
    """Pods of each image."""


def read(printed: bytes) -> Objects:
    """Read a List of Ingresses, Services, ReplicaSets and VirtualServices; raises msgspec.MsgspecError."""
    items = msgspec.json.decode(printed, type=_List).items
    sets = [msgspec.convert(item, ReplicaSet) for item in items if item["kind"] == "ReplicaSet"]
    images = {item.hash: image(item) for item in sets}
    services = [msgspec.convert(item, Service) for item in items if item["kind"] == "Service"]
    return Objects(
        ingresses={item["metadata"]["name"]: _annotations(item) for item in items if item["kind"] == "Ingress"},
        virtual_services=weights_of(item for item in items if item["kind"] == "VirtualService"),
        services={item.metadata.name: _leads_to(item, images) for item in services if item.spec.selector},
        pods={image(item): Size(item.replicas, item.status.replicas, item.available) for item in sets},
    )


def _annotations(ingress: Manifest) -> dict[str, str]:
    found: dict[str, str] = ingress["metadata"].get("annotations") or {}
    return {key: value for key, value in found.items() if key != keys.LAST_APPLIED}


def _leads_to(service: Service, images: Mapping[str, str]) -> str:
    if not service.hash:
        return "every version"
    return images.get(service.hash, f"no version (hash {service.hash})")
