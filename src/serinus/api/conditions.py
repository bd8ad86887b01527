"""Conditions of a status: which there are, and how one takes the place of another.

A condition that changes moves to the end of the list; whoever reads the list may rely on it.
"""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from serinus.api.meta import Condition

Conditions = tuple[Condition, ...]


class Said(Struct, frozen=True):
    """A condition without its times."""

    type: str
    status: str
    """True, False or Unknown."""
    reason: str
    message: str


def find(conditions: Iterable[Condition], type_: str) -> Condition | None:
    """The condition of a type, if there is one."""
    return next((item for item in conditions if item.type == type_), None)


def without(conditions: Iterable[Condition], type_: str) -> Conditions:
    """All conditions but those of a type."""
    return tuple(item for item in conditions if item.type != type_)


def put(conditions: Conditions, item: Said, now: datetime, *, refresh: bool = False) -> Conditions:
    """Set a condition; nothing changes where status and reason are the same, unless it is refreshed."""
    old = find(conditions, item.type)
    if old and (old.status, old.reason) == (item.status, item.reason) and not refresh:
        return conditions
    moment = now.replace(microsecond=0)
    transition = old.last_transition_time if old and old.status == item.status else moment
    fresh = Condition(
        type=item.type,
        status=item.status,
        last_update_time=moment,
        last_transition_time=transition,
        reason=item.reason,
        message=item.message,
    )
    return (*without(conditions, item.type), fresh)
