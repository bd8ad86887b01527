"""When each kind of canary step is done.

One function per kind. Each gets the case at hand and says ``Done`` or what it waits for; none of them changes anything.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec import Struct

from serinus.api.canary import CanaryStep
from serinus.api.moments import whole_second
from serinus.api.status import RunStatus
from serinus.plan import Event
from serinus.rollout.progress import CANARY_PAUSE, Progress, Trial
from serinus.rollout.stepplugins import SUCCESSFUL, due, entry


class At(Struct, frozen=True):
    """The case that a step is judged in."""

    progress: Progress
    now: datetime
    unmet: tuple[str, ...] = ()
    """What keeps pods and traffic from being as this step wants them; empty when nothing does."""
    run: RunStatus | None = None
    """The AnalysisRun of this step, where it has one."""
    trial: Trial = Trial()
    """The Experiment of this step, where it has one."""


class Done(Struct, frozen=True):
    """The step is complete."""


class Waiting(Struct, frozen=True):
    """The step goes on."""

    why: tuple[str, ...]
    wake: datetime | None = None


class Pausing(Struct, frozen=True):
    """The step begins a pause."""

    start: datetime
    event: Event


Outcome = Done | Waiting | Pausing


def describe(step: CanaryStep) -> str:
    """The step in the words of events and of the command line."""
    for kind, text in _TEXTS.items():
        if getattr(step, kind) is not None:
            return text(step)
    return "invalid"


def outcome(step: CanaryStep, at: At) -> Outcome:
    """Judge a step; the order of kinds matters where a step names several."""
    for kind, judge in _JUDGES.items():
        if getattr(step, kind) is not None:
            return judge(step, at)
    return Waiting((f"the step {describe(step)} is of no kind that is known",))


def _pause(step: CanaryStep, at: At) -> Outcome:
    assert step.pause is not None
    running = next((item for item in at.progress.pauses if item.reason == CANARY_PAUSE), None)
    if running is None:
        # Paused by us, and yet no condition: somebody took it away to say "go on".
        return Done() if at.progress.controller_pause else _begin_pause(at.now)
    seconds = step.pause.seconds
    if seconds is None:
        return Waiting(("paused until it is promoted",))
    end = running.start_time + timedelta(seconds=seconds)
    return Done() if at.now >= end else Waiting((f"paused until {end:%H:%M:%S} UTC",), wake=end)


def _begin_pause(now: datetime) -> Pausing:
    # Statuses hold whole seconds. Rounded up, so that a pause is never shorter than it says.
    start = whole_second(now)
    return Pausing(start, Event("RolloutPaused", f"Rollout is paused ({CANARY_PAUSE})"))


def _counts(step: CanaryStep, at: At) -> Outcome:  # noqa: ARG001
    return Waiting(at.unmet) if at.unmet else Done()


def _routed(step: CanaryStep, at: At) -> Outcome:  # noqa: ARG001
    """A route is made, or taken away, with the next write of routes; nothing is waited for."""
    return Done()


def _analysis(step: CanaryStep, at: At) -> Outcome:  # noqa: ARG001
    if at.run is not None and at.run.status == "Successful":
        return Done()
    return Waiting((f"analysis {at.run.name} goes on",) if at.run else ())


def _plugin(step: CanaryStep, at: At) -> Outcome:
    assert step.plugin is not None
    found = entry(at.progress.plugins, at.progress.index or 0)
    if found is None:
        return Waiting((f"the plugin {step.plugin.name} is asked",))
    if found.phase == SUCCESSFUL:
        return Done()
    again, text = due(found), f"the plugin {step.plugin.name} is {found.phase}"
    return Waiting((f"{text}: {found.message}" if found.message else text,), again if again > at.now else None)


def _experiment(step: CanaryStep, at: At) -> Outcome:  # noqa: ARG001
    if at.trial.phase == "Successful":
        return Done()
    return Waiting((f"experiment {at.trial.name} goes on",) if at.trial.name else ())


def _scale_text(step: CanaryStep) -> str:
    scale = step.set_canary_scale
    assert scale is not None
    if scale.match_traffic_weight:
        return "setCanaryScale{matchTrafficWeight: true}"
    if scale.weight is not None:
        return f"setCanaryScale{{weight: {scale.weight}}}"
    return "invalid" if scale.replicas is None else f"setCanaryScale{{replicas: {scale.replicas}}}"


def _pause_text(step: CanaryStep) -> str:
    assert step.pause is not None
    return "pause" if step.pause.duration is None else f"pause: {step.pause.duration}"


_JUDGES: dict[str, Callable[[CanaryStep, At], Outcome]] = {
    "pause": _pause,
    "set_canary_scale": _counts,
    "set_weight": _counts,
    "experiment": _experiment,
    "analysis": _analysis,
    "set_header_route": _routed,
    "set_mirror_route": _routed,
    "plugin": _plugin,
}

_TEXTS: dict[str, Callable[[CanaryStep], str]] = {
    "set_weight": lambda step: f"setWeight: {step.set_weight}",
    "pause": _pause_text,
    "experiment": lambda _: "experiment",
    "analysis": lambda _: "analysis",
    "set_canary_scale": _scale_text,
    "plugin": lambda step: f"plugin: {step.plugin.name}" if step.plugin else "invalid",
    "set_header_route": lambda step: f"setHeaderRoute: {step.set_header_route.name}" if step.set_header_route else "",
    "set_mirror_route": lambda step: f"setMirrorRoute: {step.set_mirror_route.name}" if step.set_mirror_route else "",
}
