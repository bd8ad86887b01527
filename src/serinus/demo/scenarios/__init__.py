"""The stories, one file each; adding one costs its file, its manifests and a line here."""

from collections.abc import Callable, Mapping

from serinus.demo.scenario import Scenario
from serinus.demo.scenarios.nginx import nginx

SCENARIOS: Mapping[str, Callable[[float], Scenario]] = {"nginx": nginx}
"""Each scenario by its name, for timed pauses of so many seconds."""
