"""The phase of a Rollout as clients see it.

The controller writes a phase, but it may not have looked yet at what the user changed last: until it has, that is
the thing to say. Texts and order are Argo Rollouts' interface.
"""

from msgspec import Struct

from serinus.api import keys
from serinus.api.rollout import Rollout

HEALTHY = "Healthy"
DEGRADED = "Degraded"
PROGRESSING = "Progressing"
PAUSED = "Paused"

UNOBSERVED = "waiting for rollout spec update to be observed"
UNOBSERVED_WORKLOAD = "waiting for rollout spec update to be observed for the reference workload"
UNPAUSING = "waiting for rollout to unpause"


class Phase(Struct, frozen=True):
    """Where a Rollout stands, and why."""

    name: str
    message: str = ""

    def __str__(self) -> str:
        """The line that scripts read: the name, and the message where there is one."""
        return f"{self.name} - {self.message}" if self.message else self.name


def phase_of(rollout: Rollout) -> Phase:
    """Say where a Rollout stands."""
    status = rollout.status
    if not is_observed(rollout):
        return Phase(PROGRESSING, UNOBSERVED)
    if status.controller_pause and not status.pauses:
        return Phase(PROGRESSING, UNPAUSING)
    if not _is_workload_observed(rollout):
        return Phase(PROGRESSING, UNOBSERVED_WORKLOAD)
    return Phase(status.phase, status.message)


def is_observed(rollout: Rollout) -> bool:
    """Whether the controller has seen the spec as it is now; old controllers wrote a hash, which says nothing."""
    observed = _number(rollout.status.observed_generation)
    return bool(rollout.status.phase) and (observed is None or observed >= rollout.metadata.generation)


def _is_workload_observed(rollout: Rollout) -> bool:
    """Whether the controller has seen the workload that ``workloadRef`` names, if it does, as it is now."""
    generation = _number(rollout.metadata.annotations.get(keys.WORKLOAD_GENERATION, ""))
    observed = _number(rollout.status.workload_observed_generation)
    return generation is None or observed is None or observed == generation


def _number(text: str) -> int | None:
    try:
        return int(text)
    except ValueError:
        return None
