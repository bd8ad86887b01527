"""Merge patches of a Rollout."""

from __future__ import annotations

from typing import Any

from serinus.api.kinds import ROLLOUT
from serinus.cli.session import Cluster
from serinus.kube.errors import NotFound

Patch = dict[str, Any]


async def patch(cluster: Cluster, name: str, body: Patch) -> None:
    """Change parts of a Rollout."""
    await cluster.client.patch(cluster.path(ROLLOUT, name), body)


async def patch_status(cluster: Cluster, name: str, status: Patch, spec: Patch | None = None) -> None:
    """Change parts of a Rollout's status, then of its spec.

    A CRD from before the status subresource answers "not found" to the first: then one patch carries both.
    """
    try:
        await cluster.client.patch(cluster.path(ROLLOUT, name, "status"), {"status": status})
    except NotFound:
        await patch(cluster, name, {"status": status} | ({"spec": spec} if spec else {}))
        return
    if spec:
        await patch(cluster, name, {"spec": spec})
