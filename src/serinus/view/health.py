"""How well a thing is, in one sign."""

from enum import Enum


class Health(Enum):
    """The state of anything that a person looks at; the value is its sign."""

    PROGRESSING = "◌"
    OK = "✔"
    BAD = "✖"
    PAUSED = "॥"
    ERROR = "⚠"
    UNKNOWN = "?"
    PENDING = "◷"
    SCALED_DOWN = "•"


_OF_PHASE = {
    "Healthy": Health.OK,
    "Successful": Health.OK,
    "Progressing": Health.PROGRESSING,
    "Running": Health.PROGRESSING,
    "Paused": Health.PAUSED,
    "Degraded": Health.BAD,
    "Failed": Health.BAD,
    "Error": Health.ERROR,
    "Pending": Health.PENDING,
}


def of_phase(phase: str) -> Health:
    """The health that a phase of a Rollout, an AnalysisRun or an Experiment means."""
    return _OF_PHASE.get(phase, Health.UNKNOWN)
