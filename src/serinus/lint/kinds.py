"""The shapes of the kinds that are checked: ours, from their definitions, some of Kubernetes' own, and routes.

Those of Kubernetes (``kubernetes.json``, noted from the API of version 1.34) are the pods inside our objects, the Jobs
of metrics, and the Services, Ingresses and Deployments beside Rollouts. Those of Istio and of the Gateway API
(``routes.json``) tell the parts that routers read and write; an installed version may know more.
"""

from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from serinus.api import crds
from serinus.api.kinds import DEPLOYMENT, INGRESS, SERVICE
from serinus.api.schema import Schema
from serinus.lint.shape import Shape, Shapes

_ROUTES = {
    "networking.istio.io": {"VirtualService", "DestinationRule"},
    "gateway.networking.k8s.io": {"HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute"},
}
"""By group, as their versions differ in nothing that is read."""

_INSIDE: dict[tuple[str, ...], str] = {("template",): "PodTemplateSpec", ("job", "spec"): "JobSpec"}
"""What is kept as it stands, by the last fields on the way to it."""


@cache
def shapes() -> Shapes:
    """All shapes by name; those of our kinds are called as the kind."""
    ours = {item.kind.kind: _root(crds.manifest(item)) for item in crds.DEFINITIONS}
    return {**_noted("kubernetes.json"), **_noted("routes.json"), **ours}


def _noted(file: str) -> Shapes:
    table: Shapes = msgspec.json.decode(files("serinus.lint").joinpath(file).read_bytes())
    return table


def shape_name(data: Any) -> str:
    """The name of the shape that an object should have; empty for a kind that is not checked."""
    if not isinstance(data, dict):
        return ""
    version, kind = data.get("apiVersion"), data.get("kind")
    if isinstance(version, str) and kind in _ROUTES.get(version.partition("/")[0], ()):
        return str(kind)
    return _checked().get((version, kind), "")


@cache
def _checked() -> dict[tuple[Any, Any], str]:
    kinds = [*(item.kind for item in crds.DEFINITIONS), SERVICE, INGRESS, DEPLOYMENT]
    return {(kind.api_version, kind.kind): kind.kind for kind in kinds}


def _root(manifest: dict[str, Any]) -> Shape:
    shape = _shape(manifest["spec"]["versions"][0]["schema"]["openAPIV3Schema"], ())
    assert isinstance(shape, dict)
    return shape | {"metadata": "ObjectMeta"}


def _shape(schema: Schema, path: tuple[str, ...]) -> Shape:
    """A shape out of a structural schema."""
    if schema.get("x-kubernetes-int-or-string"):
        return "int-or-string"
    if schema.get("x-kubernetes-preserve-unknown-fields"):
        return next((name for tail, name in _INSIDE.items() if path[-len(tail) :] == tail), "any")
    match schema.get("type"):
        case "array":
            return [_shape(schema["items"], path)]
        case "object" if "additionalProperties" in schema:
            return {"": _shape(schema["additionalProperties"], path)}
        case "object" if "properties" in schema:
            required = schema.get("required", ())
            return {
                name + "!" * (name in required): _shape(item, (*path, name))
                for name, item in schema["properties"].items()
            }
        case str() as type_ if type_ != "object":
            return type_
        case _:
            return "any"
