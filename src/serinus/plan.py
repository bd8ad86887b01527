"""The vocabulary of a decision: what may be seen, and what may be said.

``Seen`` is a frozen snapshot of everything that a decision may use; nothing else may influence it, except the moment.
``Plan`` is all that a decision says: writes in order, the status, events, questions, when to look again, and why.
"""

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct, field

from serinus.api.analysis import AnalysisRun, AnalysisTemplate, Measurement
from serinus.api.analysis_ref import TemplateRef
from serinus.api.experiment import Experiment
from serinus.api.kinds import Kind
from serinus.api.rollout import Rollout
from serinus.api.scalar import Manifest
from serinus.api.workload import Foreign, Pod, ReplicaSet, Service


class Ref(Struct, frozen=True):
    """Which object is meant."""

    kind: Kind
    namespace: str
    name: str
    """Empty where routers say what they read: every object of the kind in the namespace."""

    @property
    def path(self) -> str:
        """Where the API keeps it."""
        return self.kind.path(self.namespace, self.name)

    def __str__(self) -> str:
        """The form that people read: ``Ingress shop/web``."""
        return f"{self.kind.kind} {self.namespace}/{self.name}"


class Event(Struct, frozen=True):
    """Something that happened, for people and notifications."""

    reason: str
    message: str
    type: Literal["Normal", "Warning"] = "Normal"


class Create(Struct, frozen=True):
    """Make an object.

    Of a traffic layer's write, ``router`` names the layer: if it fails, those of other layers are sent all the same.
    ``event`` is told once the write is done.
    """

    ref: Ref
    manifest: Manifest
    router: str = ""
    event: Event | None = None


class Patch(Struct, frozen=True):
    """Change parts of an object; what is not named stays.

    With ``resource_version`` the API refuses the patch when the object has changed since it was seen. ``router`` and
    ``event`` are as in ``Create``.
    """

    ref: Ref
    body: Any
    how: Literal["merge", "strategic", "json"] = "merge"
    resource_version: str = ""
    router: str = ""
    event: Event | None = None


class Delete(Struct, frozen=True):
    """Remove an object, if it still is the one that was seen."""

    ref: Ref
    uid: str


class Evict(Struct, frozen=True):
    """Ask for the end of a pod, within its disruption budgets."""

    ref: Ref
    uid: str


Write = Create | Patch | Delete | Evict


class Defaulted(Struct, frozen=True):
    """Ask: how does the API read this ReplicaSet, with its defaults filled in?"""

    manifest: Manifest

    def __hash__(self) -> int:
        """Equal names within one Rollout mean equal templates: the name holds the hash."""
        return hash(self.manifest["metadata"]["name"])


class Created(Struct, frozen=True):
    """Ask: was a ReplicaSet, or an AnalysisRun, of this name refused? Answered when its creation fails."""

    name: str


class Pods(Struct, frozen=True):
    """Ask: which pods are there that a selector matches? The answer is old soon."""

    selector: str


class Measure(Struct, frozen=True):
    """Ask: how is a metric of an AnalysisRun? Answered with ``Measured``, or refused where a Secret is missing."""

    metric: str
    number: int
    """1 for the first measurement; errors count too."""
    action: Literal["run", "resume", "terminate"] = "run"
    since: datetime | None = None
    """Of one that goes on, from when the state is that it goes on from: an older answer is none to this."""


class Collect(Struct, frozen=True):
    """Ask: remove what a metric's older measurements have left behind; nothing is answered."""

    metric: str
    keep: int
    """How many measurements stay."""
    number: int
    """How many measurements there were."""


class Balancer(Struct, frozen=True):
    """Ask: how does the AWS load balancer of that host name forward requests? The answer is old soon."""

    host: str
    version: str
    """Of the object that describes it: what was answered before a change says nothing about it."""


Operation = Literal["Run", "Terminate", "Abort"]


class StepRun(Struct, frozen=True):
    """Ask: have a step plugin carry its step out, end it, or take it back. Answered with ``StepReply``, once."""

    index: int
    plugin: str
    operation: Operation
    hash: str
    """The version that the update leads to."""
    number: int
    """1 for the first time."""
    since: datetime | None = None
    """When the plugin replied last."""


Ask = Balancer | Defaulted | Created | Pods | Measure | Collect | StepRun


class Refused(Struct, frozen=True):
    """Answer: the API does not take it, with its own words.

    ``kind`` says what follows: ``invalid`` is the user's to mend, ``taken`` is a name that another object has,
    ``failed`` may pass by itself.
    """

    message: str
    kind: Literal["invalid", "taken", "failed"] = "invalid"


class Read(Struct, frozen=True):
    """Answer: the object as the API reads it."""

    manifest: Manifest


class Listed(Struct, frozen=True):
    """Answer: pods as they are."""

    pods: tuple[Pod, ...]


class Measured(Struct, frozen=True):
    """Answer: a measurement, and what it says of its metric, such as the query that was sent."""

    measurement: Measurement
    metadata: dict[str, str] = field(default_factory=dict)


class TargetGroup(Struct, frozen=True):
    """An AWS target group."""

    name: str
    arn: str
    resource: str
    """What it stands for, as the load balancer controller has tagged it: ``shop/edge-web:80``."""


class Balanced(Struct, frozen=True):
    """Answer: a load balancer with its target groups."""

    name: str
    arn: str
    groups: tuple[TargetGroup, ...] = ()
    forwards: tuple[dict[str, int], ...] = ()
    """By rule that forwards to several: resource → weight."""


class StepReply(Struct, frozen=True):
    """Answer: what a step plugin says. ``Error`` means that it could not be asked."""

    phase: Literal["Running", "Successful", "Failed", "Error"]
    message: str = ""
    state: Any = None
    """JSON data that the plugin gets back the next time; None keeps what it said before."""
    again_after: float | None = None
    """Of one that runs: after how many seconds it wants to be asked again."""


Answer = Balanced | Refused | Read | Listed | Measured | StepReply


class Settings(Struct, frozen=True):
    """What the operator of the controller has chosen."""

    traffic_cleanup: Literal["delete", "zero"] = "delete"
    drain_seconds: int = 5
    """How long pods live after their traffic was moved, where the router cannot tell that it has moved."""
    instance_id: str = ""
    verifies: bool = False
    """Whether routers may ask the outside if a weight is in effect, as AWS for an ALB."""


class Seen(Struct, frozen=True):
    """Everything that the decision about one Rollout may use."""

    rollout: Rollout
    replica_sets: tuple[ReplicaSet, ...] = ()
    """Those that it controls, and those without an owner that its selector matches."""
    services: dict[str, Service] = field(default_factory=dict)
    """The Services of its namespace that it names, by name."""
    objects: dict[Ref, Foreign] = field(default_factory=dict)
    """Objects of traffic layers that it names or controls."""
    unseen: dict[Ref, str] = field(default_factory=dict)
    """Objects that it names and that cannot be looked for, as their kind is not installed; and why."""
    workload: Foreign | None = None
    """The workload that it takes its pod template from, if it names one and that is there."""
    runs: tuple[AnalysisRun, ...] = ()
    """The AnalysisRuns that it controls."""
    experiments: tuple[Experiment, ...] = ()
    """The Experiments that it controls."""
    templates: dict[TemplateRef, AnalysisTemplate] = field(default_factory=dict)
    """The analysis templates that it names, with those that they name."""
    unreadable: dict[TemplateRef, str] = field(default_factory=dict)
    """Templates that are there and cannot be read; and why."""
    busy: frozenset[Ref] = frozenset()
    """Objects in which fields are ours and that another Rollout uses whose update runs."""
    answers: dict[Ask, Answer] = field(default_factory=dict)
    settings: Settings = field(default_factory=Settings)


class SeenRun(Struct, frozen=True):
    """Everything that the decision about one AnalysisRun may use."""

    run: AnalysisRun
    answers: dict[Measure, Measured | Refused] = field(default_factory=dict)
    measuring: frozenset[Measure] = frozenset()
    """What has been asked and is not answered yet."""


class SeenExperiment(Struct, frozen=True):
    """Everything that the decision about one Experiment may use."""

    experiment: Experiment
    replica_sets: tuple[ReplicaSet, ...] = ()
    """Those that it controls."""
    services: dict[str, Service] = field(default_factory=dict)
    """The Services of its namespace under the names that its templates want."""
    runs: tuple[AnalysisRun, ...] = ()
    """The AnalysisRuns that it controls."""
    templates: dict[TemplateRef, AnalysisTemplate] = field(default_factory=dict)
    """The analysis templates that it names, with those that they name."""
    answers: dict[Ask, Answer] = field(default_factory=dict)


class Plan(Struct, frozen=True):
    """Everything that a decision says."""

    writes: tuple[Write, ...] = ()
    status: dict[str, Any] = field(default_factory=dict)
    """A merge patch of the status; empty when nothing changes."""
    events: tuple[Event, ...] = ()
    asks: tuple[Ask, ...] = ()
    wake: datetime | None = None
    """When to look again although nothing was seen to change."""
    why: tuple[str, ...] = ()
    """What is waited for, in words for people."""

    @property
    def is_empty(self) -> bool:
        """Whether carrying it out would send nothing."""
        return not (self.writes or self.status or self.asks)
