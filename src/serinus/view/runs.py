"""What is shown of AnalysisRuns and Jobs, given as plain data."""

from collections.abc import Iterable
from typing import Any

from serinus.api import keys
from serinus.api.scalar import Manifest
from serinus.view.health import Health, of_phase
from serinus.view.moment import created_of, read_moment
from serinus.view.tree import Node, by_age

_COUNTS = (
    ("successful", Health.OK),
    ("failed", Health.BAD),
    ("inconclusive", Health.UNKNOWN),
    ("error", Health.ERROR),
)


def analysis_run_node(run: Manifest) -> Node:
    """The row of an AnalysisRun, with the Jobs that it has started."""
    results: list[Any] = (run.get("status") or {}).get("metricResults") or []
    return Node(
        sign="α",
        name=run["metadata"]["name"],
        kind="AnalysisRun",
        status=phase_text(run),
        health=of_phase(phase_text(run)),
        created=created_of(run),
        notes=tuple(_notes(results)),
        children=tuple(sorted(_jobs(results), key=by_age)),
    )


def phase_text(manifest: Manifest) -> str:
    """The phase of a run; ``Pending`` until the controller has looked at it."""
    return (manifest.get("status") or {}).get("phase") or "Pending"


def revision_of(manifest: Manifest) -> int:
    """The Rollout's revision that an object belongs to; 0 where none is readable."""
    text = (manifest["metadata"].get("annotations") or {}).get(keys.REVISION, "")
    return int(text) if text.isdecimal() else 0


def owned_by(manifests: Iterable[Manifest], uid: str) -> tuple[Manifest, ...]:
    """Those objects that somebody owns."""
    return tuple(
        item
        for item in manifests
        if uid and any(owner.get("uid") == uid for owner in item["metadata"].get("ownerReferences") or ())
    )


def _notes(results: list[Any]) -> Iterable[str]:
    for name, health in _COUNTS:
        if total := sum(result.get(name, 0) for result in results):
            yield f"{health.value} {total}"


def _jobs(results: list[Any]) -> Iterable[Node]:
    for result in results:
        for measurement in result.get("measurements") or ():
            name = (measurement.get("metadata") or {}).get("job-name")
            if name:
                phase = measurement.get("phase") or "Pending"
                started = read_moment(measurement.get("startedAt"))
                yield Node("⊞", name, "Job", phase, of_phase(phase), started)
