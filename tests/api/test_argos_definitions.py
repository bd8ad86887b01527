"""Without the fields that are ours, the definitions are those of Argo Rollouts."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from serinus.api.crds import manifests
from serinus.local.vendors import definitions

NEWER = {
    "authentication.basicAuth",
    "datadog.requestTimeout",
    "status.duration",
}
"""How the paths of fields end that Argo Rollouts has since 1.10; the definitions are those of 1.9."""
FREE = ("spec.template", "templates.template", "provider.job.spec", "provider.job.metadata")
"""Where a Kubernetes type of its own begins: theirs spell its fields out."""


@pytest.mark.cluster  # it fetches them with the toolchain that builds the cluster
def test_without_our_own_fields_the_definitions_are_theirs() -> None:
    theirs = {name_of(item): set(fields_of(item)) for item in asyncio.run(definitions(["argo-rollouts"]))}
    ours = {name_of(item): set(fields_of(item)) for item in manifests(own_fields=False)}
    missing = {path for name in ours for path in theirs[name] - ours[name]}
    more = {path for name in ours for path in ours[name] - theirs[name] if not is_newer(path)}
    assert (missing, more) == (set(), set())


def is_newer(path: str) -> bool:
    return any(path.endswith(field) or f"{field}." in path for field in NEWER)


def name_of(definition: dict[str, Any]) -> str:
    name: str = definition["metadata"]["name"]
    return name


def fields_of(definition: dict[str, Any]) -> Iterator[str]:
    """The paths of all fields, down to those in which anything may stand in our definitions."""
    (version,) = definition["spec"]["versions"]
    for part in ("spec", "status"):
        if part in (properties := version["schema"]["openAPIV3Schema"]["properties"]):
            yield from _fields(part, properties[part])


def _fields(path: str, schema: dict[str, Any]) -> Iterator[str]:
    if path.endswith(FREE):
        return
    for name, inner in schema.get("properties", {}).items():
        yield f"{path}.{name}"
        yield from _fields(f"{path}.{name}", inner)
    if isinstance(inner := schema.get("items") or schema.get("additionalProperties"), dict):
        yield from _fields(path, inner)
