"""The short way back to a version that has served before: no steps, no pauses, no analysis."""

from datetime import datetime

from serinus.api.rollout import Rollout
from serinus.api.workload import ReplicaSet
from serinus.rollout.fleet import Fleet

IN_WINDOW = "Rollback within window"
FAST = "Fast rollback"


def rollback(rollout: Rollout, fleet: Fleet, now: datetime) -> str:
    """Why the update is a way back that skips everything; empty when it is not.

    Either the wanted version is one of the last ``rollbackWindow.revisions``, or, with blue-green, its pods still wait
    for the end of their scale-down delay.
    """
    new, stable = fleet.new, fleet.stable
    if new is None or stable is None or new is stable or not _is_older(new, stable):
        return ""
    if _is_in_window(rollout, fleet, new, stable):
        return IN_WINDOW
    is_waiting = new.deadline is not None and now < new.deadline
    return FAST if rollout.spec.strategy.blue_green is not None and is_waiting else ""


def is_back(fleet: Fleet) -> bool:
    """Whether the wanted version is older than the one that is stable."""
    return fleet.new is not None and fleet.stable is not None and _is_older(fleet.new, fleet.stable)


def _is_in_window(rollout: Rollout, fleet: Fleet, new: ReplicaSet, stable: ReplicaSet) -> bool:
    """Creation counts, not the revision: a version that came back has a new number, and is old all the same."""
    window = rollout.spec.rollback_window
    between = sum(_is_older(new, item) and _is_older(item, stable) for item in fleet.others)
    return window is not None and between < (window.revisions or 0)


def _is_older(first: ReplicaSet, second: ReplicaSet) -> bool:
    one, other = first.metadata.creation_timestamp, second.metadata.creation_timestamp
    return one is not None and other is not None and one < other
