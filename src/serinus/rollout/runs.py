"""What becomes of AnalysisRuns: new ones are made, those that nothing hangs on any more are ended, old ones go."""

from collections.abc import Iterator

from serinus.api import keys
from serinus.api.analysis import AnalysisRun
from serinus.api.kinds import ANALYSIS_RUN
from serinus.api.rollout import Rollout
from serinus.plan import Create, Delete, Patch, Ref, Seen, Write
from serinus.rollout.fleet import Fleet
from serinus.rollout.goal import Goal

_KEPT = 5
"""How many runs of either kind are kept, where the user does not say."""


def run_writes(seen: Seen, fleet: Fleet, goal: Goal) -> Iterator[Write]:
    """All writes between the runs that are seen and those that should be."""
    namespace, needed = seen.rollout.metadata.namespace, goal.progress.runs.needed
    for manifest in goal.progress.runs.made:
        yield Create(Ref(ANALYSIS_RUN, namespace, manifest["metadata"]["name"]), manifest)
    others = [run for run in seen.runs if run.name not in needed and run.metadata.deletion_timestamp is None]
    surplus = surplus_runs(seen.rollout, fleet, others)
    for run in others:
        if run in surplus:
            yield Delete(_ref(run), run.metadata.uid)
        elif not run.status.is_completed and not run.spec.terminate:
            yield Patch(_ref(run), {"metadata": {"uid": run.metadata.uid}, "spec": {"terminate": True}})


def surplus_runs(rollout: Rollout, fleet: Fleet, others: list[AnalysisRun]) -> list[AnalysisRun]:
    """Those that are forgotten: of versions that are gone, and beyond what is kept, the oldest."""
    versions = {fleet.hash, *(item.hash for item in fleet.all)}
    limits = rollout.spec.analysis
    left = {
        True: _limit(limits.successful_run_history_limit if limits else None),
        False: _limit(limits.unsuccessful_run_history_limit if limits else None),
    }
    surplus = []
    for run in sorted(others, key=_age):
        is_good = run.status.phase == "Successful"
        if run.metadata.labels.get(keys.POD_TEMPLATE_HASH) not in versions:
            surplus.append(run)
        elif run.status.is_completed:
            left[is_good] -= 1
            if left[is_good] < 0:
                surplus.append(run)
    return surplus


def _limit(configured: int | None) -> int:
    return _KEPT if configured is None else configured


def _age(run: AnalysisRun) -> tuple[float, str]:
    """Sorts the newest first."""
    created = run.metadata.creation_timestamp
    return (-created.timestamp() if created else 0.0, run.name)


def _ref(run: AnalysisRun) -> Ref:
    return Ref(ANALYSIS_RUN, run.metadata.namespace, run.name)
