"""When versions that are not wanted any more lose their pods.

A version that a Service selects keeps them. With a router, pods outlive their traffic: by the delay that the user
chose, and never by less than the drain time. The end of the delay stands on the ReplicaSet, so it survives a restart.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from serinus.api.moments import whole_second
from serinus.api.workload import ReplicaSet
from serinus.plan import Seen
from serinus.rollout.delays import delays_of
from serinus.rollout.fleet import Fleet
from serinus.rollout.goal import Aim
from serinus.rollout.progress import Progress
from serinus.rollout.target import bounds_of


def old_sizes(seen: Seen, fleet: Fleet, progress: Progress, selected: dict[str, str], now: datetime) -> dict[str, Aim]:
    """The aims of all versions that are neither new nor stable."""
    delays = delays_of(seen.rollout)
    if delays is None:
        return _basic(seen, fleet)
    is_promoted = progress.stable_hash == fleet.hash
    return _delayed(seen, fleet, delays.promoted if is_promoted else 0, selected, now)


def given_up(seen: Seen, fleet: Fleet, selected: dict[str, str], now: datetime) -> Aim:
    """The aim of the new version after an abort, with a router: it stays for a while."""
    new, stable = fleet.new, fleet.stable
    assert new is not None
    if new.replicas == 0:
        return Aim(0, new.deadline)
    if new.has_deadline:
        is_over = new.deadline is None or (now >= new.deadline and not _is_selected(seen, new, selected))
        return Aim(0 if is_over else new.replicas, new.deadline)
    is_covered = stable is not None and stable.serving >= seen.rollout.replicas
    if not is_covered or _is_selected(seen, new, selected):
        return Aim(new.replicas)
    delays = delays_of(seen.rollout)
    return Aim(new.replicas, _in(seen, delays.aborted if delays else 0, now))


def drained(seen: Seen, item: ReplicaSet, aim: Aim, selected: dict[str, str], now: datetime) -> Aim:
    """The aim of a version whose share of traffic fell: smaller, once that is in effect.

    A delay that is longer than the drain time began in an earlier life, as an old version or an aborted one.
    """
    drained_at = _in(seen, 0, now)
    if not item.has_deadline or (item.deadline is not None and item.deadline > drained_at):
        return Aim(item.replicas, drained_at)
    is_over = item.deadline is None or now >= item.deadline
    is_free = aim.replicas > 0 or not _is_selected(seen, item, selected)
    return aim if is_over and is_free else Aim(item.replicas, item.deadline)


def _basic(seen: Seen, fleet: Fleet) -> dict[str, Aim]:
    """Without a router: as many pods as can be spared, those that do not serve first."""
    spare = sum(item.serving for item in fleet.all if item.is_observed)
    spare -= bounds_of(seen.rollout).floor
    aims: dict[str, Aim] = {}
    for item in sorted(fleet.others, key=lambda item: item.revision, reverse=True):
        going = min(item.serving, max(0, spare)) if not _is_selected(seen, item, {}) else 0
        spare -= going
        aims[item.name] = Aim(item.serving - going)
    return aims


def _delayed(seen: Seen, fleet: Fleet, delay: int, selected: dict[str, str], now: datetime) -> dict[str, Aim]:
    delays = delays_of(seen.rollout)
    limit = delays.limit if delays else None
    aims, delayed = {}, 0
    for item in sorted(fleet.others, key=lambda item: item.revision, reverse=True):
        is_over_limit = limit is not None and delayed >= limit
        aim = _old_aim(seen, item, selected, 0 if is_over_limit else delay, now)
        aims[item.name] = _hastened(seen, aim, now) if is_over_limit else aim
        delayed += aims[item.name].replicas > 0
    return aims


def _old_aim(seen: Seen, item: ReplicaSet, selected: dict[str, str], delay: int, now: datetime) -> Aim:
    if item.replicas == 0:
        return Aim(0)
    if _is_selected(seen, item, selected):
        return Aim(item.replicas)
    if item.has_deadline:
        is_over = item.deadline is None or now >= item.deadline
        still_selected = _is_selected(seen, item, {})
        return Aim(0) if is_over and not still_selected else Aim(item.replicas, item.deadline)
    return Aim(item.replicas, _in(seen, delay, now))


def _hastened(seen: Seen, aim: Aim, now: datetime) -> Aim:
    """The aim of a version beyond the number of those that may wait: it goes once its traffic has."""
    soon = _in(seen, 0, now)
    return Aim(aim.replicas, soon) if aim.deadline is not None and aim.deadline > soon else aim


def _in(seen: Seen, delay: int, now: datetime) -> datetime:
    """The end of a delay that begins now: rounded up to the whole seconds that annotations hold."""
    seconds = max(delay, seen.settings.drain_seconds)
    return whole_second(now) + timedelta(seconds=seconds)


def _is_selected(seen: Seen, item: ReplicaSet, selected: dict[str, str]) -> bool:
    """Whether a Service looks at the version, once ``selected`` is carried out."""
    return item.hash in _selections(seen, selected)


def _selections(seen: Seen, selected: dict[str, str]) -> Iterable[str]:
    delays = delays_of(seen.rollout)
    watched = (delays.watched if delays else ()) or tuple(seen.services)
    return [selected.get(name, item.hash) for name, item in seen.services.items() if name in watched]
