"""How a Rollout or an Experiment names the analysis that it wants."""

from msgspec import field

from serinus.api.meta import ApiStruct
from serinus.api.scalar import Int32, IntOrString


class FieldRef(ApiStruct, frozen=True):
    """A field of an object, such as ``metadata.labels['x']``."""

    field_path: str


class ArgumentValueFrom(ApiStruct, frozen=True):
    """Where an argument's value is read: one of the two."""

    pod_template_hash_value: str | None = None
    field_ref: FieldRef | None = None


class AnalysisRunArgument(ApiStruct, frozen=True):
    """An argument that is handed to AnalysisTemplates."""

    name: str
    value: str | None = None
    value_from: ArgumentValueFrom | None = None


class TemplateRef(ApiStruct, frozen=True):
    """An AnalysisTemplate, or a ClusterAnalysisTemplate, by name."""

    template_name: str
    cluster_scope: bool = False


class DryRun(ApiStruct, frozen=True):
    """Metrics (a regular expression) that are measured but never decide."""

    metric_name: str


class MeasurementRetention(ApiStruct, frozen=True):
    """How many measurements of a metric (a regular expression) are kept."""

    metric_name: str
    limit: Int32 = 0


class RunMetadata(ApiStruct, frozen=True):
    """Labels and annotations for the AnalysisRuns that are created."""

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


class ExperimentTemplate(ApiStruct, frozen=True):
    """One fleet of an experiment step."""

    name: str
    spec_ref: str
    replicas: Int32 | None = None
    metadata: RunMetadata | None = None
    selector: dict[str, object] | None = None
    weight: Int32 | None = None
    service: dict[str, str] | None = None


class ExperimentAnalysis(ApiStruct, frozen=True):
    """One analysis of an experiment step."""

    name: str
    template_name: str
    cluster_scope: bool = False
    args: tuple[AnalysisRunArgument, ...] = ()
    required_for_completion: bool = False


class ExperimentStep(ApiStruct, frozen=True):
    """An experiment as a canary step."""

    templates: tuple[ExperimentTemplate, ...] = ()
    duration: IntOrString | None = None
    analyses: tuple[ExperimentAnalysis, ...] = ()
    dry_run: tuple[DryRun, ...] = ()
    analysis_run_metadata: RunMetadata | None = None
    scale_down_delay_seconds: Int32 | None = None
