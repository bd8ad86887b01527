"""From a plan to the cluster: send the writes in order, stop at the first failure, then the status."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from serinus.api.kinds import ANALYSIS_RUN, POD, REPLICA_SET, ROLLOUT
from serinus.api.meta import ObjectMeta
from serinus.api.patches import merged
from serinus.api.workload import Pod
from serinus.kube import (
    AlreadyExists,
    ApiError,
    Client,
    Conflict,
    Forbidden,
    Invalid,
    KubeError,
    NotFound,
    Status,
    TooManyRequests,
)
from serinus.plan import (
    Answer,
    Ask,
    Balancer,
    Collect,
    Create,
    Created,
    Defaulted,
    Delete,
    Evict,
    Listed,
    Measure,
    Patch,
    Plan,
    Pods,
    Read,
    Ref,
    Refused,
    StepRun,
    Write,
)

log = logging.getLogger(__name__)

Wrote = Callable[[Ref, str], None]
"""Told of the object and its new resource version after every write."""


class _PodList(Struct, frozen=True):
    items: tuple[Pod, ...] = ()


_pods = msgspec.json.Decoder(_PodList)


class RejectedError(Exception):
    """A write that the API answers with a no that the next plan should know of."""

    def __init__(self, ask: Ask, answer: Answer) -> None:
        super().__init__(str(answer))
        self.ask, self.answer = ask, answer


class RoutingError(Exception):
    """Writes of traffic layers that failed, by the layer's name; those of all other layers have been tried."""

    def __init__(self, failures: Mapping[str, KubeError]) -> None:
        super().__init__("; ".join(f"{name}: {failure_text(error)}" for name, error in failures.items()))
        self.failures = failures


class Applier(Struct, frozen=True):
    """Carries out plans for one object at a time."""

    client: Client

    async def apply(self, plan: Plan, me: Ref, metadata: ObjectMeta, wrote: Wrote) -> None:
        """Send everything that a plan for an object says; ``metadata`` is the object's, as it was seen.

        Raises ``RejectedError`` when a ReplicaSet is refused, ``RoutingError`` when a traffic layer cannot be brought
        to its weight, and ``KubeError`` for what may pass by itself. Nothing after the failed write is sent, except
        for other traffic layers, and the status least of all: it says what has been done.
        """
        version = metadata.resource_version
        failed: dict[str, KubeError] = {}
        for write in plan.writes:
            if failed and (not _router(write) or _router(write) in failed):
                continue
            try:
                reply = await self.send(write, metadata.uid)
            except KubeError as error:
                if not _router(write):
                    raise
                failed[_router(write)] = error
            else:
                wrote(write.ref, _version(reply))
                version = _version(reply) if write.ref == me else version
        if failed:
            raise RoutingError(failed)
        if plan.status:
            body = {"metadata": {"resourceVersion": version}, "status": plan.status}
            path = f"{me.path}/status" if me.kind == ROLLOUT else me.path  # no other kind of ours has a subresource
            wrote(me, _version(await self.client.patch(path, body)))

    async def answer(self, ask: Ask, namespace: str) -> Answer:
        """Ask the API what the plan for an object of a namespace wants to know."""
        match ask:
            case Defaulted(manifest):
                path = REPLICA_SET.path(manifest["metadata"]["namespace"])
                try:
                    return Read(await self.client.create(path, manifest, {"dryRun": "All"}))
                except Invalid as error:
                    return Refused(error.message)
            case Pods(selector):
                data = await self.client.raw("GET", POD.path(namespace), {"labelSelector": selector})
                return Listed(_pods.decode(data).items)
            case Created(name):
                raise AssertionError(f"the creation of {name} is answered when it is tried")
            case Measure() | Collect() | Balancer() | StepRun():
                raise AssertionError(f"{ask} is no question to the API")

    async def send(self, write: Write, owner: str = "") -> Any:
        """Send one write; ``owner`` is the uid for which a ReplicaSet is made."""
        match write:
            case Create(ref, manifest):
                return await self._create(ref, manifest, owner)
            case Patch():
                return await self._patch(write)
            case Delete(ref, uid):
                return await self._delete(ref, uid)
            case Evict(ref, uid):
                return await self._evict(ref, uid)

    async def _evict(self, ref: Ref, uid: str) -> Any:
        eviction = {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": ref.name, "namespace": ref.namespace},
            "deleteOptions": {"preconditions": {"uid": uid}},
        }
        try:
            return await self.client.create(f"{ref.path}/eviction", eviction)
        except (NotFound, TooManyRequests) as error:
            log.debug("%s is not evicted now: %s", ref, error)  # it is gone, or a disruption budget holds it
            return None

    async def _patch(self, write: Patch) -> Any:
        if write.ref.kind is POD:
            return await self._update_pod(write)
        body = write.body
        if write.resource_version:
            body = {**body, "metadata": {**body.get("metadata", {}), "resourceVersion": write.resource_version}}
        try:
            return await self.client.patch(write.ref.path, body, write.how)
        except Invalid as error:
            if write.how == "json":  # what it tests is not so: the object is another one than was seen
                raise Conflict(Status(code=409, message=error.message)) from None
            raise

    async def _update_pod(self, write: Patch) -> Any:
        """Change a pod by writing it back: the role of Argo Rollouts' controller lets pods be listed and updated."""
        path = POD.path(write.ref.namespace)
        found = await self.client.get(path, {"fieldSelector": f"metadata.name={write.ref.name}"})
        for pod in found["items"]:  # one, or none when it is gone
            if pod["metadata"]["uid"] == write.body["metadata"]["uid"]:
                return await self.client.replace(write.ref.path, merged(pod, write.body))
        return None

    async def _create(self, ref: Ref, manifest: dict[str, Any], owner: str) -> Any:
        path = ref.kind.path(ref.namespace)
        try:
            return await self.client.create(path, manifest)
        except Invalid as error:
            if ref.kind is not REPLICA_SET:
                raise
            raise RejectedError(Created(ref.name), Refused(error.message)) from None
        except Forbidden as error:
            if ref.kind is not REPLICA_SET:
                raise
            raise RejectedError(Created(ref.name), Refused(error.message, "failed")) from None
        except AlreadyExists as error:
            if ref.kind not in {REPLICA_SET, ANALYSIS_RUN} or await self._is_ours(ref, owner):
                raise
            raise RejectedError(Created(ref.name), Refused(error.message, "taken")) from None

    async def _is_ours(self, ref: Ref, uid: str) -> bool:
        """Whether the name is taken by an object of this Rollout's own, which the watch has not shown yet."""
        existing = await self.client.get(ref.path)
        owners = existing["metadata"].get("ownerReferences", [])
        return any(owner.get("controller") and owner["uid"] == uid for owner in owners)

    async def _delete(self, ref: Ref, uid: str) -> Any:
        options = {"preconditions": {"uid": uid}, "propagationPolicy": "Background"}
        try:
            return await self.client.delete(ref.path, options)
        except NotFound:
            return None  # what was to be deleted is gone


def _router(write: Write) -> str:
    return write.router if isinstance(write, Create | Patch) else ""


def _version(reply: Any) -> str:
    metadata = reply.get("metadata", {}) if isinstance(reply, dict) else {}
    return str(metadata.get("resourceVersion", ""))


def failure_text(error: KubeError) -> str:
    """What went wrong, in the API's own words where it gave some."""
    return error.message if isinstance(error, ApiError) else str(error)
