"""Whether the routers of a Rollout can do what it asks of them.

What a layer can do is said by its router (``Router.supports``); one of several that can is enough.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from msgspec import Struct

from serinus.api.rollout import Rollout
from serinus.rollout.complaints import invalid
from serinus.rollout.target import canary_of
from serinus.traffic.router import Ability, Router

_CANARY = "spec.strategy.canary"

_TEXTS: dict[Ability, Callable[[str], str]] = {
    "setHeaderRoute": lambda able: f"SetHeaderRoute requires TrafficRouting, supports {able}",
    "setMirrorRoute": lambda able: f"SetMirrorRoute requires TrafficRouting, supports {able}",
    "experiment": lambda able: f"Experiment template weight requires TrafficRouting, supports {able}",
    "pingPong": lambda able: f"Ping-pong feature works with these traffic routers only: {able}",
    "maxTrafficWeight": lambda _: "needs nginx or a plugin",
}


class Demand(Struct, frozen=True):
    """A field that needs an ability."""

    ability: Ability
    path: str
    value: Any


def unable(rollout: Rollout, routers: Sequence[Router]) -> Iterator[str]:
    """What the Rollout asks for and none of its routers can do, with those that could."""
    asked = canary_of(rollout).traffic_routing
    serving = [router for router in routers if asked is not None and router.serves(asked)]
    present = frozenset[Ability]().union(*(router.supports for router in serving))
    for demand in _demands(rollout):
        if demand.ability not in present:
            able = ", ".join(router.name for router in routers if demand.ability in router.supports)
            yield invalid(demand.path, demand.value, _TEXTS[demand.ability](able or "none that is installed"))


def _demands(rollout: Rollout) -> Iterator[Demand]:
    canary = canary_of(rollout)
    asked = canary.traffic_routing
    if asked is not None and canary.ping_pong is not None:
        yield Demand("pingPong", f"{_CANARY}.pingPong", canary.ping_pong)
    if asked is not None and asked.max_traffic_weight is not None:
        yield Demand("maxTrafficWeight", f"{_CANARY}.trafficRouting.maxTrafficWeight", asked.max_traffic_weight)
    for index, step in enumerate(canary.steps):
        path = f"{_CANARY}.steps[{index}]"
        if step.set_header_route is not None:
            yield Demand("setHeaderRoute", f"{path}.setHeaderRoute", step.set_header_route)
        if step.set_mirror_route is not None:
            yield Demand("setMirrorRoute", f"{path}.setMirrorRoute", step.set_mirror_route)
        for number, template in enumerate(step.experiment.templates if step.experiment else ()):
            if template.weight is not None:
                yield Demand("experiment", f"{path}.experiment.templates[{number}].weight", template.weight)
