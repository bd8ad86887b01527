"""Analysis: what is measured, how it is judged, and how a run stands."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, field

from serinus.api.analysis_ref import DryRun, FieldRef, MeasurementRetention, TemplateRef
from serinus.api.meta import ApiStruct, ObjectMeta
from serinus.api.provider import MetricProvider
from serinus.api.scalar import Int32, IntOrString


class SecretKeyRef(ApiStruct, frozen=True):
    """One key of a Secret in the run's namespace."""

    name: str
    key: str


class ValueFrom(ApiStruct, frozen=True):
    """Where an argument's value is read: one of the two."""

    secret_key_ref: SecretKeyRef | None = None
    field_ref: FieldRef | None = None


class Argument(ApiStruct, frozen=True):
    """A value that stands for ``{{args.name}}`` in metrics."""

    name: str
    value: str | None = None
    """The value; in a template it is a default that a run may replace."""
    value_from: ValueFrom | None = None


class Metric(ApiStruct, frozen=True):
    """What is measured, how often, and what counts as good.

    Numbers may also be text such as ``{{args.count}}``.
    """

    name: str
    provider: MetricProvider
    interval: str = ""
    """The time between two measurements, such as ``30s`` or ``5m``; one measurement when absent."""
    initial_delay: str = ""
    """How long to wait before the first measurement."""
    count: IntOrString | None = None
    """How many measurements are taken; without it one, or with an interval no end of them."""
    success_condition: str = ""
    """What a good measurement is, as in ``result[0] >= 0.95``."""
    failure_condition: str = ""
    """What a bad measurement is; one that is neither good nor bad is inconclusive."""
    failure_limit: IntOrString | None = None
    """How many bad measurements are tolerated: 0 when absent; -1 tolerates any number."""
    inconclusive_limit: IntOrString | None = None
    """How many inconclusive measurements are tolerated; 0 when absent."""
    consecutive_error_limit: IntOrString | None = None
    """How many errors in a row are tolerated; 4 when absent."""
    consecutive_success_limit: IntOrString | None = None
    """How many good measurements in a row are enough for success; absent or 0: not used."""
    on_no_data: Annotated[str, Meta(extra_json_schema={"x-serinus": True})] = ""
    """What a measurement without data counts as: inconclusive, fail or pass; or wait, until there is data.

    When absent, the conditions decide; but no data counts as good only where they ask for it.
    """


class AnalysisTemplateSpec(ApiStruct, frozen=True):
    """Metrics and the arguments that they take."""

    metrics: tuple[Metric, ...] = ()
    args: tuple[Argument, ...] = ()
    """The arguments that a run may set; one without a value must be set."""
    dry_run: tuple[DryRun, ...] = ()
    measurement_retention: tuple[MeasurementRetention, ...] = ()
    templates: tuple[TemplateRef, ...] = ()
    """Further templates whose metrics belong to this one."""


class AnalysisTemplate(ApiStruct, frozen=True):
    """How to judge a version by its metrics."""

    metadata: ObjectMeta
    spec: AnalysisTemplateSpec = field(default_factory=AnalysisTemplateSpec)


class ClusterAnalysisTemplate(AnalysisTemplate, frozen=True):
    """How to judge a version by its metrics, for all namespaces."""


class TtlStrategy(ApiStruct, frozen=True):
    """How many seconds after its end a run is deleted; never when all are absent."""

    seconds_after_completion: Int32 | None = None
    """After any end for which nothing else is said."""
    seconds_after_failure: Int32 | None = None
    seconds_after_success: Int32 | None = None


class AnalysisRunSpec(ApiStruct, frozen=True):
    """The metrics of one run, and what may end it."""

    metrics: tuple[Metric, ...]
    args: tuple[Argument, ...] = ()
    terminate: bool = False
    """End the run now."""
    dry_run: tuple[DryRun, ...] = ()
    measurement_retention: tuple[MeasurementRetention, ...] = ()
    ttl_strategy: TtlStrategy | None = None


class RunSummary(ApiStruct, frozen=True):
    """How many metrics ended how."""

    count: Int32 = 0
    successful: Int32 = 0
    failed: Int32 = 0
    inconclusive: Int32 = 0
    error: Int32 = 0


class Measurement(ApiStruct, frozen=True):
    """One measurement of a metric."""

    phase: str
    message: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    value: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    """What the provider remembers, such as the name of a Job."""
    resume_at: datetime | None = None
    """When a measurement that takes long is looked at again."""


class MetricResult(ApiStruct, frozen=True):
    """How one metric stands: its counters and last measurements."""

    name: str
    phase: str
    measurements: tuple[Measurement, ...] = ()
    message: str = ""
    count: Int32 = 0
    """How many measurements there were, errors left out."""
    successful: Int32 = 0
    failed: Int32 = 0
    inconclusive: Int32 = 0
    error: Int32 = 0
    consecutive_error: Int32 = 0
    consecutive_success: Int32 = 0
    dry_run: bool = False
    metadata: dict[str, str] = field(default_factory=dict)
    """What the provider resolved, such as the query that was sent."""


class AnalysisRunStatus(ApiStruct, frozen=True):
    """How a run stands."""

    phase: str = ""
    """Pending, Running, Successful, Failed, Error or Inconclusive."""
    message: str = ""
    metric_results: tuple[MetricResult, ...] = ()
    started_at: datetime | None = None
    completed_at: datetime | None = None
    run_summary: RunSummary | None = None
    dry_run_summary: RunSummary | None = None

    @property
    def is_completed(self) -> bool:
        """Whether there is a verdict."""
        return self.phase in {"Successful", "Failed", "Error", "Inconclusive"}

    def result(self, metric: str) -> MetricResult | None:
        """The result of a metric by its name, if there is one."""
        return next((item for item in self.metric_results if item.name == metric), None)


class AnalysisRun(ApiStruct, frozen=True):
    """One judgement of a version by its metrics."""

    metadata: ObjectMeta
    spec: AnalysisRunSpec
    status: AnalysisRunStatus = field(default_factory=AnalysisRunStatus)

    @property
    def name(self) -> str:
        """The object's name."""
        return self.metadata.name
