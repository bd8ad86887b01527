"""What is shown of ReplicaSets and their pods."""

from collections.abc import Iterable

from serinus.api.rollout import Rollout
from serinus.api.scalar import Manifest
from serinus.api.workload import ReplicaSet
from serinus.view.health import Health
from serinus.view.moment import created_of
from serinus.view.pod import pod_status
from serinus.view.tree import Node, by_age
from serinus.view.weight import is_canary, is_stable


def roles(rollout: Rollout, item: ReplicaSet) -> tuple[str, ...]:
    """What a ReplicaSet is to its Rollout: ``stable``, ``canary``, ``active``, ``preview``, ``ping``, ``pong``."""
    stable = ("stable",) if is_stable(rollout, item) else ()
    if rollout.spec.strategy.blue_green is not None:
        return stable + _blue_green_role(rollout, item)
    canary = ("canary",) if is_canary(rollout, item) else ()
    return stable + canary + _ping_pong(rollout, is_stable_set=bool(stable), is_canary_set=bool(canary))


def _blue_green_role(rollout: Rollout, item: ReplicaSet) -> tuple[str, ...]:
    status = rollout.status.blue_green
    if item.hash and item.hash == status.active_selector:
        return ("active",)
    return ("preview",) if item.hash and item.hash == status.preview_selector else ()


def _ping_pong(rollout: Rollout, *, is_stable_set: bool, is_canary_set: bool) -> tuple[str, ...]:
    canary = rollout.spec.strategy.canary
    if canary is None or canary.ping_pong is None or not (is_stable_set or is_canary_set):
        return ()
    is_ping_stable = rollout.status.canary.stable_ping_pong == "ping"
    return ("ping",) if is_ping_stable == is_stable_set else ("pong",)


def owned_sets(items: Iterable[ReplicaSet], uid: str) -> tuple[ReplicaSet, ...]:
    """Those ReplicaSets that somebody owns."""
    return tuple(item for item in items if uid and any(o.uid == uid for o in item.metadata.owner_references))


def replica_set_node(item: ReplicaSet, notes: tuple[str, ...], pods: Iterable[Manifest]) -> Node:
    """The row of a ReplicaSet, with the rows of those pods that it owns."""
    status, health = _status(item)
    return Node(
        sign="⧉",
        name=item.name,
        kind="ReplicaSet",
        status=status,
        health=health,
        created=item.metadata.creation_timestamp,
        notes=notes,
        deadline=item.deadline,
        children=tuple(sorted((_pod_node(pod) for pod in pods if _is_owned(pod, item.metadata.uid)), key=by_age)),
    )


def _status(item: ReplicaSet) -> tuple[str, Health]:
    if any(c.type == "ReplicaFailure" and c.status == "True" for c in item.status.conditions):
        return "ReplicaFailure", Health.BAD
    if item.replicas == 0 and item.status.replicas == 0:
        return "ScaledDown", Health.SCALED_DOWN
    is_observed = item.status.observed_generation >= item.metadata.generation
    if is_observed and item.available >= item.replicas and item.status.replicas == item.replicas:
        return "Healthy", Health.OK
    return "Progressing", Health.PROGRESSING


def _pod_node(pod: Manifest) -> Node:
    status = pod_status(pod)
    restarts = (f"restarts:{status.restarts}",) if status.restarts else ()
    return Node(
        sign="□",
        name=pod["metadata"]["name"],
        kind="Pod",
        status=status.text,
        health=status.health,
        created=created_of(pod),
        notes=(f"ready:{status.ready}/{status.containers}", *restarts),
    )


def _is_owned(pod: Manifest, uid: str) -> bool:
    owners = pod["metadata"].get("ownerReferences") or ()
    return bool(uid) and any(owner.get("uid") == uid for owner in owners)
