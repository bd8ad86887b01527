"""What the API drops: fields that the definition of a kind does not know."""

from typing import Any

from serinus.api.scalar import Manifest

_KNOWN = ("apiVersion", "kind", "metadata")
"""What the API knows of every object, whatever its definition says."""


def pruned(manifest: Manifest, schema: dict[str, Any]) -> Manifest:
    """An object as the API keeps it, by the structural schema of its kind."""
    properties = schema.get("properties", {})
    kept = {key: _kept(value, properties[key]) for key, value in manifest.items() if key in properties}
    return {key: manifest[key] if key in _KNOWN else kept[key] for key in manifest if key in kept or key in _KNOWN}


def _kept(value: Any, schema: dict[str, Any]) -> Any:
    if schema.get("x-kubernetes-preserve-unknown-fields"):
        return value
    if isinstance(value, list | tuple):
        return [_kept(item, schema["items"]) for item in value]
    if not isinstance(value, dict):
        return value
    if "additionalProperties" in schema:
        return {key: _kept(item, schema["additionalProperties"]) for key, item in value.items()}
    properties = schema.get("properties", {})
    return {key: _kept(item, properties[key]) for key, item in value.items() if key in properties}
