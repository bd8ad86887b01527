"""How far an update is."""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from serinus.api.moments import earliest, whole_second
from serinus.api.rollout import Rollout
from serinus.api.scalar import Manifest
from serinus.api.status import PauseCondition, RunStatus, StepPluginStatus
from serinus.plan import Ask, Event
from serinus.traffic.router import Destination

CANARY_PAUSE = "CanaryPauseStep"
BLUE_GREEN_PAUSE = "BlueGreenPause"
INCONCLUSIVE = "InconclusiveAnalysisRun"
INCONCLUSIVE_EXPERIMENT = "InconclusiveExperiment"
_HOLDING = {INCONCLUSIVE, INCONCLUSIVE_EXPERIMENT}


class Runs(Struct, frozen=True):
    """The AnalysisRuns that an update hangs on, as the status will tell of them."""

    step: RunStatus | None = None
    background: RunStatus | None = None
    pre_promotion: RunStatus | None = None
    post_promotion: RunStatus | None = None
    made: tuple[Manifest, ...] = ()
    """Those that begin now."""
    is_over: bool = False
    """Whether nothing hangs on them any more: they are told of, and go on no longer."""

    @property
    def needed(self) -> frozenset[str]:
        """The names of those that go on."""
        all_ = (self.step, self.background, self.pre_promotion, self.post_promotion)
        return frozenset(run.name for run in all_ if run and not self.is_over)

    @property
    def over(self) -> "Runs":
        """The same, told of and not needed."""
        return replace(self, made=(), is_over=True)


class Trial(Struct, frozen=True):
    """The Experiment of the step that an update is at."""

    name: str = ""
    """Empty where there is none."""
    phase: str = ""
    destinations: tuple[Destination, ...] = ()
    """Where its share of traffic goes."""
    made: Manifest | None = None
    """The Experiment itself, where it begins now."""


class Progress(Struct, frozen=True):
    """What the status will say of the update, and what led there."""

    stable_hash: str
    """The version that has proved itself, after this decision."""
    index: int | None = None
    """The step that the update is at; None when the strategy has no steps."""
    pauses: tuple[PauseCondition, ...] = ()
    controller_pause: bool = False
    aborted_at: datetime | None = None
    """Since when the update is given up; None while it is not."""
    abort_message: str = ""
    """Why it is given up, where the controller has decided it."""
    promote_full: bool = False
    is_halted: bool = False
    """Whether a person, or an inconclusive verdict, holds everything."""
    is_fresh: bool = False
    """Whether this decision begins another update: the template or the steps are new."""
    lingering: tuple[str, ...] = ()
    """Why the canary Service stays on another version than the new one, without traffic for either."""
    settling: datetime | None = None
    """Until when the canary's routes outlive a promotion; None when they need not."""
    resting: datetime | None = None
    """With ping-pong: until when the Service that was the stable one stays on its version."""
    active_hash: str = ""
    """Blue-green: the version that users should see."""
    is_previewed: bool = False
    """Blue-green: whether the small preview has done its part, so that it may grow to its full size."""
    rollback: str = ""
    """Why steps, pauses and analyses are skipped: it is the way back to a version that has served before."""
    runs: Runs = Runs()
    plugins: tuple[StepPluginStatus, ...] = ()
    """How far step plugins are."""
    asks: tuple[Ask, ...] = ()
    """What must be known to go on."""
    trial: Trial = Trial()
    promotion: str = ""
    """Why the new version becomes the stable one now; empty when it does not."""
    events: tuple[Event, ...] = ()
    wake: datetime | None = None
    why: tuple[str, ...] = ()

    @property
    def is_aborted(self) -> bool:
        """Whether the update is given up."""
        return self.aborted_at is not None

    @property
    def is_straight(self) -> bool:
        """Whether nothing is waited for but pods: no steps, no pauses, no analyses."""
        return self.promote_full or bool(self.rollback)

    def told(self, *events: Event) -> "Progress":
        """The same, with events."""
        return replace(self, events=self.events + events)

    def waiting(self, *reasons: str, wake: datetime | None = None) -> "Progress":
        """The same, with what is waited for."""
        return replace(self, why=self.why + reasons, wake=earliest(self.wake, wake))

    def trying(self, trial: Trial) -> "Progress":
        """The same, with the Experiment that it hangs on."""
        return replace(self, trial=trial)

    def halting(self, reason: str, now: datetime) -> "Progress":
        """The same, held until a person says how it goes on."""
        if any(item.reason == reason for item in self.pauses):
            return replace(self, is_halted=True)
        pause = PauseCondition(reason, whole_second(now))
        event = Event("RolloutPaused", f"Rollout is paused ({reason})")
        return replace(self, pauses=(*self.pauses, pause), controller_pause=True, is_halted=True).told(event)

    def giving_up(self, message: str, now: datetime) -> "Progress":
        """The same, given up."""
        moment = now.replace(microsecond=0)
        return replace(self, aborted_at=moment, abort_message=message, pauses=(), controller_pause=False)

    def without_pause(self, reason: str) -> "Progress":
        """The same, with a pause ended."""
        pauses = tuple(item for item in self.pauses if item.reason != reason)
        return replace(self, pauses=pauses, controller_pause=bool(pauses))


def recorded(rollout: Rollout, hash_: str, now: datetime) -> Progress:
    """Where the update to a version stands, as the status says it, for either strategy."""
    status = rollout.status
    is_aborted = status.abort and status.stable_rs != hash_ and not status.promote_full
    return Progress(
        stable_hash=status.stable_rs,
        pauses=() if is_aborted else status.pauses,
        controller_pause=status.controller_pause and not is_aborted,
        aborted_at=status.aborted_at or now.replace(microsecond=0) if is_aborted else None,
        promote_full=status.promote_full,
        is_halted=rollout.spec.paused or any(item.reason in _HOLDING for item in status.pauses),
    )
