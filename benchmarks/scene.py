"""A namespace of canaries: made, updated, steered and watched."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from benchmarks import manifests
from benchmarks.mirror import Mirror
from benchmarks.subject import Subject
from serinus.api.kinds import INGRESS, NAMESPACE, ROLLOUT
from serinus.kube import Client, NotFound, Object

WEIGHT = "nginx.ingress.kubernetes.io/canary-weight"
_AT_ONCE = 30
_GONE_LIMIT = 180.0


class Scene:
    """Canaries in one namespace, as their user sees them."""

    def __init__(self, client: Client, namespace: str) -> None:
        self.namespace = namespace
        self.rollouts: Mirror[dict[str, Any]] = Mirror(client, ROLLOUT.path(namespace), _rollout)
        self.weights: Mirror[int] = Mirror(client, INGRESS.path(namespace), _weight)
        self._client = client

    async def create(self, names: Sequence[str], version: str, steps: tuple[dict[str, Any], ...]) -> None:
        """Make Rollouts with all that they need."""

        async def make(name: str) -> None:
            for path, manifest in manifests.canary(self.namespace, name, version, steps):
                await self._client.create(path, manifest)

        await _at_once(make, names)

    async def judge(self, name: str, url: str) -> None:
        """Have updates of a Rollout measured in the background, at an address."""
        path, template = manifests.analysis_template(self.namespace, name, url)
        await self._client.create(path, template)
        await self._patch(name, manifests.analysed(name))

    async def update(self, names: Sequence[str], version: str) -> None:
        """Give Rollouts a new version."""
        await _at_once(lambda name: self._patch(name, manifests.update(version)), names)

    async def promote(self, name: str) -> None:
        """Go on after a pause, as ``kubectl argo rollouts promote`` does."""
        await self._patch(name, {"status": {"pauseConditions": None}}, "status")

    async def abort(self, name: str) -> None:
        """Give an update up, as ``kubectl argo rollouts abort`` does."""
        await self._patch(name, {"status": {"abort": True}}, "status")

    async def healthy(self, names: Iterable[str], version: str, limit: float) -> dict[str, float]:
        """When each Rollout had completed the update to a version."""
        return await self.rollouts.reach(names, lambda raw: is_healthy(raw, version), f"Healthy at {version}", limit)

    async def paused(self, names: Iterable[str], weight: int) -> None:
        """Wait for a pause with this weight in effect."""
        names = list(names)
        await self.weights.reach(names, lambda now: now == weight, f"at weight {weight}")
        await self.rollouts.reach(names, lambda raw: raw.get("status", {}).get("phase") == "Paused", "Paused")

    async def weighted(self, name: str, weight: int) -> float:
        """When a Rollout's canary had this weight; none is 0."""
        moments = await self.weights.reach([name], lambda now: now == weight, f"at weight {weight}")
        return moments[name]

    async def _patch(self, name: str, body: dict[str, Any], subresource: str = "") -> None:
        await self._client.patch(ROLLOUT.path(self.namespace, name, subresource), body)


@asynccontextmanager
async def scene(subject: Subject, purpose: str) -> AsyncIterator[Scene]:
    """A namespace of its own, watched while the body runs and gone afterwards."""
    name = f"bench-{purpose}-{secrets.token_hex(3)}"
    async with Client(subject.connection, user_agent="serinus-benchmarks") as client:
        path, manifest = manifests.namespace(name)
        await client.create(path, manifest)
        made = Scene(client, name)
        watches = [asyncio.create_task(mirror.run()) for mirror in (made.rollouts, made.weights)]
        try:
            async with asyncio.timeout(30):
                await made.rollouts.synced.wait()
                await made.weights.synced.wait()
            yield made
        finally:
            for watch in watches:
                watch.cancel()
            if not subject.is_disposable:
                await _remove(client, name)


def is_healthy(raw: dict[str, Any], version: str) -> bool:
    """Whether the update to a version is complete, by the interface of Argo Rollouts."""
    status, spec = raw.get("status", {}), raw["spec"]["template"]["spec"]
    return (
        spec["containers"][0]["image"] == manifests.image(version)
        and status.get("phase") == "Healthy"
        and str(status.get("observedGeneration")) == str(raw["metadata"]["generation"])
        and status.get("stableRS", "") == status.get("currentPodHash")
    )


def _rollout(found: Object, gone: bool) -> tuple[str, dict[str, Any]]:
    return found.metadata.name, {} if gone else found.raw


def _weight(found: Object, gone: bool) -> tuple[str, int] | None:
    """The weight of a canary Ingress, which the Rollout owns; a deleted one has none."""
    owner = next((ref.name for ref in found.metadata.owner_references if ref.kind == ROLLOUT.kind), None)
    if owner is None:
        return None
    return owner, 0 if gone else int(found.metadata.annotations.get(WEIGHT, "0"))


async def _at_once(act: Callable[[str], Awaitable[None]], names: Sequence[str]) -> None:
    """Act on many, some at a time: the API server should not be the one that is measured."""
    turns = asyncio.Semaphore(_AT_ONCE)

    async def one(name: str) -> None:
        async with turns:
            await act(name)

    await asyncio.gather(*(one(name) for name in names))


async def _remove(client: Client, namespace: str) -> None:
    """Delete the namespace and wait until all of it is gone: the next workload should begin in peace."""
    path = NAMESPACE.path(name=namespace)
    try:
        await client.delete(path)
        async with asyncio.timeout(_GONE_LIMIT):
            while True:
                await client.get(path)
                await asyncio.sleep(0.5)
    except NotFound:
        return
