"""What happens to a Rollout, drawn from a seed. Pure: the same seed gives the same script."""

import enum
from collections.abc import Iterator
from random import Random
from typing import Any

from msgspec import Struct

MOST_REPLICAS = 6


class Ending(enum.Enum):
    """How an update is meant to end."""

    PROMOTION = "promotion"
    ABORT = "abort"
    SUPERSEDE = "supersede"
    ROLLBACK = "rollback"


class Update(Struct, frozen=True):
    """One update. Its moment is so many seconds after a step was reached; 0 is the first step."""

    ending: Ending
    step: int
    seconds: float
    replicas: int
    """How many pods the Rollout is given together with the new version."""
    then: str
    """promotion: "wait" or "promote"; abort: "retry" or "go on"; rollback: "midway" or "after"."""
    rest: float
    """Seconds until the next thing is done, here and after an abort."""


class Cast(Struct, frozen=True):
    """A Rollout, and how it is made."""

    name: str
    door: str
    """What brings traffic to it; `manifests` knows them."""
    steps: tuple[dict[str, Any], ...]
    replicas: int
    dynamic: bool
    """Whether the stable version shrinks while the canary grows."""

    @property
    def host(self) -> str:
        """The host name that clients ask for."""
        return f"{self.name}.example.com"


THEN = {
    Ending.PROMOTION: ("wait", "promote"),
    Ending.ABORT: ("retry", "go on"),
    Ending.SUPERSEDE: ("",),
    Ending.ROLLBACK: ("midway", "after"),
}
WEIGHTS = range(5, 100, 5)
DOORS = ("nginx", "istio", "nginx", "gateway", "nginx", "subsets")
"""Every second one is nginx; the others are served by Envoy."""


def cast(seed: int, count: int) -> list[Cast]:
    """The Rollouts of a run."""
    chance = Random(f"{seed}/cast")
    return [_member(chance, number) for number in range(count)]


def _member(chance: Random, number: int) -> Cast:
    door = DOORS[number % len(DOORS)]
    weights = sorted(chance.sample(WEIGHTS, chance.randint(2, 4)))
    steps = [step for weight in weights for step in ({"setWeight": weight}, _pause(chance))]
    return Cast(f"{door}{number}", door, tuple(steps), chance.randint(1, MOST_REPLICAS), chance.random() < 1 / 3)


def _pause(chance: Random) -> dict[str, Any]:
    return {"pause": {"duration": chance.randint(1, 3)}}


def script(seed: int, member: Cast) -> Iterator[Update]:
    """The updates of a Rollout; there is always another one."""
    chance = Random(f"{seed}/{member.name}")
    replicas = member.replicas
    while True:
        ending = chance.choice(list(Ending))
        if chance.random() < 1 / 3:
            replicas = chance.randint(1, MOST_REPLICAS)
        yield Update(
            ending=ending,
            step=chance.randrange(len(member.steps)),
            seconds=round(chance.uniform(0, 1.5), 2),
            replicas=replicas,
            then=chance.choice(THEN[ending]),
            rest=round(chance.uniform(0, 3), 2),
        )
