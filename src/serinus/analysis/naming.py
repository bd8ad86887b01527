"""Under which name a run begins; the owner is a Rollout or an Experiment."""

from collections.abc import Iterable, Mapping

from serinus.api.analysis import AnalysisRun, AnalysisRunSpec
from serinus.plan import Answer, Ask, Created, Refused


def find_run(runs: Iterable[AnalysisRun], name: str) -> AnalysisRun | None:
    """The run of a name, if there is one."""
    return next((run for run in runs if run.name == name), None)


def free_name(
    wanted: str, spec: AnalysisRunSpec, runs: Iterable[AnalysisRun], answers: Mapping[Ask, Answer]
) -> tuple[str, AnalysisRun | None]:
    """A name that no run has, or that of the run that does what is wanted, and the run.

    Such a run counts only while it has no verdict: it was begun by a decision whose status did not arrive.
    """
    named = {run.name: run for run in runs}
    name, number = wanted, 0
    while True:
        run = named.get(name)
        if run is not None and not run.status.is_completed and run.spec == spec:
            return name, run
        if run is None and not isinstance(answers.get(Created(name)), Refused):
            return name, None
        number += 1
        name = f"{wanted}.{number}"
