"""How a Rollout or an Experiment names the analysis that it wants."""

from typing import Annotated

from msgspec import field

from serinus.api.meta import ApiStruct, LabelSelector
from serinus.api.scalar import Int32, IntOrString, Own


class FieldRef(ApiStruct, frozen=True):
    """A field of an object, such as ``metadata.labels['x']``."""

    field_path: str


class ArgumentValueFrom(ApiStruct, frozen=True):
    """Where an argument's value is read: one of the two."""

    pod_template_hash_value: str | None = None
    """The pod-template hash of a version: Stable or Latest."""
    field_ref: FieldRef | None = None


class AnalysisRunArgument(ApiStruct, frozen=True):
    """An argument that is handed to AnalysisTemplates."""

    name: str
    value: str | None = None
    value_from: ArgumentValueFrom | None = None


class TemplateRef(ApiStruct, frozen=True):
    """An AnalysisTemplate, or a ClusterAnalysisTemplate, by name."""

    template_name: str = ""
    cluster_scope: bool = False
    """Look for a ClusterAnalysisTemplate."""


class DryRun(ApiStruct, frozen=True):
    """Metrics (a regular expression) that are measured but never decide."""

    metric_name: str


class MeasurementRetention(ApiStruct, frozen=True):
    """How many measurements of a metric (a regular expression) are kept."""

    metric_name: str
    limit: Int32


class RunMetadata(ApiStruct, frozen=True):
    """Labels and annotations for what is created."""

    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)


class RolloutAnalysis(ApiStruct, frozen=True):
    """An analysis as a Rollout asks for it."""

    templates: tuple[TemplateRef, ...] = ()
    args: tuple[AnalysisRunArgument, ...] = ()
    dry_run: tuple[DryRun, ...] = ()
    measurement_retention: tuple[MeasurementRetention, ...] = ()
    analysis_run_metadata: RunMetadata | None = None


class BackgroundAnalysis(RolloutAnalysis, frozen=True):
    """An analysis that runs while the steps go on."""

    starting_step: Int32 | None = None
    """The index of the step with which it starts; 0 when absent."""
    starting_traffic: Annotated[bool, Own] = False
    """Start no sooner than traffic goes to the canary: with a router, its weight must be in effect."""


class TemplateService(ApiStruct, frozen=True):
    """The Service of one fleet of an experiment."""

    name: str = ""
    """Its name; that of the ReplicaSet when absent."""


class ExperimentTemplate(ApiStruct, frozen=True):
    """One fleet of an experiment step."""

    name: str
    spec_ref: str
    """Whose pods they are: canary or stable."""
    replicas: Int32 | None = None
    """How many pods; 1 when absent."""
    metadata: RunMetadata | None = None
    selector: LabelSelector | None = None
    """Which pods belong to the fleet; those of the Rollout's selector when absent."""
    weight: Int32 | None = None
    """The share of traffic that the fleet gets."""
    service: TemplateService | None = None
    """Make a Service for this fleet."""


class ExperimentAnalysis(ApiStruct, frozen=True):
    """One analysis of an experiment step."""

    name: str
    template_name: str
    cluster_scope: bool = False
    """Look for a ClusterAnalysisTemplate."""
    args: tuple[AnalysisRunArgument, ...] = ()
    required_for_completion: bool = False
    """The experiment ends when all the required analyses are successful."""


class ExperimentStep(ApiStruct, frozen=True):
    """An experiment as a canary step."""

    templates: tuple[ExperimentTemplate, ...]
    duration: IntOrString | None = None
    """How long it runs once all fleets are available, such as ``5m``; without end when absent."""
    analyses: tuple[ExperimentAnalysis, ...] = ()
    dry_run: tuple[DryRun, ...] = ()
    analysis_run_metadata: RunMetadata | None = None
    scale_down_delay_seconds: Int32 | None = None
    """How long the pods stay after the end; 30 when absent."""
