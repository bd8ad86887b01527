"""Which Service should look at which version."""

from serinus.api import keys
from serinus.api.workload import ReplicaSet
from serinus.plan import Seen
from serinus.rollout.dynamic import is_dynamic, returning_weight
from serinus.rollout.fleet import Fleet
from serinus.rollout.pingpong import after, roles_of
from serinus.rollout.progress import Progress
from serinus.rollout.target import canary_of, target


def select(seen: Seen, fleet: Fleet, progress: Progress) -> tuple[dict[str, str], tuple[str, ...]]:
    """Say which hash each Service should select, as far as that is safe now, and what is waited for."""
    canary = canary_of(seen.rollout)
    canaries, stables = zip(*roles_of(after(seen.rollout, progress.stable_hash)), strict=True)
    is_left = progress.is_aborted or _is_emptied(seen, fleet, progress)
    of_canary = progress.stable_hash if is_left else fleet.hash
    wanted = dict.fromkeys(stables, progress.stable_hash)
    if not (is_dynamic(seen) and returning_weight(seen, fleet, progress)):
        # Of these the last one is of ping-pong, where there is such.
        wanted |= dict.fromkeys(canaries[:-1] if progress.resting else canaries, of_canary)
    sets = {item.hash: item for item in fleet.all}
    chosen, why = {}, []
    for name, hash_ in wanted.items():
        item = sets.get(hash_)
        service = seen.services.get(name)
        if service is None or item is None or service.hash == hash_:
            continue
        if name in canaries and hash_ != progress.stable_hash and progress.lingering:
            why.append(f"Service {name} stays on {service.hash}")
            continue
        is_first = keys.MANAGED_BY not in service.metadata.annotations
        is_free = progress.is_aborted and canary.traffic_routing is not None
        if is_free or _can_serve(item, is_first=is_first):
            chosen[name] = hash_
        else:
            why.append(f"Service {name} waits for pods of {item.name} that can serve")
    return chosen, tuple(why)


def _is_emptied(seen: Seen, fleet: Fleet, progress: Progress) -> bool:
    """Whether the new version is to have no pods at this step, with a router: its Service must not lead nowhere."""
    is_routed = canary_of(seen.rollout).traffic_routing is not None
    return is_routed and not progress.is_halted and target(seen.rollout, fleet, progress).new == 0


def _can_serve(item: ReplicaSet, *, is_first: bool) -> bool:
    """A Service that was never ours carries all traffic: it is narrowed only onto a version that is fully there."""
    if not item.is_observed:
        return False
    if is_first:
        return item.replicas > 0 and item.serving >= item.replicas
    return item.serving > 0
