"""What an analysis measured and decided, as far as a row shows it."""

import re
from collections.abc import Iterable, Mapping
from math import isfinite

from msgspec import Struct

from serinus.api import keys
from serinus.api.analysis import AnalysisRun, Measurement

MARKS: Mapping[str, str] = {"Successful": "✔", "Failed": "✖", "Error": "⚠", "Inconclusive": "?"}
BAD = frozenset({"Failed", "Error", "Inconclusive"})
VECTOR = re.compile(r"\[([^,\]]+)\]")
"""A value as Prometheus' provider writes one number."""


class Measured(Struct, frozen=True):
    """One measurement."""

    metric: str
    number: int
    """Counted from 1, errors included."""
    phase: str
    value: str
    message: str = ""

    @property
    def ratio(self) -> float | None:
        """The number that was measured; None where there were no data."""
        found = VECTOR.fullmatch(self.value)
        try:
            number = float(found[1]) if found else float("nan")
        except ValueError:
            return None
        return number if isfinite(number) else None

    def __str__(self) -> str:
        """In one line, for people."""
        return self.brief if self.ratio is not None or not self.message else f"{self.brief}: {self.message}"

    @property
    def brief(self) -> str:
        """The same without any message."""
        value = "no number" if self.ratio is None else f"{self.ratio:.3f}"
        return f"{self.number}: {MARKS.get(self.phase, '…')} {self.phase}, {value}"


class Analysis(Struct, frozen=True):
    """A run, as it stands."""

    name: str
    phase: str
    message: str
    measurements: tuple[Measured, ...]


def of_version(runs: Iterable[AnalysisRun], pod_hash: str) -> AnalysisRun | None:
    """The run that judges a version; the youngest where there are several."""
    found = [run for run in runs if pod_hash and run.metadata.labels.get(keys.POD_TEMPLATE_HASH) == pod_hash]
    return max(found, key=lambda run: (str(run.metadata.creation_timestamp), run.name), default=None)


def read(run: AnalysisRun) -> Analysis:
    """What a row shows of a run."""
    status = run.status
    return Analysis(run.name, status.phase, status.message, tuple(measured(run)))


def measured(run: AnalysisRun | None) -> list[Measured]:
    """The measurements that have ended, metric by metric."""
    results = run.status.metric_results if run else ()
    return [
        Measured(result.name, number, one.phase, one.value, one.message)
        for result in results
        for number, one in enumerate(result.measurements, 1)
        if _is_over(one)
    ]


def fresh(old: AnalysisRun | None, new: AnalysisRun | None) -> list[str]:
    """What is new to tell about a run: a line per measurement, and one for its end."""
    known, phase = measured(old), old.status.phase if old else ""
    lines = [f"measurement {one}" for one in measured(new) if one not in known]
    if new and new.status.phase != phase and new.status.phase in MARKS:
        message = f": {new.status.message}" if new.status.message else ""
        lines.append(f"the AnalysisRun {new.name} is {new.status.phase}{message}")
    return lines


def _is_over(measurement: Measurement) -> bool:
    return measurement.finished_at is not None
