"""The Rollout's status: what the controller reports, and what users set through it."""

from datetime import datetime
from typing import Annotated

from msgspec import field

from serinus.api.meta import ApiStruct, Condition
from serinus.api.scalar import AnyValue, Int32, Own


class PauseCondition(ApiStruct, frozen=True):
    """Why the controller has paused, and since when."""

    reason: str
    start_time: datetime


class WeightDestination(ApiStruct, frozen=True):
    """Which version gets how much traffic, and through which Service."""

    weight: Int32
    service_name: str = ""
    pod_template_hash: str = ""


class TrafficWeights(ApiStruct, frozen=True):
    """How traffic is split at this moment."""

    canary: WeightDestination
    stable: WeightDestination
    additional: tuple[WeightDestination, ...] = ()
    verified: bool | None = None
    """Whether it is known to be in effect: a router says so, or cannot tell and the drain time has passed."""
    since: Annotated[datetime | None, Own] = None
    """When it became so; ours, and needed for ``verified`` by the drain time alone."""


class RunStatus(ApiStruct, frozen=True):
    """An AnalysisRun in short."""

    name: str
    status: str
    message: str = ""


class StepPluginStatus(ApiStruct, frozen=True):
    """How far a step plugin is."""

    index: Int32
    name: str
    operation: str
    """Run, Terminate or Abort."""
    message: str = ""
    phase: str = ""
    """Running, Successful, Failed or Error."""
    status: AnyValue = None
    started_at: datetime | None = None
    updated_at: datetime | None = None
    finished_at: datetime | None = None
    backoff: str = ""
    executions: Int32 = 0
    disabled: bool = False


class CanaryStatus(ApiStruct, frozen=True):
    """What only a canary has."""

    current_step_analysis_run_status: RunStatus | None = None
    current_background_analysis_run_status: RunStatus | None = None
    current_experiment: str = ""
    weights: TrafficWeights | None = None
    stable_ping_pong: str = ""
    """Which Service of the pair is the stable one: ping or pong."""
    step_plugin_statuses: tuple[StepPluginStatus, ...] = ()


class BlueGreenStatus(ApiStruct, frozen=True):
    """What only a blue-green Rollout has."""

    preview_selector: str = ""
    active_selector: str = ""
    scale_up_preview_check_point: bool = False
    pre_promotion_analysis_run_status: RunStatus | None = None
    post_promotion_analysis_run_status: RunStatus | None = None


class LoadBalancer(ApiStruct, frozen=True):
    """An AWS load balancer or target group."""

    name: str
    arn: str
    full_name: str = ""


class AlbStatus(ApiStruct, frozen=True):
    """What AWS says of the load balancer."""

    load_balancer: LoadBalancer | None = None
    canary_target_group: LoadBalancer | None = None
    stable_target_group: LoadBalancer | None = None
    ingress: str = ""


class DurationStatus(ApiStruct, frozen=True):
    """How long the update took, and how much of it people waited."""

    rollout_started_at: datetime | None = None
    manual_pause_started_at: datetime | None = None
    total_manual_pause_duration_seconds: Int32 = 0
    finished_at: datetime | None = None
    completion_status: str = ""
    """Promoted, FastPromoted, Aborted, Superseded, RolledBack or FastRolledBack."""


class RolloutStatus(ApiStruct, frozen=True):
    """The observed state of a Rollout."""

    abort: bool = False
    """The update is aborted; set by users or by the controller."""
    aborted_at: datetime | None = None
    pause_conditions: tuple[PauseCondition, ...] | None = None
    """Why the update waits; users resume it by removing them."""
    controller_pause: bool = False
    """The controller has paused; with no pause conditions: a user has resumed."""
    current_pod_hash: str = ""
    current_step_hash: str = ""
    current_step_index: Int32 | None = None
    """The step that runs, from 0; the number of steps when all are done."""
    stable_rs: str = field(default="", name="stableRS")
    """The hash of the version that was last fully promoted."""
    replicas: Int32 | None = None
    updated_replicas: Int32 | None = None
    ready_replicas: Int32 | None = None
    available_replicas: Int32 | None = None
    hpa_replicas: Int32 | None = field(default=None, name="HPAReplicas")
    """The pods that an autoscaler counts."""
    selector: str = ""
    """The pods that an autoscaler measures, as text."""
    collision_count: Int32 | None = None
    observed_generation: str = ""
    """The ``metadata.generation`` of which the status speaks."""
    workload_observed_generation: str = ""
    """The same of the workload that ``spec.workloadRef`` names."""
    conditions: tuple[Condition, ...] = ()
    phase: str = ""
    """Healthy, Progressing, Paused or Degraded."""
    message: str = ""
    """Why it is in this phase."""
    promote_full: bool = False
    """Skip the rest of the steps; set by users."""
    restarted_at: datetime | None = None
    canary: CanaryStatus = field(default_factory=CanaryStatus)
    blue_green: BlueGreenStatus = field(default_factory=BlueGreenStatus)
    alb: AlbStatus | None = None
    albs: tuple[AlbStatus, ...] = ()
    duration: DurationStatus | None = None

    @property
    def pauses(self) -> tuple[PauseCondition, ...]:
        """The pause conditions; none when the field is absent."""
        return self.pause_conditions or ()

    @property
    def is_updating(self) -> bool:
        """Whether another version than the stable one is on its way, and not given up."""
        return bool(self.stable_rs) and self.current_pod_hash != self.stable_rs and not self.abort

    def condition(self, type_: str) -> Condition | None:
        """The condition of a type, if there is one."""
        return next((item for item in self.conditions if item.type == type_), None)
