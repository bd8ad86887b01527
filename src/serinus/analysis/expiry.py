"""When a run whose verdict is spoken is deleted."""

from datetime import datetime, timedelta

from serinus.analysis.phases import FAILED, SUCCESSFUL
from serinus.api.analysis import AnalysisRun, TtlStrategy
from serinus.api.kinds import ANALYSIS_RUN
from serinus.plan import Delete, Plan, Ref


def expiry(run: AnalysisRun, now: datetime) -> Plan:
    """Delete a run whose time is over; wait for that time where one is set."""
    seconds = _seconds(run.spec.ttl_strategy, run.status.phase)
    if seconds is None or run.status.completed_at is None or run.metadata.deletion_timestamp is not None:
        return Plan()
    end = run.status.completed_at + timedelta(seconds=seconds)
    if now <= end:
        return Plan(wake=end + timedelta(milliseconds=1), why=(f"the run is deleted after {end:%H:%M:%S}",))
    ref = Ref(ANALYSIS_RUN, run.metadata.namespace, run.name)
    return Plan(writes=(Delete(ref, run.metadata.uid),))


def _seconds(strategy: TtlStrategy | None, phase: str) -> int | None:
    """How long a run stays after its end; None: for ever."""
    if strategy is None:
        return None
    special = {SUCCESSFUL: strategy.seconds_after_success, FAILED: strategy.seconds_after_failure}.get(phase)
    return strategy.seconds_after_completion if special is None else special
