"""The analyses of an Experiment: which runs there are, how they stand, which are to begin.

The status names the runs that count. One that it does not name counts only while it has no verdict and measures
exactly what is wanted: it was begun by a decision whose status did not arrive.
"""

from collections.abc import Iterator
from datetime import timedelta

from msgspec import Struct, to_builtins
from msgspec.structs import replace

from serinus.analysis.build import run_spec
from serinus.analysis.naming import find_run, free_name
from serinus.analysis.phases import BAD, COMPLETED, ERROR, PENDING, RUNNING, SUCCESSFUL, worst
from serinus.analysis.templates import BuildError
from serinus.api import keys
from serinus.api.analysis import AnalysisRunSpec, Argument
from serinus.api.analysis_ref import RolloutAnalysis, RunMetadata, TemplateRef
from serinus.api.experiment import ExperimentAnalysisSpec, ExperimentRunStatus
from serinus.api.kinds import ANALYSIS_RUN
from serinus.api.moments import timestamp
from serinus.api.scalar import Manifest
from serinus.experiment.fleets import Fleet
from serinus.plan import SeenExperiment


class Analyses(Struct, frozen=True):
    """How the analyses stand."""

    statuses: tuple[ExperimentRunStatus, ...] = ()
    made: tuple[Manifest, ...] = ()
    """Runs to be created."""
    required: frozenset[str] = frozenset()
    """The names of those that end the Experiment by their success."""
    is_awaited: bool = False
    """Whether some have not begun yet."""

    @property
    def is_bad(self) -> bool:
        """Whether one has failed, or has no clear verdict."""
        return any(item.phase in BAD for item in self.statuses)

    @property
    def is_enough(self) -> bool:
        """Whether all that are required, of which there are some, were successful."""
        done = {item.name for item in self.statuses if item.phase == SUCCESSFUL}
        return bool(self.required) and self.required <= done

    @property
    def is_completed(self) -> bool:
        """Whether all that have begun are over."""
        return not self.is_awaited and all(item.phase in COMPLETED for item in self.statuses)

    @property
    def verdict(self) -> tuple[str, str]:
        """The worst phase and its message; what still waits counts as running."""
        if self.is_enough and not self.is_bad:
            return SUCCESSFUL, "Required AnalysisRuns completed"
        phases = [RUNNING if item.phase in {"", PENDING} else item.phase for item in self.statuses]
        phase = worst([*phases, RUNNING] if self.is_awaited else phases)
        message = next((item.message for item, own in zip(self.statuses, phases, strict=True) if own == phase), "")
        return phase, message if phase in BAD else ""


def analyses_of(seen: SeenExperiment, fleets: tuple[Fleet, ...], *, may_begin: bool) -> Analyses:
    """How every analysis stands; with ``may_begin``, those that have no run get one."""
    spec = seen.experiment.spec
    found = Analyses(required=frozenset(item.name for item in spec.analyses if item.required_for_completion))
    for analysis in spec.analyses:
        before = next((item for item in seen.experiment.status.analysis_runs if item.name == analysis.name), None)
        if before is not None:
            found = replace(found, statuses=(*found.statuses, _standing(seen, before)))
        elif may_begin:
            found = _begun(found, seen, fleets, analysis)
        else:
            found = replace(found, is_awaited=True)
    return found


def missing(seen: SeenExperiment, fleets: tuple[Fleet, ...]) -> str:
    """Why an analysis could not begin; empty when all could."""
    for analysis in seen.experiment.spec.analyses:
        try:
            _spec(seen, fleets, analysis)
        except BuildError as error:
            return f"AnalysisTemplate verification failed for analysis '{analysis.name}': {error}"
    return ""


def _standing(seen: SeenExperiment, before: ExperimentRunStatus) -> ExperimentRunStatus:
    run = find_run(seen.runs, before.analysis_run)
    if run is not None:
        return replace(before, phase=run.status.phase or PENDING, message=run.status.message)
    if before.phase in COMPLETED:
        return before
    return before if not before.analysis_run else replace(before, phase=ERROR, message="the AnalysisRun was deleted")


def _begun(
    found: Analyses, seen: SeenExperiment, fleets: tuple[Fleet, ...], analysis: ExperimentAnalysisSpec
) -> Analyses:
    try:
        spec = _spec(seen, fleets, analysis)
    except BuildError as error:
        message = f"Failed to create AnalysisRun for analysis '{analysis.name}': {error}"
        status = ExperimentRunStatus(name=analysis.name, analysis_run="", phase=ERROR, message=message)
        return replace(found, statuses=(*found.statuses, status))
    name, run = free_name(f"{seen.experiment.name}-{analysis.name}", spec, seen.runs, seen.answers)
    phase = (run.status.phase if run else "") or PENDING
    status = ExperimentRunStatus(name=analysis.name, analysis_run=name, phase=phase)
    made = () if run else (_manifest(seen, name, spec),)
    return replace(found, statuses=(*found.statuses, status), made=(*found.made, *made))


def _spec(seen: SeenExperiment, fleets: tuple[Fleet, ...], analysis: ExperimentAnalysisSpec) -> AnalysisRunSpec:
    wanted = RolloutAnalysis(
        templates=(TemplateRef(template_name=analysis.template_name, cluster_scope=analysis.cluster_scope),),
        dry_run=seen.experiment.spec.dry_run,
        measurement_retention=seen.experiment.spec.measurement_retention,
    )
    return run_spec(wanted, tuple(_arguments(seen, fleets, analysis)), seen.templates)


def _arguments(seen: SeenExperiment, fleets: tuple[Fleet, ...], analysis: ExperimentAnalysisSpec) -> Iterator[Argument]:
    """The arguments with what they name of the Experiment filled in; values from elsewhere are not passed on."""
    known = _names(seen, fleets)
    for arg in analysis.args:
        value = arg.value
        for name, meant in known.items():
            for spelled in (f"{{{{{name}}}}}", f"{{{{ {name} }}}}"):
                value = value.replace(spelled, meant) if value else value
        yield Argument(name=arg.name, value=value)


def _names(seen: SeenExperiment, fleets: tuple[Fleet, ...]) -> dict[str, str]:
    available, seconds = seen.experiment.status.available_at, seen.experiment.spec.seconds
    known = {}
    for fleet in fleets:
        known[f"templates.{fleet.template.name}.podTemplateHash"] = fleet.hash
        known[f"templates.{fleet.template.name}.replicaset.name"] = fleet.name
    if available is not None:
        known["experiment.availableAt"] = timestamp(available)
    if available is not None and seconds is not None:
        known["experiment.finishedAt"] = timestamp(available + timedelta(seconds=seconds))
    return known


def _manifest(seen: SeenExperiment, name: str, spec: AnalysisRunSpec) -> Manifest:
    experiment = seen.experiment
    wanted = experiment.spec.analysis_run_metadata or RunMetadata()
    instance = experiment.metadata.labels.get(keys.INSTANCE_ID)
    return {
        "apiVersion": ANALYSIS_RUN.api_version,
        "kind": ANALYSIS_RUN.kind,
        "metadata": {
            "name": name,
            "namespace": experiment.metadata.namespace,
            "labels": ({keys.INSTANCE_ID: instance} if instance else {}) | wanted.labels,
            "annotations": wanted.annotations,
            "ownerReferences": [experiment.owner_reference],
        },
        "spec": to_builtins(spec),
    }
