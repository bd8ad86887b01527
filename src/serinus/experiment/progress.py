"""How an Experiment stands: each template, and all in all."""

from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from serinus.analysis.phases import COMPLETED, ERROR, FAILED, PENDING, RUNNING, SUCCESSFUL, worst
from serinus.api.experiment import Experiment, ExperimentTemplateStatus
from serinus.api.moments import whole_second
from serinus.api.workload import ReplicaSetStatus
from serinus.experiment.analyses import Analyses, analyses_of, missing
from serinus.experiment.fleets import Fleet
from serinus.experiment.validate import progress_deadline
from serinus.plan import SeenExperiment

PROGRESSING = "Progressing"


class Progress(Struct, frozen=True):
    """How an Experiment stands by this decision."""

    phase: str
    message: str = ""
    templates: tuple[ExperimentTemplateStatus, ...] = ()
    analyses: Analyses = Analyses()
    available_at: datetime | None = None
    is_ending: bool = False
    """Whether no fleet is wanted any more."""

    @property
    def is_over(self) -> bool:
        """Whether there is a verdict."""
        return self.phase in COMPLETED


def advance(seen: SeenExperiment, fleets: tuple[Fleet, ...], now: datetime) -> Progress:
    """Say how the Experiment stands now."""
    experiment = seen.experiment
    available_at = experiment.status.available_at
    may_begin = available_at is not None and not experiment.status.is_completed and not experiment.spec.terminate
    analyses = analyses_of(seen, fleets, may_begin=may_begin)
    is_ending = experiment.status.is_completed or experiment.spec.terminate or analyses.is_bad or analyses.is_enough
    templates = _templates(experiment, fleets, now, is_ending=is_ending)
    if not is_ending and any(item.status in {FAILED, ERROR} for item in templates):
        is_ending, templates = True, _templates(experiment, fleets, now, is_ending=True)
    if is_ending:
        analyses = replace(analyses, is_awaited=False)  # what has not begun by now never will
    progress = Progress(RUNNING, "", templates, analyses, available_at, is_ending)
    if experiment.status.is_completed:
        return replace(progress, phase=experiment.status.phase, message=experiment.status.message)
    if available_at is None and not is_ending:
        if refusal := missing(seen, fleets):
            return replace(progress, phase=ERROR, message=refusal, is_ending=True)
        if all(item.status == RUNNING for item in templates):
            progress = replace(progress, available_at=whole_second(now))
    return _assessed(progress)


def end_of(experiment: Experiment, available_at: datetime | None) -> datetime | None:
    """When the time of the Experiment is up; None when it is not limited, or has not begun."""
    seconds = experiment.spec.seconds
    return None if available_at is None or seconds is None else available_at + timedelta(seconds=seconds)


def deadline_of(experiment: Experiment, template: ExperimentTemplateStatus) -> datetime | None:
    """When a template that makes no progress has failed; None when it need not make any."""
    if template.status != PROGRESSING or template.last_transition_time is None:
        return None
    return template.last_transition_time + timedelta(seconds=progress_deadline(experiment))


def _assessed(progress: Progress) -> Progress:
    """The phase all in all."""
    phase, message = _of_templates(progress)
    verdict, why = progress.analyses.verdict
    is_done = all(item.status in COMPLETED for item in progress.templates)
    is_decided = progress.analyses.is_bad or progress.analyses.is_enough
    counts = progress.analyses.is_completed or bool(progress.analyses.required)
    if phase not in {FAILED, ERROR} and verdict and (is_decided or (is_done and counts)):
        phase, message = verdict, why
    return replace(progress, phase=phase, message=message)


def _of_templates(progress: Progress) -> tuple[str, str]:
    statuses = [item.status for item in progress.templates]
    if all(status in COMPLETED for status in statuses):
        phase = worst(statuses) or SUCCESSFUL
        return phase, next((item.message for item in progress.templates if item.status == phase), "")
    bad = next((item for item in progress.templates if item.status in {FAILED, ERROR}), None)
    if bad is not None:
        return bad.status, bad.message
    return (PENDING if PROGRESSING in statuses else RUNNING), ""


def _templates(
    experiment: Experiment, fleets: tuple[Fleet, ...], now: datetime, *, is_ending: bool
) -> tuple[ExperimentTemplateStatus, ...]:
    return tuple(_template(experiment, fleet, now, is_ending=is_ending) for fleet in fleets)


def _template(experiment: Experiment, fleet: Fleet, now: datetime, *, is_ending: bool) -> ExperimentTemplateStatus:
    before = fleet.before or _new(fleet, now)
    counted = _counted(fleet, before)
    if before.status in COMPLETED:
        return counted
    status, message = _stand(experiment, fleet, before, now, is_ending=is_ending)
    if status != before.status:
        counted = replace(counted, last_transition_time=whole_second(now))
    return replace(counted, status=status, message=message)


def _stand(
    experiment: Experiment, fleet: Fleet, before: ExperimentTemplateStatus, now: datetime, *, is_ending: bool
) -> tuple[str, str]:
    if fleet.trouble:
        return ERROR, fleet.trouble
    end = end_of(experiment, experiment.status.available_at)
    is_over = is_ending or (end is not None and now >= end)
    deadline = deadline_of(experiment, before)
    if not _is_running(fleet) and deadline is not None and now >= deadline:
        seconds = progress_deadline(experiment)
        return FAILED, f"Template '{fleet.template.name}' exceeded its progressDeadlineSeconds ({seconds})"
    if is_over:
        return SUCCESSFUL, ""
    return (RUNNING if _is_running(fleet) else PROGRESSING), ""


def _is_running(fleet: Fleet) -> bool:
    found = fleet.found
    return found is not None and found.is_observed and found.replicas == fleet.replicas <= found.available


def _counted(fleet: Fleet, before: ExperimentTemplateStatus) -> ExperimentTemplateStatus:
    status = fleet.found.status if fleet.found else ReplicaSetStatus()
    return replace(
        before,
        replicas=status.replicas,
        updated_replicas=status.replicas,
        ready_replicas=status.ready_replicas,
        available_replicas=status.available_replicas,
        pod_template_hash=fleet.hash,
        service_name=fleet.service_name,
    )


def _new(fleet: Fleet, now: datetime) -> ExperimentTemplateStatus:
    return ExperimentTemplateStatus(
        name=fleet.template.name,
        replicas=0,
        updated_replicas=0,
        ready_replicas=0,
        available_replicas=0,
        status=PROGRESSING,
        last_transition_time=whole_second(now),
    )
