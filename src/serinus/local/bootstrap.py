"""The objects that a fresh cluster needs before anybody uses it."""

import asyncio
from pathlib import Path
from typing import Any

import yaml

from serinus.kube import AlreadyExists, Client

FIELD_MANAGER = "serinus-local"
RBAC = Path(__file__).with_name("rbac.yaml")
APPLY = {"fieldManager": FIELD_MANAGER, "force": "true"}

COLLECTIONS = {
    "ClusterRole": "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "ClusterRoleBinding": "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
    "CustomResourceDefinition": "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
}
SERVED_LIMIT = 30.0
"""Seconds until the API must serve a kind that it was told of."""
POLL = 0.05


async def prepare(client: Client) -> None:
    """Make the namespace `default`, the controller's role and our kinds."""
    await make_namespace(client, "default")
    for manifest in yaml.safe_load_all(RBAC.read_text()):
        await apply(client, manifest)
    await add_kinds(client, own_kinds())


async def make_namespace(client: Client, name: str) -> None:
    """Create a namespace unless it is there."""
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    try:
        await client.create("/api/v1/namespaces", body)
    except AlreadyExists:
        return


async def apply(client: Client, manifest: dict[str, Any]) -> None:
    """Bring an object to the state that its manifest names."""
    path = f"{COLLECTIONS[manifest['kind']]}/{manifest['metadata']['name']}"
    await client.patch(path, manifest, kind="apply", params=APPLY)


def own_kinds() -> list[dict[str, Any]]:
    """The definitions of the kinds that the project serves."""
    from serinus.api.crds import manifests  # noqa: PLC0415 - slow to generate, needed here only

    return manifests()


async def add_kinds(client: Client, definitions: list[dict[str, Any]]) -> None:
    """Define kinds and wait until the API serves all of them."""
    for definition in definitions:
        await apply(client, definition)
    for definition in definitions:
        async with asyncio.timeout(SERVED_LIMIT):
            while not await _served(client, definition["metadata"]["name"]):  # noqa: ASYNC110 - the API has no event
                await asyncio.sleep(POLL)


async def _served(client: Client, name: str) -> bool:
    found = await client.get(f"{COLLECTIONS['CustomResourceDefinition']}/{name}")
    conditions = found.get("status", {}).get("conditions")  # null at first
    return any(one["type"] == "Established" and one["status"] == "True" for one in conditions or ())
