"""Experiments: fleets of pods that live for a time, side by side."""

from datetime import datetime
from typing import Any

from msgspec import field

from serinus.api.amounts import pause_seconds
from serinus.api.analysis import Argument
from serinus.api.analysis_ref import DryRun, MeasurementRetention, RunMetadata, TemplateService
from serinus.api.kinds import EXPERIMENT
from serinus.api.meta import ApiStruct, Condition, LabelSelector, ObjectMeta
from serinus.api.scalar import Int32, IntOrString, Preserved


class ExperimentTemplateSpec(ApiStruct, frozen=True):
    """One fleet of equal pods."""

    name: str
    selector: LabelSelector
    template: Preserved
    """The pods, as in a ReplicaSet."""
    replicas: Int32 | None = None
    """How many pods; 1 when absent."""
    min_ready_seconds: Int32 = 0
    """How long a pod must be ready to count as available."""
    service: TemplateService | None = None
    """Make a Service for this fleet."""


class ExperimentAnalysisSpec(ApiStruct, frozen=True):
    """One analysis that runs beside the fleets."""

    name: str
    template_name: str
    cluster_scope: bool = False
    """Look for a ClusterAnalysisTemplate."""
    args: tuple[Argument, ...] = ()
    required_for_completion: bool = False
    """The experiment ends when all the required analyses are successful."""


class ExperimentSpec(ApiStruct, frozen=True):
    """Which fleets run, for how long, and how they are judged."""

    templates: tuple[ExperimentTemplateSpec, ...]
    duration: IntOrString | None = None
    """How long it runs once all fleets are available, such as ``5m``; without end when absent."""
    progress_deadline_seconds: Int32 | None = None
    """How long a fleet may take to become available; 600 when absent."""
    terminate: bool = False
    """End the experiment now."""
    analyses: tuple[ExperimentAnalysisSpec, ...] = ()
    scale_down_delay_seconds: Int32 | None = None
    """How long the pods stay after the end; 30 when absent."""
    dry_run: tuple[DryRun, ...] = ()
    measurement_retention: tuple[MeasurementRetention, ...] = ()
    analysis_run_metadata: RunMetadata | None = None

    @property
    def seconds(self) -> int | None:
        """The length in seconds; None has no end; -1 cannot be read."""
        return None if self.duration is None else pause_seconds(self.duration)


class ExperimentTemplateStatus(ApiStruct, frozen=True):
    """How one fleet stands."""

    name: str
    replicas: Int32
    updated_replicas: Int32
    ready_replicas: Int32
    available_replicas: Int32
    status: str = ""
    """Progressing, Running, Successful, Failed or Error."""
    message: str = ""
    last_transition_time: datetime | None = None
    collision_count: Int32 | None = None
    service_name: str = ""
    pod_template_hash: str = ""


class ExperimentRunStatus(ApiStruct, frozen=True):
    """How one analysis of an experiment stands."""

    name: str
    analysis_run: str
    """The AnalysisRun's name."""
    phase: str
    message: str = ""


class ExperimentStatus(ApiStruct, frozen=True):
    """How an experiment stands."""

    phase: str = ""
    """Pending, Running, Successful, Failed, Error or Inconclusive."""
    message: str = ""
    available_at: datetime | None = None
    """When all fleets had become available for the first time."""
    template_statuses: tuple[ExperimentTemplateStatus, ...] = ()
    analysis_runs: tuple[ExperimentRunStatus, ...] = ()
    conditions: tuple[Condition, ...] = ()

    @property
    def is_completed(self) -> bool:
        """Whether it is over."""
        return self.phase in {"Successful", "Failed", "Error", "Inconclusive"}


class Experiment(ApiStruct, frozen=True):
    """Fleets of pods side by side, for a time or until they are judged."""

    metadata: ObjectMeta
    spec: ExperimentSpec
    status: ExperimentStatus = field(default_factory=ExperimentStatus)

    @property
    def name(self) -> str:
        """The object's name."""
        return self.metadata.name

    @property
    def owner_reference(self) -> dict[str, Any]:
        """The reference that makes an object this Experiment's own: deleted with it."""
        return EXPERIMENT.owner(self.name, self.metadata.uid)
