"""ReplicaSets, Services and Pods: the parts that decisions read."""

from datetime import datetime
from typing import Any

from msgspec import field

from serinus.api import keys
from serinus.api.meta import ApiStruct, LabelSelector, ObjectMeta


class ReplicaSetSpec(ApiStruct, frozen=True):
    """What a ReplicaSet should be."""

    replicas: int = 1
    min_ready_seconds: int = 0
    selector: LabelSelector = field(default_factory=LabelSelector)
    template: dict[str, Any] = field(default_factory=dict)


class ReplicaSetCondition(ApiStruct, frozen=True):
    """What is the matter with a ReplicaSet (apps/v1): only type and status are sure."""

    type: str
    status: str
    last_transition_time: datetime | None = None
    reason: str = ""
    message: str = ""


class ReplicaSetStatus(ApiStruct, frozen=True):
    """What a ReplicaSet is."""

    replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    observed_generation: int = 0
    conditions: tuple[ReplicaSetCondition, ...] = ()


class ReplicaSet(ApiStruct, frozen=True):
    """A set of equal pods: one version of the application."""

    metadata: ObjectMeta
    spec: ReplicaSetSpec = field(default_factory=ReplicaSetSpec)
    status: ReplicaSetStatus = field(default_factory=ReplicaSetStatus)

    @property
    def name(self) -> str:
        """The object's name."""
        return self.metadata.name

    @property
    def hash(self) -> str:
        """The pod-template hash that its pods and Services carry."""
        return self.metadata.labels.get(keys.POD_TEMPLATE_HASH, "")

    @property
    def replicas(self) -> int:
        """How many pods are wanted."""
        return self.spec.replicas

    @property
    def available(self) -> int:
        """How many pods serve, and have done so for ``minReadySeconds``."""
        return self.status.available_replicas

    @property
    def serving(self) -> int:
        """How many of the available pods are to stay: those beyond ``replicas`` may end at any moment."""
        return min(self.available, self.replicas)

    @property
    def is_observed(self) -> bool:
        """Whether the status speaks of the spec as it is: before that, pods that it counts may be about to end."""
        return self.status.observed_generation >= self.metadata.generation

    @property
    def revision(self) -> int:
        """The number that users see; 0 where none is readable."""
        return _number(self.metadata.annotations.get(keys.REVISION)) or 0

    @property
    def desired_replicas(self) -> int | None:
        """The Rollout's ``spec.replicas`` when this ReplicaSet was last sized."""
        return _number(self.metadata.annotations.get(keys.DESIRED_REPLICAS))

    @property
    def has_deadline(self) -> bool:
        """Whether it waits for the end of a scale-down delay."""
        return keys.SCALE_DOWN_DEADLINE in self.metadata.annotations

    @property
    def deadline(self) -> datetime | None:
        """When its scale-down delay ends; None when unset or unreadable."""
        text = self.metadata.annotations.get(keys.SCALE_DOWN_DEADLINE, "")
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return None
        return moment if moment.tzinfo else None


class ServiceSpec(ApiStruct, frozen=True):
    """The part of a Service that we read and switch."""

    selector: dict[str, str] = field(default_factory=dict)


class Service(ApiStruct, frozen=True):
    """A name under which pods are reached."""

    metadata: ObjectMeta
    spec: ServiceSpec = field(default_factory=ServiceSpec)

    @property
    def hash(self) -> str:
        """The pod-template hash that it selects; empty when it selects by labels alone."""
        return self.spec.selector.get(keys.POD_TEMPLATE_HASH, "")


class PodCondition(ApiStruct, frozen=True):
    """One condition of a pod: what it is, and whether it holds."""

    type: str
    status: str


class PodStatus(ApiStruct, frozen=True):
    """What a pod is."""

    conditions: tuple[PodCondition, ...] = ()


class Pod(ApiStruct, frozen=True):
    """A pod: the part that a restart reads."""

    metadata: ObjectMeta
    status: PodStatus = field(default_factory=PodStatus)

    @property
    def is_serving(self) -> bool:
        """Whether it is ready, and not about to end."""
        is_ready = any(item.type == "Ready" and item.status == "True" for item in self.status.conditions)
        return is_ready and self.metadata.deletion_timestamp is None

    @property
    def owner(self) -> str:
        """The uid of the ReplicaSet that made it; empty without one."""
        controller = self.metadata.controller
        return controller.uid if controller else ""

    @property
    def created(self) -> float:
        """When it was made, in seconds since the epoch."""
        moment = self.metadata.creation_timestamp
        return moment.timestamp() if moment else 0.0


class Foreign(ApiStruct, frozen=True):
    """An object of somebody else's kind: read as plain data, patched, never replaced.

    A field that we do not know must survive us, so ``raw`` holds the whole object.
    """

    metadata: ObjectMeta
    raw: dict[str, Any]
    managers: tuple[str, ...] = ()
    """Who has written fields of it: the managers of ``metadata.managedFields`` in their order."""


def _number(text: str | None) -> int | None:
    try:
        return int(text) if text is not None else None
    except ValueError:
        return None
