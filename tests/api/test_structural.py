"""The schemas are structural, by the rules of the Kubernetes documentation on custom resource definitions.

https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
"""

from collections.abc import Iterator
from typing import Any

import pytest

from serinus.api.crds import manifests

Schema = dict[str, Any]
INT_OR_STRING = "x-kubernetes-int-or-string"
PRESERVE = "x-kubernetes-preserve-unknown-fields"
FORBIDDEN = {
    "$ref",
    "definitions",
    "dependencies",
    "deprecated",
    "discriminator",
    "id",
    "patternProperties",
    "readOnly",
}
UNIONS = {"anyOf", "oneOf", "allOf", "not"}
KNOWN = {"type", "format", "description", "properties", "required", "items", "additionalProperties"} | {
    INT_OR_STRING,
    PRESERVE,
    "x-kubernetes-validations",
}
FORMATS = {"integer": {"int32", "int64"}, "string": {"date-time"}}


def nodes(schema: Schema, path: str) -> Iterator[tuple[str, Schema]]:
    """Every node of a schema with its path, the root first."""
    yield path, schema
    for name, child in schema.get("properties", {}).items():
        yield from nodes(child, f"{path}.{name}")
    if "items" in schema:
        yield from nodes(schema["items"], f"{path}[]")
    if "additionalProperties" in schema:
        yield from nodes(schema["additionalProperties"], f"{path}{{}}")


def violations(schema: Schema, path: str) -> Iterator[str]:
    """What is not structural about one node."""
    if strange := (FORBIDDEN | UNIONS) & schema.keys():
        yield f"{path}: {sorted(strange)} is forbidden, or would need the special form of int-or-string"
    if unknown := schema.keys() - KNOWN:
        yield f"{path}: the API server does not know {sorted(unknown)}"
    if "type" not in schema and not schema.get(INT_OR_STRING) and not schema.get(PRESERVE):
        yield f"{path}: a type is missing"
    if schema.get(INT_OR_STRING) and "type" in schema:
        yield f"{path}: int-or-string has no type"
    if "properties" in schema and "additionalProperties" in schema:
        yield f"{path}: either an object or a map"
    if {"properties", "additionalProperties", "required"} & schema.keys() and schema.get("type") != "object":
        yield f"{path}: only an object has properties"
    if ("items" in schema) != (schema.get("type") == "array"):
        yield f"{path}: an array and nothing else has items"
    if missing := set(schema.get("required", ())) - schema.get("properties", {}).keys():
        yield f"{path}: {sorted(missing)} is required but unknown"
    if "format" in schema and schema["format"] not in FORMATS.get(schema["type"], set()):
        yield f"{path}: format {schema['format']} is nothing for a {schema['type']}"


def root(manifest: dict[str, Any]) -> Schema:
    return manifest["spec"]["versions"][0]["schema"]["openAPIV3Schema"]


@pytest.mark.parametrize("manifest", manifests(), ids=lambda manifest: manifest["spec"]["names"]["kind"])
def test_the_schema_is_structural(manifest: dict[str, Any]) -> None:
    found = [text for path, node in nodes(root(manifest), "") for text in violations(node, path)]
    assert found == []


@pytest.mark.parametrize("manifest", manifests(), ids=lambda manifest: manifest["spec"]["names"]["kind"])
def test_the_root_leaves_metadata_to_the_api_server(manifest: dict[str, Any]) -> None:
    schema = root(manifest)
    assert schema["type"] == "object"
    assert schema["properties"]["metadata"] == {"type": "object"}
    assert schema["properties"]["apiVersion"] == schema["properties"]["kind"] == {"type": "string"}
    assert schema["required"] == ["spec"]


@pytest.mark.parametrize("manifest", manifests(), ids=lambda manifest: manifest["spec"]["names"]["kind"])
def test_every_object_says_what_it_is(manifest: dict[str, Any]) -> None:
    silent = [
        path
        for path, node in nodes(root(manifest), "")
        if "properties" in node and path and not path.endswith(".metadata") and not node.get("description")
    ]
    assert silent == []


@pytest.mark.parametrize(
    ("broken", "complaint"),
    [
        ({}, "a type is missing"),
        ({"type": "object", "properties": {"a": {}}}, "a type is missing"),
        ({"type": "array"}, "has items"),
        ({"type": "object", "properties": {}, "additionalProperties": {"type": "string"}}, "either an object or a map"),
        ({"type": "integer", INT_OR_STRING: True}, "has no type"),
        ({"anyOf": [{"type": "integer"}], INT_OR_STRING: True}, "forbidden"),
        ({"type": "object", "required": ["a"]}, "required but unknown"),
        ({"type": "string", "format": "int32"}, "nothing for a string"),
        ({"type": "string", "x-serinus": True}, "does not know"),
    ],
)
def test_the_checker_finds_what_is_not_structural(broken: Schema, complaint: str) -> None:
    found = [text for path, node in nodes(broken, "x") for text in violations(node, path)]
    assert any(complaint in text for text in found)
