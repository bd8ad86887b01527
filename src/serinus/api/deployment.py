"""Deployments and HorizontalPodAutoscalers: the parts that decisions read."""

from typing import Any

from msgspec import field

from serinus.api.meta import ApiStruct, LabelSelector, ObjectMeta
from serinus.api.scalar import Int32, IntOrString


class RollingUpdate(ApiStruct, frozen=True):
    """How many pods may be missing, and how many too many, while a Deployment replaces them."""

    max_unavailable: IntOrString | None = None
    max_surge: IntOrString | None = None


class DeploymentStrategy(ApiStruct, frozen=True):
    """How a Deployment replaces its pods: RollingUpdate, or Recreate, which ends all of them first."""

    type: str = "RollingUpdate"
    rolling_update: RollingUpdate = field(default_factory=RollingUpdate)


class DeploymentSpec(ApiStruct, frozen=True):
    """What a Deployment should be."""

    replicas: Int32 = 1
    selector: LabelSelector = field(default_factory=LabelSelector)
    template: dict[str, Any] = field(default_factory=dict)
    strategy: DeploymentStrategy = field(default_factory=DeploymentStrategy)
    paused: bool = False
    min_ready_seconds: Int32 | None = None
    revision_history_limit: Int32 | None = None
    progress_deadline_seconds: Int32 | None = None


class DeploymentStatus(ApiStruct, frozen=True):
    """What a Deployment is."""

    observed_generation: int = 0
    replicas: int = 0
    updated_replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0


class Deployment(ApiStruct, frozen=True):
    """A workload that Kubernetes itself updates."""

    metadata: ObjectMeta
    spec: DeploymentSpec = field(default_factory=DeploymentSpec)
    status: DeploymentStatus = field(default_factory=DeploymentStatus)

    @property
    def name(self) -> str:
        """The object's name."""
        return self.metadata.name

    @property
    def replicas(self) -> int:
        """How many pods are wanted."""
        return self.spec.replicas

    @property
    def is_settled(self) -> bool:
        """Whether all pods that are wanted are there, available and of the template as it is now, and no others."""
        status, is_observed = self.status, self.status.observed_generation >= self.metadata.generation
        counts = {status.replicas, status.updated_replicas, status.available_replicas}
        return is_observed and counts == {self.replicas}


class ScaleTarget(ApiStruct, frozen=True):
    """Whom an autoscaler scales."""

    api_version: str = ""
    kind: str = ""
    name: str = ""


class AutoscalerSpec(ApiStruct, frozen=True):
    """What an autoscaler should do."""

    scale_target_ref: ScaleTarget = field(default_factory=ScaleTarget)


class Autoscaler(ApiStruct, frozen=True):
    """A HorizontalPodAutoscaler."""

    metadata: ObjectMeta
    spec: AutoscalerSpec = field(default_factory=AutoscalerSpec)
