"""What a run tells people."""

from serinus.analysis.phases import COMPLETED, ERROR, FAILED
from serinus.api.analysis import AnalysisRunStatus
from serinus.plan import Event


def events_of(before: AnalysisRunStatus, after: AnalysisRunStatus) -> tuple[Event, ...]:
    """The ends that came between two states: of metrics, then of the run. The words are Argo Rollouts'."""
    events = []
    for result in after.metric_results:
        old = before.result(result.name)
        if result.phase in COMPLETED and (old is None or old.phase != result.phase):
            text = f"Metric '{result.name}' Completed. Result: {result.phase}"
            events.append(_event("Metric", result.phase, text))
    if after.phase in COMPLETED and before.phase != after.phase:
        events.append(_event("AnalysisRun", after.phase, f"Analysis Completed. Result: {after.phase}"))
    return tuple(events)


def _event(what: str, phase: str, text: str) -> Event:
    return Event(f"{what}{phase}", text, "Warning" if phase in {ERROR, FAILED} else "Normal")
