"""What becomes of AnalysisRuns and Experiments.

New ones are made, those that nothing hangs on any more are ended, and old ones go.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import TypeVar

from serinus.api import keys
from serinus.api.analysis import AnalysisRun
from serinus.api.experiment import Experiment
from serinus.api.kinds import ANALYSIS_RUN, EXPERIMENT
from serinus.api.rollout import Rollout
from serinus.plan import Create, Delete, Patch, Ref, Seen, Write
from serinus.rollout.fleet import Fleet
from serinus.rollout.goal import Goal

_KEPT = 5
"""How many of either kind are kept, where the user does not say."""

T = TypeVar("T", AnalysisRun, Experiment)


def run_writes(seen: Seen, fleet: Fleet, goal: Goal) -> Iterator[Write]:
    """All writes between the runs and Experiments that are seen and those that should be."""
    namespace, progress = seen.rollout.metadata.namespace, goal.progress
    for manifest in progress.runs.made:
        yield Create(Ref(ANALYSIS_RUN, namespace, manifest["metadata"]["name"]), manifest)
    if progress.trial.made is not None:
        yield Create(Ref(EXPERIMENT, namespace, progress.trial.name), progress.trial.made)
    yield from _ended(seen, fleet, seen.runs, progress.runs.needed)
    yield from _ended(seen, fleet, seen.experiments, {progress.trial.name})


def _ended(seen: Seen, fleet: Fleet, items: Sequence[T], needed: Collection[str]) -> Iterator[Write]:
    others = [item for item in items if item.name not in needed and item.metadata.deletion_timestamp is None]
    gone = forgotten(seen.rollout, fleet, others)
    for item in others:
        if item in gone:
            yield Delete(_ref(item), item.metadata.uid)
        elif not item.status.is_completed and not item.spec.terminate:
            yield Patch(_ref(item), {"metadata": {"uid": item.metadata.uid}, "spec": {"terminate": True}})


def forgotten(rollout: Rollout, fleet: Fleet, others: Sequence[T]) -> list[T]:
    """Those that are forgotten: of versions that are gone, and beyond what is kept, the oldest."""
    versions = {fleet.hash, *(item.hash for item in fleet.all)}
    limits = rollout.spec.analysis
    left = {
        True: _limit(limits.successful_run_history_limit if limits else None),
        False: _limit(limits.unsuccessful_run_history_limit if limits else None),
    }
    gone = []
    for item in sorted(others, key=_age):
        is_good = item.status.phase == "Successful"
        if item.metadata.labels.get(keys.POD_TEMPLATE_HASH) not in versions:
            gone.append(item)
        elif item.status.is_completed:
            left[is_good] -= 1
            if left[is_good] < 0:
                gone.append(item)
    return gone


def _limit(configured: int | None) -> int:
    return _KEPT if configured is None else configured


def _age(item: AnalysisRun | Experiment) -> tuple[float, str]:
    """Sorts the newest first."""
    created = item.metadata.creation_timestamp
    return (-created.timestamp() if created else 0.0, item.name)


def _ref(item: AnalysisRun | Experiment) -> Ref:
    kind = ANALYSIS_RUN if isinstance(item, AnalysisRun) else EXPERIMENT
    return Ref(kind, item.metadata.namespace, item.name)
