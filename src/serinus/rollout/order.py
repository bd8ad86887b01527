"""How to get to the goal without harm: every write, in a safe order.

Grow before shift, shift before all that can wait. Where the canary gains traffic, Services move before weights, so
that a weight never leads to the wrong version; where it loses traffic for good, weights move first. Nothing shrinks in
the same plan in which its traffic is moved: ``retire`` gives it a deadline instead.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from serinus.api import keys
from serinus.api.kinds import REPLICA_SET, ROLLOUT, SERVICE
from serinus.api.meta import PodTemplateMeta
from serinus.api.moments import timestamp
from serinus.api.patches import joined
from serinus.api.workload import ReplicaSet
from serinus.plan import Create, Delete, Patch, Ref, Seen, Write
from serinus.rollout import affinity, ephemeral, metadata
from serinus.rollout.fleet import Fleet, is_orphan
from serinus.rollout.goal import Aim, Goal
from serinus.rollout.history import surplus
from serinus.rollout.routes import route_writes
from serinus.rollout.runs import run_writes
from serinus.rollout.workload import generation
from serinus.traffic.router import Router


def in_safe_order(seen: Seen, fleet: Fleet, goal: Goal, routers: Sequence[Router], new_size: int) -> tuple[Write, ...]:
    """All writes between what is seen and the goal."""
    routes = tuple(route_writes(seen, fleet, goal, routers))
    services = tuple(_services(seen, goal))
    resized = [(item, _resize(seen, fleet, item, goal)) for item in fleet.all]
    patches = [(item, _set_patch(seen, item, body)) for item, body in resized if body]
    grown = [patch for item, patch in patches if _grows(item, goal)]
    others = [patch for item, patch in patches if not _grows(item, goal)]
    shifted = (*routes, *services) if goal.progress.is_aborted else (*services, *routes)
    return (
        *_claims(seen, fleet),
        *_creation(seen, fleet, goal, new_size),
        *_own_fields(seen, goal),
        *grown,
        *shifted,
        *others,
        *run_writes(seen, fleet, goal),
        *(Delete(_set_ref(seen, item), item.metadata.uid) for item in surplus(seen.rollout, fleet)),
    )


def _claims(seen: Seen, fleet: Fleet) -> Iterator[Write]:
    for item in fleet.all:
        if is_orphan(item, seen.rollout):
            owners = {"metadata": {"uid": item.metadata.uid, "ownerReferences": [seen.rollout.owner_reference]}}
            yield Patch(_set_ref(seen, item), owners)


def _creation(seen: Seen, fleet: Fleet, goal: Goal, size: int) -> Iterator[Write]:
    if fleet.new is None:
        manifest = metadata.new_manifest(seen.rollout, fleet.hash, replicas=size, revision=goal.revision)
        manifest = ephemeral.with_part(manifest, _part(goal, fleet.hash))
        manifest = affinity.apart(manifest, seen.rollout, goal.progress.stable_hash)
        name = manifest["metadata"]["name"]
        yield Create(Ref(REPLICA_SET, seen.rollout.metadata.namespace, name), manifest)


def _own_fields(seen: Seen, goal: Goal) -> Iterator[Write]:
    """What is ours to fill outside the status; scalers need ``spec.replicas`` to be there."""
    rollout = seen.rollout
    body: dict[str, Any] = {}
    notes = {keys.REVISION: str(goal.revision), keys.WORKLOAD_GENERATION: generation(seen) or None}
    notes = {key: value for key, value in notes.items() if rollout.metadata.annotations.get(key) != value}
    if notes:
        body["metadata"] = {"annotations": notes}
    if rollout.spec.replicas is None:
        body["spec"] = {"replicas": rollout.replicas}
    if body:
        yield Patch(Ref(ROLLOUT, rollout.metadata.namespace, rollout.name), body)


def _services(seen: Seen, goal: Goal) -> Iterator[Write]:
    rollout = seen.rollout
    for name, hash_ in goal.services.items():
        body: dict[str, Any] = {"spec": {"selector": {keys.POD_TEMPLATE_HASH: hash_}}}
        if keys.MANAGED_BY not in seen.services[name].metadata.annotations:
            body["metadata"] = {"annotations": {keys.MANAGED_BY: rollout.name}}
        yield Patch(Ref(SERVICE, rollout.metadata.namespace, name), body)


def _resize(seen: Seen, fleet: Fleet, item: ReplicaSet, goal: Goal) -> dict[str, Any]:
    """What changes on one ReplicaSet, as a merge patch."""
    aim = goal.sizes.get(item.name, Aim(item.replicas))
    annotations = _annotations(seen, fleet, item, aim, goal)
    spec: dict[str, Any] = {"replicas": aim.replicas} if aim.replicas != item.replicas else {}
    if item is fleet.new and item.spec.min_ready_seconds != seen.rollout.spec.min_ready_seconds:
        spec["minReadySeconds"] = seen.rollout.spec.min_ready_seconds
    body: dict[str, Any] = {"metadata": {"annotations": annotations}} if annotations else {}
    body |= {"spec": spec} if spec else {}
    body = joined(body, ephemeral.change_of(item, _part(goal, item.hash)))
    if item is fleet.new:
        body = joined(body, affinity.change_of(item, seen.rollout, goal.progress.stable_hash))
    return body


def _part(goal: Goal, hash_: str) -> PodTemplateMeta:
    return goal.parts.get(hash_, PodTemplateMeta())


def _annotations(seen: Seen, fleet: Fleet, item: ReplicaSet, aim: Aim, goal: Goal) -> dict[str, str | None]:
    wanted: dict[str, str | None] = {}
    if item is fleet.new:
        wanted |= metadata.renewed_annotations(seen.rollout, item, goal.revision)
    if (item is fleet.new or item is fleet.stable) and not aim.is_held:
        wanted[keys.DESIRED_REPLICAS] = str(seen.rollout.replicas)
    wanted[keys.SCALE_DOWN_DEADLINE] = timestamp(aim.deadline) if aim.deadline else None
    present = item.metadata.annotations
    return {key: value for key, value in wanted.items() if present.get(key) != value}


def _grows(item: ReplicaSet, goal: Goal) -> bool:
    return goal.sizes.get(item.name, Aim(item.replicas)).replicas > item.replicas


def _set_patch(seen: Seen, item: ReplicaSet, body: dict[str, Any]) -> Patch:
    return Patch(_set_ref(seen, item), body)


def _set_ref(seen: Seen, item: ReplicaSet) -> Ref:
    return Ref(REPLICA_SET, seen.rollout.metadata.namespace, item.name)
