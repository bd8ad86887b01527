"""The Rollout: what users write."""

from datetime import datetime

from msgspec import field

from serinus.api.bluegreen import BlueGreenStrategy
from serinus.api.canary import CanaryStrategy
from serinus.api.meta import ApiStruct, LabelSelector, ObjectMeta
from serinus.api.scalar import Int32, Preserved
from serinus.api.status import RolloutStatus


class ObjectRef(ApiStruct, frozen=True):
    """Another workload whose pod template is used (``spec.workloadRef``)."""

    api_version: str = ""
    kind: str = ""
    name: str = ""
    scale_down: str = ""


class RollbackWindow(ApiStruct, frozen=True):
    """How far back an update counts as a rollback that skips all steps."""

    revisions: Int32 | None = None


class AnalysisRunStrategy(ApiStruct, frozen=True):
    """How many finished AnalysisRuns and Experiments are kept."""

    successful_run_history_limit: Int32 | None = None
    unsuccessful_run_history_limit: Int32 | None = None


class RolloutStrategy(ApiStruct, frozen=True):
    """How an update goes: exactly one of the two."""

    blue_green: BlueGreenStrategy | None = None
    canary: CanaryStrategy | None = None


class RolloutSpec(ApiStruct, frozen=True):
    """The wanted state of a Rollout."""

    replicas: Int32 | None = None
    selector: LabelSelector | None = None
    template: Preserved | None = None
    workload_ref: ObjectRef | None = None
    min_ready_seconds: Int32 = 0
    rollback_window: RollbackWindow | None = None
    strategy: RolloutStrategy = field(default_factory=RolloutStrategy)
    revision_history_limit: Int32 | None = None
    paused: bool = False
    progress_deadline_seconds: Int32 | None = None
    progress_deadline_abort: bool = False
    restart_at: datetime | None = None
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
