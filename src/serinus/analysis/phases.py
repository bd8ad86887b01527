"""The phases of runs, metrics and measurements, from good to bad."""

from collections.abc import Iterable

PENDING = "Pending"
RUNNING = "Running"
SUCCESSFUL = "Successful"
INCONCLUSIVE = "Inconclusive"
ERROR = "Error"
FAILED = "Failed"

_ORDER = (SUCCESSFUL, RUNNING, PENDING, INCONCLUSIVE, ERROR, FAILED)
COMPLETED = frozenset({SUCCESSFUL, INCONCLUSIVE, ERROR, FAILED})
BAD = frozenset({INCONCLUSIVE, ERROR, FAILED})


def worst(phases: Iterable[str]) -> str:
    """The worst of some phases; empty where there are none."""
    return max(phases, key=badness, default="")


def badness(phase: str) -> int:
    """How bad a phase is, from 0."""
    return _ORDER.index(phase) if phase in _ORDER else 0
