"""What a scenario is: moments, how each begins, and what must be seen then."""

from collections.abc import Callable, Mapping
from typing import Literal

from msgspec import Struct, field

from serinus.demo.sight import Sight

PATIENCE = 30.0
"""Seconds that a moment may let us wait, besides pauses and delays that belong to it."""


class Judgement(Struct, frozen=True):
    """What the analysis of the new version must have come to."""

    phase: str
    """Of the AnalysisRun."""
    ratio: float
    """The part of its requests that a version answers well; each measurement must tell so."""


class Wanted(Struct, frozen=True, kw_only=True):
    """How things must stand at a moment."""

    weight: int
    """Percent of the requests from outside that the new version gets; the others go to the stable one."""
    second: int | None = None
    """The same for requests of the second side; None where there is only one."""
    sides: tuple[str, str] = ("outside", "inside")
    """Where requests come from: the first side, and the second."""
    requests: int = 1000
    """How many a share must rest on."""
    new: str
    """Image of the version that comes, or has come."""
    stable: str
    """Image of the version that it replaces."""
    ingresses: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """All Ingresses that may be there: their names, and their annotations but kubectl's own."""
    virtual_services: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Weights of the destinations of each route, as {"myapp-vsvc/primary": {"myapp-stable-svc": 100}}."""
    services: Mapping[str, str] = field(default_factory=dict)
    """Which version each Service's selector leads to."""
    pods: Mapping[str, int] = field(default_factory=dict)
    """How many pods a version has; one that is not named may have any number."""
    analysis: Judgement | None = None
    """How the new version was judged; None where it makes no difference."""


class Moment(Struct, frozen=True, kw_only=True):
    """A line of the article's table."""

    title: str
    wanted: Wanted
    reached: Callable[[Sight], bool]
    """Whether the Rollout has come to this moment, as far as its own status tells."""
    awaited: str
    """The same in words."""
    command: tuple[str, ...] = ()
    """What a user types to get there, without the word kubectl; empty where time alone leads there."""
    then: tuple[str, ...] = ()
    """What is typed as soon as it is reached, and is part of it."""
    rest: float = 0.0
    """Seconds that pass before anything is typed, until queries have forgotten the update before."""
    delay: float = 0.0
    """Seconds that pauses and scale-down delays may take before."""


class Door(Struct, frozen=True, kw_only=True):
    """How requests come to the app."""

    gateway: Literal["nginx", "envoy"]
    """Whom clients from outside talk to."""
    host: str
    """What requests from outside carry as their Host header."""
    service: str = ""
    """What the pod inside calls."""
    preview: str = ""
    """The Host header of testers, who look at what comes; empty where there are none."""
    caller: str = ""
    """Name of the manifest of the pod that calls from inside; empty where nobody does."""


class Scenario(Struct, frozen=True, kw_only=True):
    """A story with one set of manifests."""

    name: str
    title: str
    manifest: str
    """Name of the file in the folder of manifests; it is applied under this name."""
    rollout: str
    """Name of the Rollout that is watched."""
    door: Door
    images: tuple[str, ...]
    """The versions in the order of their coming."""
    faulty: Mapping[str, str] = field(default_factory=dict)
    """Versions that answer with errors of their own, each with the part of the requests, as `20%`."""
    scale_down: float | None = None
    """Seconds of scale-down delays that stand in no manifest: they are shortened with the pauses."""
    measured: bool = False
    """Whether Prometheus runs, and analyses ask it."""
    moments: tuple[Moment, ...]

    @property
    def own_ingresses(self) -> frozenset[str]:
        """The Ingresses of the manifests; any other is the canary's."""
        return frozenset(self.moments[0].wanted.ingresses)
