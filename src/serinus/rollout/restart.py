"""Replacing pods that are older than ``spec.restartAt``, as many at a time as may be missing.

Pods are evicted, so their disruption budgets hold; their ReplicaSets make new ones. A version with a single pod is
missing for a moment.
"""

from datetime import datetime, timedelta

from msgspec import Struct

from serinus.api.amounts import int_or_percent
from serinus.api.kinds import POD
from serinus.api.rollout import Rollout
from serinus.api.workload import Pod
from serinus.plan import Evict, Listed, Pods, Ref, Seen
from serinus.rollout.fleet import Fleet

_AGAIN = timedelta(seconds=30)
"""What keeps a pod from being evicted (a budget, a slow start) may pass unseen."""


class Restart(Struct, frozen=True):
    """What a restart does now: ``restarted_at`` is what the status says of it afterwards."""

    restarted_at: datetime | None
    evictions: tuple[Evict, ...] = ()
    asks: tuple[Pods, ...] = ()
    wake: datetime | None = None
    why: tuple[str, ...] = ()


def restart(seen: Seen, fleet: Fleet, now: datetime) -> Restart:
    """Say which pods go now; nothing when no restart is wanted, or when it is done."""
    wanted, done = seen.rollout.spec.restart_at, seen.rollout.status.restarted_at
    if wanted is None or wanted == done:
        return Restart(done)
    if wanted > now:
        return Restart(done, wake=wanted)
    ask = Pods(str(seen.rollout.spec.selector or ""))
    answer = seen.answers.get(ask)
    if not isinstance(answer, Listed):
        return Restart(done, asks=(ask,))
    old = _older(answer, fleet, wanted)
    if not old:
        return Restart(wanted)
    room = _room(seen.rollout, fleet, answer)
    going = [pod for pod in old if pod.metadata.deletion_timestamp is None][: max(0, room)]
    namespace = seen.rollout.metadata.namespace
    evictions = tuple(Evict(Ref(POD, namespace, pod.metadata.name), pod.metadata.uid) for pod in going)
    return Restart(done, evictions, wake=now + _AGAIN, why=(f"{len(old)} pods are older than the restart",))


def _older(listed: Listed, fleet: Fleet, moment: datetime) -> list[Pod]:
    """Pods from before the restart: the stable version's first, then the new one's, then the rest."""
    order = {item.metadata.uid: place for place, item in enumerate(fleet.all)}
    owned = [(order.get(pod.owner, -1), pod) for pod in listed.pods]
    old = [(place, pod) for place, pod in owned if place >= 0 and pod.created < moment.timestamp()]
    return [pod for _, pod in sorted(old, key=lambda item: (item[0], item[1].created, item[1].metadata.name))]


def _room(rollout: Rollout, fleet: Fleet, listed: Listed) -> int:
    """How many pods may go now (``maxUnavailable``, but at least one).

    The list is younger than what ReplicaSets say of their pods; the smaller number counts.
    """
    canary, blue_green = rollout.spec.strategy.canary, rollout.spec.strategy.blue_green
    configured = (canary.max_unavailable if canary else None) or (blue_green.max_unavailable if blue_green else None)
    allowed = int_or_percent("25%" if configured is None else configured, rollout.replicas, round_up=False)
    wanted = max(rollout.replicas, sum(item.replicas for item in fleet.all))
    serving = sum(pod.is_serving for pod in listed.pods)
    available = min(serving, sum(item.available for item in fleet.all))
    return available - (wanted - max(allowed, 1))
