"""Rollouts and what belongs to them, read from the cluster."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec

from serinus.api import keys
from serinus.api.kinds import ANALYSIS_RUN, EXPERIMENT, POD, REPLICA_SET, ROLLOUT, Kind
from serinus.api.rollout import Rollout
from serinus.api.scalar import Manifest
from serinus.api.workload import ReplicaSet
from serinus.cli.failure import Failure, say
from serinus.cli.session import Cluster
from serinus.kube.errors import Forbidden, NotFound
from serinus.view.experiment import ObservedExperiment
from serinus.view.rollout import Observed

T = TypeVar("T")
GONE = "the rollout was deleted while it was watched"
MADE = keys.POD_TEMPLATE_HASH
"""The label of all that an Experiment makes; the other labels of its fleets may differ."""


async def read_rollout(cluster: Cluster, name: str) -> Rollout:
    """Read one Rollout."""
    return converted(await cluster.client.get(cluster.path(ROLLOUT, name)), Rollout)


async def read_rollouts(cluster: Cluster, path: str, name: str = "") -> list[Rollout]:
    """Read the Rollouts under a path, sorted; one that cannot be read is told and does not hide the others."""
    selector = {"fieldSelector": f"metadata.name={name}"} if name else {}
    rollouts: list[Rollout] = []
    for item in await list_path(cluster, path, selector):
        try:
            rollouts.append(converted(item, Rollout))
        except Failure as failure:
            say(failure.format_message())
    return sorted(rollouts, key=lambda rollout: (rollout.metadata.namespace, rollout.name))


async def read_sets(cluster: Cluster, rollout: Rollout) -> tuple[ReplicaSet, ...]:
    """Read the ReplicaSets that may be a Rollout's; owner references say which are."""
    items = await list_all(cluster, REPLICA_SET, selector_of(rollout))
    return tuple(converted(item, ReplicaSet) for item in items)


async def read_all(cluster: Cluster, name: str) -> Observed:
    """Read a Rollout and whatever may belong to it."""
    rollout = await read_rollout(cluster, name)
    selector = selector_of(rollout)
    sets, pods, runs, experiments = await asyncio.gather(
        read_sets(cluster, rollout),
        list_all(cluster, POD, selector),
        list_if_readable(cluster, ANALYSIS_RUN),
        list_if_readable(cluster, EXPERIMENT),
    )
    return Observed(rollout, sets, tuple(pods), tuple(runs), tuple(experiments))


async def read_experiment(cluster: Cluster, name: str) -> ObservedExperiment:
    """Read an Experiment and whatever may belong to it."""
    manifest = await cluster.client.get(cluster.path(EXPERIMENT, name))
    sets, pods, runs = await asyncio.gather(
        list_all(cluster, REPLICA_SET, MADE),
        list_all(cluster, POD, MADE),
        list_if_readable(cluster, ANALYSIS_RUN),
    )
    return ObservedExperiment(manifest, tuple(converted(item, ReplicaSet) for item in sets), tuple(pods), tuple(runs))


def selector_of(rollout: Rollout) -> str:
    """The labels of everything that a Rollout makes; with a workloadRef the status knows them."""
    selector = rollout.spec.selector
    return str(selector) if selector and not selector.is_empty else rollout.status.selector


def converted(manifest: Manifest, type_: type[T]) -> T:
    """Read an object; a `Failure` names the field that cannot be read."""
    try:
        return msgspec.convert(manifest, type_)
    except msgspec.ValidationError as error:
        kind, name = manifest.get("kind") or type_.__name__, manifest.get("metadata", {}).get("name")
        raise Failure(f"{kind} {name!r} cannot be read: {error}") from None


async def list_all(cluster: Cluster, kind: Kind, selector: str = "") -> list[Any]:
    """Read all objects of a kind in the user's namespace that carry certain labels."""
    return await list_path(cluster, cluster.path(kind), {"labelSelector": selector} if selector else {})


async def list_path(cluster: Cluster, path: str, selector: dict[str, str]) -> list[Any]:
    """Read a list, page by page."""
    params = {**selector, "limit": "500"}
    items: list[Any] = []
    while True:
        page = await cluster.client.get(path, params)
        items += page.get("items") or ()
        params["continue"] = (page.get("metadata") or {}).get("continue") or ""
        if not params["continue"]:
            return items


async def list_if_readable(cluster: Cluster, kind: Kind) -> Iterable[Any]:
    """Read a list of a kind that not every cluster has, and not everybody may see."""
    try:
        return await list_all(cluster, kind)
    except (NotFound, Forbidden):
        return ()


async def is_readable(cluster: Cluster, kind: Kind) -> bool:
    """Whether the cluster has a kind and we may list it."""
    try:
        await cluster.client.get(cluster.path(kind), {"limit": "1"})
    except (NotFound, Forbidden):
        return False
    return True
