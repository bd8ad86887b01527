"""The strategies: chosen once, asked the same questions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from serinus.api.rollout import Rollout
from serinus.plan import Seen
from serinus.rollout import bluegreen, canary, services, sizes
from serinus.rollout.fleet import Fleet
from serinus.rollout.goal import Aim
from serinus.rollout.progress import Progress
from serinus.rollout.target import canary_of
from serinus.rollout.traffic import Split
from serinus.traffic.router import Router


class Strategy(Protocol):
    """How an update goes."""

    def advance(self, seen: Seen, fleet: Fleet, now: datetime, routers: Sequence[Router]) -> Progress:
        """Say how far the update is, and move it on where it may."""
        ...

    def select(self, seen: Seen, fleet: Fleet, progress: Progress) -> tuple[dict[str, str], tuple[str, ...]]:
        """Say which hash each Service should select, and what is waited for."""
        ...

    def size(
        self, seen: Seen, fleet: Fleet, progress: Progress, selected: dict[str, str], now: datetime
    ) -> tuple[int, dict[str, Aim]]:
        """Say the size of a new version that does not exist yet, and the aim of every ReplicaSet that does."""
        ...

    def split(self, seen: Seen, fleet: Fleet, progress: Progress) -> Split | None:
        """Say how traffic is divided; None where no router divides it."""
        ...


class Canary:
    """Shift traffic to the new version step by step."""

    advance = staticmethod(canary.advance)
    select = staticmethod(services.select)
    size = staticmethod(sizes.wanted_sizes)

    def split(self, seen: Seen, fleet: Fleet, progress: Progress) -> Split | None:
        """The weight of the canary, where a router is set."""
        return canary.split(seen, fleet, progress) if canary_of(seen.rollout).traffic_routing else None


class BlueGreen:
    """Two full fleets, and one switch."""

    advance = staticmethod(bluegreen.advance)
    select = staticmethod(bluegreen.select)
    size = staticmethod(bluegreen.sizes)

    def split(self, seen: Seen, fleet: Fleet, progress: Progress) -> Split | None:  # noqa: ARG002
        """Nothing to divide: a version has all traffic, or none."""
        return None


def strategy_of(rollout: Rollout) -> Strategy:
    """The strategy that the user has chosen."""
    return BlueGreen() if rollout.spec.strategy.blue_green is not None else Canary()
