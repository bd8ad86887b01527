"""The Rollout: what users write."""

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, field

from serinus.api.bluegreen import BlueGreenStrategy
from serinus.api.canary import CanaryStrategy
from serinus.api.kinds import DEPLOYMENT, POD_TEMPLATE, REPLICA_SET, ROLLOUT, Kind
from serinus.api.meta import ApiStruct, LabelSelector, ObjectMeta
from serinus.api.scalar import Int32, Preserved
from serinus.api.status import RolloutStatus

IMMUTABLE = {
    "rule": "self == oldSelf",
    "message": "it cannot be changed, for the pods that exist carry the old labels: make a Rollout with another name",
}
"""A rule of validation that the API applies to updates (Common Expression Language)."""

Selector = Annotated[LabelSelector, Meta(extra_json_schema={"x-kubernetes-validations": [IMMUTABLE]})]
"""A label selector that stays as it was created."""


WORKLOADS = (DEPLOYMENT, REPLICA_SET, POD_TEMPLATE)
"""The kinds that a Rollout may take its pod template from."""


class ObjectRef(ApiStruct, frozen=True):
    """Another workload whose pod template is used (``spec.workloadRef``)."""

    api_version: str = ""
    kind: str = ""
    name: str = ""
    scale_down: str = ""
    """When the workload's own pods go: never (when absent), onsuccess or progressively."""

    @property
    def referred(self) -> Kind | None:
        """The kind that is meant; None where templates are not taken from it."""
        group = self.api_version.rpartition("/")[0]
        kinds = (item for item in WORKLOADS if item.kind == self.kind)
        return next((item for item in kinds if item.api_version.rpartition("/")[0] == group), None)


class RollbackWindow(ApiStruct, frozen=True):
    """How far back an update counts as a rollback that skips all steps."""

    revisions: Int32 | None = None


class AnalysisRunStrategy(ApiStruct, frozen=True):
    """How many finished AnalysisRuns and Experiments are kept."""

    successful_run_history_limit: Int32 | None = None
    """How many successful ones; 5 when absent."""
    unsuccessful_run_history_limit: Int32 | None = None
    """How many others; 5 when absent."""


class RolloutStrategy(ApiStruct, frozen=True):
    """How an update goes: exactly one of the two."""

    blue_green: BlueGreenStrategy | None = None
    canary: CanaryStrategy | None = None


class RolloutSpec(ApiStruct, frozen=True):
    """The wanted state of a Rollout."""

    replicas: Int32 | None = None
    """How many pods; 1 when absent."""
    selector: Selector | None = None
    """Which pods belong to the Rollout; it cannot be changed."""
    template: Preserved | None = None
    """The pods, as in a Deployment; ``kubectl explain pod`` tells its fields."""
    workload_ref: ObjectRef | None = None
    """Take the pods from another workload instead of ``template``."""
    min_ready_seconds: Int32 = 0
    """How long a pod must be ready to count as available."""
    rollback_window: RollbackWindow | None = None
    strategy: RolloutStrategy = field(default_factory=RolloutStrategy)
    revision_history_limit: Int32 | None = None
    """How many old ReplicaSets are kept; 10 when absent."""
    paused: bool = False
    """Hold everything: no scaling, no step."""
    progress_deadline_seconds: Int32 | None = None
    """After how many seconds without progress an update is degraded; 600 when absent."""
    progress_deadline_abort: bool = False
    """Abort an update that makes no progress."""
    restart_at: datetime | None = None
    """Replace all pods that were created before this moment."""
    analysis: AnalysisRunStrategy | None = None


class Rollout(ApiStruct, frozen=True):
    """A workload that is updated step by step."""

    metadata: ObjectMeta
    spec: RolloutSpec = field(default_factory=RolloutSpec)
    status: RolloutStatus = field(default_factory=RolloutStatus)

    @property
    def name(self) -> str:
        """The object's name."""
        return self.metadata.name

    @property
    def replicas(self) -> int:
        """How many pods are wanted in all; 1 when the user says nothing."""
        return 1 if self.spec.replicas is None else self.spec.replicas

    @property
    def history_limit(self) -> int:
        """How many old ReplicaSets are kept besides new and stable."""
        limit = self.spec.revision_history_limit
        return 10 if limit is None else limit

    @property
    def progress_deadline(self) -> int:
        """After how many seconds without progress an update is degraded."""
        deadline = self.spec.progress_deadline_seconds
        return 600 if deadline is None else deadline

    @property
    def service_names(self) -> tuple[str, ...]:
        """The Services that it switches, by either strategy."""
        canary, blue_green = self.spec.strategy.canary, self.spec.strategy.blue_green
        names: list[str] = []
        if canary is not None:
            names += [canary.stable_service, canary.canary_service]
        if canary is not None and canary.ping_pong is not None:
            names += [canary.ping_pong.ping_service, canary.ping_pong.pong_service]
        if blue_green is not None:
            names += [blue_green.active_service, blue_green.preview_service]
        return tuple(name for name in names if name)

    @property
    def owner_reference(self) -> dict[str, Any]:
        """The reference that makes an object this Rollout's own: deleted with it."""
        return ROLLOUT.owner(self.name, self.metadata.uid)
