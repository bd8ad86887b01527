"""The shapes of the kinds that are checked: ours, from their definitions, and some of Kubernetes' own.

Those of Kubernetes (``kubernetes.json``, noted from the API of version 1.34) are the pods inside our objects, the Jobs
of metrics, and the Services and Ingresses beside Rollouts.
"""

from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from serinus.api import crds
from serinus.api.kinds import INGRESS, SERVICE
from serinus.api.schema import Schema
from serinus.lint.shape import Shape, Shapes

_INSIDE: dict[tuple[str, ...], str] = {("template",): "PodTemplateSpec", ("job", "spec"): "JobSpec"}
"""What is kept as it stands, by the last fields on the way to it."""


@cache
def shapes() -> Shapes:
    """All shapes by name; those of our kinds are called as the kind."""
    theirs: Shapes = msgspec.json.decode(files("serinus.lint").joinpath("kubernetes.json").read_bytes())
    ours = {item.kind.kind: _root(crds.manifest(item)) for item in crds.DEFINITIONS}
    return {**theirs, **ours}


def shape_name(data: Any) -> str:
    """The name of the shape that an object should have; empty for a kind that is not checked."""
    return _checked().get((data.get("apiVersion"), data.get("kind")), "") if isinstance(data, dict) else ""


@cache
def _checked() -> dict[tuple[Any, Any], str]:
    kinds = [*(item.kind for item in crds.DEFINITIONS), SERVICE, INGRESS]
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
