"""Whether decided weights are in effect, as far as routers can tell; and what waits until they are.

A router that says no holds everything that would take pods from under its traffic: no version shrinks, no delay before
that begins or ends, and the canary Service stays on the version that it is to leave. Where routers cannot tell, the
canary Service waits for the drain time.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from serinus.api.moments import earliest_of, timestamp
from serinus.api.workload import ReplicaSet
from serinus.plan import Ask, Refused, Seen
from serinus.rollout.fleet import Fleet
from serinus.rollout.goal import Aim, Confirmation
from serinus.rollout.pingpong import roles_of
from serinus.rollout.progress import Progress
from serinus.rollout.routes import serving_routers
from serinus.rollout.traffic import Split, traffic_of
from serinus.traffic.router import Router, Traffic, Verifier


class Held(Struct, frozen=True):
    """Aims of which none shrinks, why, and when another look is due."""

    sizes: dict[str, Aim]
    why: tuple[str, ...] = ()
    wake: datetime | None = None


def confirmation(seen: Seen, fleet: Fleet, progress: Progress, split: Split, routers: Sequence[Router]) -> Confirmation:
    """What the routers of a Rollout say of the decided split."""
    traffic = traffic_of(seen, fleet, progress, split)
    serving = serving_routers(seen, routers)
    said = {router.name: _said(router, traffic, seen) for router in serving}
    asks = [ask for router in serving for ask in _asks(router, traffic, seen)]
    refused = [item.message for ask in asks if isinstance(item := seen.answers.get(ask), Refused)]
    because = f" ({refused[0]})" if refused else ""
    doubting = [name for name, is_in_effect in said.items() if is_in_effect is False]
    return Confirmation(
        doubts=tuple(f"{name} does not confirm weight {split.weight} yet{because}" for name in doubting),
        is_told=all(said.values()),
        asks=tuple(ask for ask in asks if ask not in seen.answers),
        is_asked=bool(asks),
        refused=tuple(dict.fromkeys(refused)),
    )


def _said(router: Router, traffic: Traffic, seen: Seen) -> bool | None:
    said = router.verified(traffic, seen.objects)
    if said is not None or not isinstance(router, Verifier) or not _may_ask(traffic, seen):
        return said
    return _is_known(traffic, seen) or router.answered(traffic, seen.objects, seen.answers)


def _asks(router: Router, traffic: Traffic, seen: Seen) -> Sequence[Ask]:
    """What must be asked: only after the objects say what was decided, and until it has been confirmed once."""
    is_open = _may_ask(traffic, seen) and not _is_known(traffic, seen)
    if not is_open or not isinstance(router, Verifier) or router.verified(traffic, seen.objects) is not None:
        return ()
    return router.asks(traffic, seen.objects)


def _may_ask(traffic: Traffic, seen: Seen) -> bool:
    """Whether the operator wants it; while traffic settles, weights are not those that are decided."""
    return seen.settings.verifies and not traffic.is_settling


def _is_known(traffic: Traffic, seen: Seen) -> bool:
    """Whether the status says of these weights that they were in effect."""
    weights = seen.rollout.status.canary.weights
    return weights is not None and weights.verified is True and weights.canary.weight == traffic.weight


def lingering(
    seen: Seen, fleet: Fleet, progress: Progress, now: datetime, routers: Sequence[Router]
) -> tuple[str, ...]:
    """What keeps the canary Service on a version that the new one is to follow: it may still get traffic."""
    services = [seen.services.get(canary) for canary, _ in roles_of(seen.rollout)]
    hashes = {item.hash for item in fleet.all if item is not fleet.new and item.replicas}
    if not serving_routers(seen, routers) or not any(service and service.hash in hashes for service in services):
        return ()
    said = confirmation(seen, fleet, progress, Split(0, over=False), routers)
    return said.doubts if said.doubts or said.is_told else _undrained(seen, fleet, now)


def _undrained(seen: Seen, fleet: Fleet, now: datetime) -> tuple[str, ...]:
    """Where routers cannot tell: why the canary Service may still get the traffic of an earlier version.

    A first version that nothing came before has never had canary traffic. Where ``since`` was not kept (another schema
    prunes it), nothing is known.
    """
    weights = seen.rollout.status.canary.weights
    if weights is None or not fleet.others:
        return ()
    if weights.canary.weight:
        is_mine = weights.canary.pod_template_hash == fleet.hash
        return () if is_mine else (f"weight {weights.canary.weight} is taken from the version before",)
    drain = timedelta(seconds=seen.settings.drain_seconds)
    if weights.since is None or weights.since + drain <= now:
        return ()
    return (f"weight 0 may not be in effect before {timestamp(weights.since + drain)}",)


def held(seen: Seen, fleet: Fleet, sizes: dict[str, Aim], doubts: tuple[str, ...], now: datetime) -> Held:
    """The aims while routers have doubts: what shrinks keeps its pods.

    A version that is left with as many pods as the user wants in all can carry whatever comes: that one may shrink, as
    a scaler wants it. A delay goes on as long as the drain time fits into it: it will fit after the last moment of
    doubt, too. Others begin anew once there is no doubt.
    """
    if not doubts:
        return Held(sizes)
    drain = timedelta(seconds=seen.settings.drain_seconds)
    aims = {item.name: _held(seen, item, sizes[item.name], now + drain) for item in fleet.all if item.name in sizes}
    waiting = [f"{item.name} keeps its {item.replicas} pods" for item in fleet.all if _is_held(aims, item)]
    ends = (aim.deadline - drain for aim in aims.values() if aim.deadline and aim.deadline > now + drain)
    why = (f"{'; '.join(doubts)}: {', '.join(waiting)}",) if waiting else ()
    return Held(sizes | aims, why, earliest_of(ends))


def _is_held(aims: dict[str, Aim], item: ReplicaSet) -> bool:
    return item.name in aims and aims[item.name].is_held


def _held(seen: Seen, item: ReplicaSet, aim: Aim, safe: datetime) -> Aim:
    is_running = aim.deadline is not None and aim.deadline == item.deadline and aim.deadline > safe
    is_less = item.replicas > aim.replicas < seen.rollout.replicas
    if item.replicas == 0 or not (is_less or (aim.deadline is not None and not is_running)):
        return aim
    return Aim(max(aim.replicas, item.replicas), is_held=True)
