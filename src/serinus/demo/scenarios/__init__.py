"""The stories, one file each; adding one costs its file, its manifests and a line here."""

from collections.abc import Callable, Mapping

from msgspec import Struct

from serinus.demo.scenario import Scenario
from serinus.demo.scenarios.analysis import analysis
from serinus.demo.scenarios.blue_green import blue_green
from serinus.demo.scenarios.istio import istio
from serinus.demo.scenarios.nginx import nginx


class Told(Struct, frozen=True):
    """A story that can be told at two speeds."""

    tell: Callable[[float], Scenario]
    """Gives the scenario for timed pauses of so many seconds."""
    short_pause: float
    """Seconds: long enough to see a weight taken up and to measure it on two cores."""


SCENARIOS: Mapping[str, Told] = {
    "nginx": Told(nginx, 6.0),
    "istio": Told(istio, 16.0),
    "analysis": Told(analysis, 25.0),
    "blue-green": Told(blue_green, 10.0),
}
"""Each story by the name of its scenario."""
