"""The tree of everything that belongs to a Rollout."""

from datetime import datetime

from msgspec import Struct

from serinus.view.age import remaining
from serinus.view.health import Health


class Node(Struct, frozen=True):
    """One row: a thing and what belongs to it.

    ``kind`` and ``health`` are empty for a revision, which only groups. Times are kept as moments, so that a tree
    is equal to itself a second later.
    """

    sign: str
    name: str
    kind: str = ""
    status: str = ""
    health: Health | None = None
    created: datetime | None = None
    notes: tuple[str, ...] = ()
    deadline: datetime | None = None
    children: tuple["Node", ...] = ()

    def info(self, now: datetime) -> str:
        """The last column: notes, and how long a scale-down is put off."""
        delay = (f"delay:{remaining(self.deadline, now)}",) if self.deadline else ()
        return ",".join(self.notes + delay)


def by_age(node: Node) -> tuple[float, str]:
    """Sort key: the older first, then by name."""
    return (node.created.timestamp() if node.created else 0.0, node.name)
