"""The Istio column: weights of the user's VirtualService, for requests from outside and between services."""

from msgspec.structs import replace

from serinus.demo.scenario import Door, Scenario, Wanted
from serinus.demo.scenarios.column import CANARY, SCALE_DOWN_DELAY, STABLE, Column, Story

ROUTE = "myapp-vsvc/primary"
ENOUGH = 2000
DOOR = Door(gateway="envoy", host="myapp.example.com", service=STABLE, caller="caller.yaml")


def istio(pause: float) -> Scenario:
    """Tell the story, with timed pauses of so many seconds, and scale-down delays that are no longer than these."""
    scale_down = min(SCALE_DOWN_DELAY, pause)
    column = Column(
        name="istio",
        title="A canary through Istio",
        door=DOOR,
        complete=_complete,
        is_settled=lambda sight, weight: sight.virtual_services.get(ROUTE) == _weights(weight),
        promoted="the canary route is removed",
        aborted="the weights are 100 / 0",
        scale_down=scale_down,
    )
    return replace(Story(column, pause).tell(), scale_down=scale_down)


def _complete(wanted: Wanted) -> Wanted:
    weight = wanted.weight
    return replace(wanted, second=weight, requests=ENOUGH, virtual_services={ROUTE: _weights(weight)})


def _weights(weight: int) -> dict[str, int]:
    """The destinations of the route: at full promotion the stable one alone."""
    return {STABLE: 100} if weight == 100 else {STABLE: 100 - weight, CANARY: weight}
