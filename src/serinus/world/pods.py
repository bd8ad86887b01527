"""Pods: made by ReplicaSets, started and ended by a kubelet."""

from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

from serinus.api.kinds import POD, REPLICA_SET
from serinus.api.scalar import Manifest
from serinus.plan import Ref
from serinus.world.delays import Delays
from serinus.world.gap import Gap
from serinus.world.server import Server


def pods_of(server: Server, owner: Manifest) -> list[tuple[Ref, Manifest]]:
    """The pods of a ReplicaSet that are not about to end, oldest first."""
    namespace, uid = owner["metadata"]["namespace"], owner["metadata"]["uid"]
    return [
        (ref, pod)
        for ref, pod in server.list(POD, namespace)
        if not is_ending(pod) and any(item["uid"] == uid for item in pod["metadata"]["ownerReferences"])
    ]


def is_ending(pod: Manifest) -> bool:
    """Whether the pod was told to end."""
    return "deletionTimestamp" in pod["metadata"]


def ready_since(pod: Manifest) -> datetime | None:
    """Since when the pod serves; None while it does not."""
    for condition in pod.get("status", {}).get("conditions", ()):
        if condition["type"] == "Ready" and condition["status"] == "True":
            return datetime.fromisoformat(condition["lastTransitionTime"])
    return None


def image_of(pod: Manifest) -> str:
    """The image of the first container: what the versions of stories differ in."""
    image: str = pod["spec"]["containers"][0]["image"]
    return image


def scaling(server: Server, delays: Delays) -> Iterator[Gap]:
    """ReplicaSets with too few or too many pods."""
    for ref, owner in server.list(REPLICA_SET):
        missing = owner["spec"]["replicas"] - len(pods_of(server, owner))
        if missing:
            yield Gap(("scale", ref.name), partial(_scale, server, ref), delays.controllers)


def living(server: Server, delays: Delays, broken: Collection[str]) -> Iterator[Gap]:
    """Pods that become ready, stop being ready, or end. Pods of ``broken`` images are never ready."""
    for ref, pod in server.list(POD):
        is_ready, should_be = ready_since(pod) is not None, image_of(pod) not in broken
        if is_ending(pod):
            yield Gap(("end", ref.name), partial(_end, server, ref), delays.end)
        elif is_ready != should_be:
            yield Gap(("start", ref.name), partial(_turn, server, ref), delays.start)


def _end(server: Server, ref: Ref, now: datetime) -> None:  # noqa: ARG001
    server.remove(ref)


def _turn(server: Server, ref: Ref, now: datetime) -> None:
    status = "False" if ready_since(server.read(ref)) else "True"
    moment = now.astimezone(UTC).isoformat()
    condition = {"type": "Ready", "status": status, "lastTransitionTime": moment}
    server.patch_status(ref, {"phase": "Running", "conditions": [condition]})


def _scale(server: Server, ref: Ref, now: datetime) -> None:
    owner = server.read(ref)
    pods = pods_of(server, owner)
    wanted: int = owner["spec"]["replicas"]
    for _ in range(wanted - len(pods)):
        name = f"{ref.name}-{server.version + 1:05d}"
        server.create(Ref(POD, ref.namespace, name), _pod(owner), now)
    for pod in _leaving_order(pods)[: max(0, len(pods) - wanted)]:
        server.delete(pod, now)


def _leaving_order(pods: list[tuple[Ref, Manifest]]) -> list[Ref]:
    """Those that do not serve go first, and then the newest, as in kube-controller-manager."""
    newest = list(reversed(pods))
    newest.sort(key=lambda item: ready_since(item[1]) is not None)
    return [ref for ref, _ in newest]


def _pod(owner: Manifest) -> Manifest:
    template: dict[str, Any] = owner["spec"]["template"]
    reference = {
        "apiVersion": REPLICA_SET.api_version,
        "kind": REPLICA_SET.kind,
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
    }
    given = {key: (template.get("metadata") or {}).get(key) or {} for key in ("labels", "annotations")}
    metadata = {**given, "ownerReferences": [reference]}
    return {"apiVersion": POD.api_version, "kind": POD.kind, "metadata": metadata, "spec": template["spec"]}
