"""Pods as the API hands them out: the fields that a kubelet obeys.

Nothing is checked here: the API server has validated every pod that we see.
"""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import field

from serinus.api.meta import ApiStruct, ObjectMeta


class ContainerPort(ApiStruct, frozen=True):
    """A port that a container says it listens on."""

    container_port: int
    name: str = ""
    protocol: str = "TCP"


class KeyRef(ApiStruct, frozen=True):
    """One key of a ConfigMap or Secret."""

    key: str
    name: str = ""
    optional: bool = False


class FieldRef(ApiStruct, frozen=True):
    """A field of the pod itself."""

    field_path: str


class EnvSource(ApiStruct, frozen=True):
    """Where a variable's value comes from."""

    field_ref: FieldRef | None = None
    config_map_key_ref: KeyRef | None = None
    secret_key_ref: KeyRef | None = None


class EnvVar(ApiStruct, frozen=True):
    """One environment variable."""

    name: str
    value: str = ""
    value_from: EnvSource | None = None


class SourceRef(ApiStruct, frozen=True):
    """A whole ConfigMap or Secret."""

    name: str = ""
    optional: bool = False


class EnvFrom(ApiStruct, frozen=True):
    """Variables made of all keys of a ConfigMap or Secret."""

    prefix: str = ""
    config_map_ref: SourceRef | None = None
    secret_ref: SourceRef | None = None


class Header(ApiStruct, frozen=True):
    """A header that a probe sends."""

    name: str
    value: str = ""


class HttpGet(ApiStruct, frozen=True):
    """A GET whose status says how a container is."""

    port: int | str
    path: str = "/"
    host: str = ""
    scheme: str = "HTTP"
    http_headers: tuple[Header, ...] = ()


class TcpSocket(ApiStruct, frozen=True):
    """A connection that a container must accept."""

    port: int | str
    host: str = ""


class Exec(ApiStruct, frozen=True):
    """A command that ends with 0 when all is well."""

    command: tuple[str, ...] = ()


class Sleep(ApiStruct, frozen=True):
    """A pause before the end."""

    seconds: int = 0


class Action(ApiStruct, frozen=True):
    """What a probe or a hook does: exactly one of its fields is set."""

    exec: Exec | None = None
    http_get: HttpGet | None = None
    tcp_socket: TcpSocket | None = None
    sleep: Sleep | None = None
    grpc: dict[str, Any] | None = None


class Probe(Action, frozen=True):
    """A repeated question to a container; times in seconds."""

    initial_delay_seconds: int = 0
    timeout_seconds: int = 1
    period_seconds: int = 10
    success_threshold: int = 1
    failure_threshold: int = 3
    termination_grace_period_seconds: int | None = None


class Lifecycle(ApiStruct, frozen=True):
    """Hooks around a container's life."""

    post_start: Action | None = None
    pre_stop: Action | None = None


class Container(ApiStruct, frozen=True):
    """One process of a pod."""

    name: str
    image: str = ""
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    working_dir: str = ""
    ports: tuple[ContainerPort, ...] = ()
    env: tuple[EnvVar, ...] = ()
    env_from: tuple[EnvFrom, ...] = ()
    startup_probe: Probe | None = None
    readiness_probe: Probe | None = None
    liveness_probe: Probe | None = None
    lifecycle: Lifecycle = field(default_factory=Lifecycle)
    restart_policy: str = ""

    @property
    def is_sidecar(self) -> bool:
        """Whether, among the init containers, it stays for the pod's whole life."""
        return self.restart_policy == "Always"

    @property
    def tcp_ports(self) -> tuple[int, ...]:
        """The ports on which it accepts connections, in their order."""
        return tuple(port.container_port for port in self.ports if port.protocol == "TCP")


class ReadinessGate(ApiStruct, frozen=True):
    """A condition, written by somebody else, without which a pod is not ready."""

    condition_type: str


class SchedulingGate(ApiStruct, frozen=True):
    """A reason not to schedule a pod yet."""

    name: str


class Volume(ApiStruct, frozen=True):
    """Files that a pod wants to find; only an empty folder costs it nothing."""

    name: str
    empty_dir: dict[str, Any] | None = None


class PodSpec(ApiStruct, frozen=True):
    """What a pod should be; times in seconds."""

    containers: tuple[Container, ...] = ()
    init_containers: tuple[Container, ...] = ()
    node_name: str = ""
    scheduler_name: str = "default-scheduler"
    scheduling_gates: tuple[SchedulingGate, ...] = ()
    restart_policy: str = "Always"
    termination_grace_period_seconds: int = 30
    active_deadline_seconds: int | None = None
    readiness_gates: tuple[ReadinessGate, ...] = ()
    hostname: str = ""
    service_account_name: str = ""
    volumes: tuple[Volume, ...] = ()


class PodCondition(ApiStruct, frozen=True):
    """One entry of a pod's conditions."""

    type: str
    status: str = "Unknown"
    last_transition_time: datetime | None = None


class RunningState(ApiStruct, frozen=True):
    """Since when a container runs."""

    started_at: datetime | None = None


class TerminatedState(ApiStruct, frozen=True):
    """How a container ended."""

    exit_code: int = 0
    reason: str = ""
    message: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    container_id: str = field(default="", name="containerID")


class ContainerState(ApiStruct, frozen=True):
    """Where a container stands; neither field set means that it waits."""

    running: RunningState | None = None
    terminated: TerminatedState | None = None


class ContainerStatus(ApiStruct, frozen=True):
    """What was last reported of a container."""

    name: str
    state: ContainerState = field(default_factory=ContainerState)
    last_state: ContainerState = field(default_factory=ContainerState)
    restart_count: int = 0
    container_id: str = field(default="", name="containerID")


class PodStatus(ApiStruct, frozen=True):
    """What was last reported of a pod."""

    phase: str = "Pending"
    pod_ip: str = field(default="", name="podIP")
    start_time: datetime | None = None
    conditions: tuple[PodCondition, ...] = ()
    init_container_statuses: tuple[ContainerStatus, ...] = ()
    container_statuses: tuple[ContainerStatus, ...] = ()


class PodMeta(ObjectMeta, frozen=True):
    """A pod's metadata."""

    deletion_grace_period_seconds: int | None = None


class Pod(ApiStruct, frozen=True):
    """A pod: the containers that live and end together."""

    metadata: PodMeta
    spec: PodSpec = field(default_factory=PodSpec)
    status: PodStatus = field(default_factory=PodStatus)

    @property
    def path(self) -> str:
        """Its address at the API."""
        return f"/api/v1/namespaces/{self.metadata.namespace}/pods/{self.metadata.name}"

    @property
    def is_over(self) -> bool:
        """Whether its containers have ended for good."""
        return self.status.phase in {"Succeeded", "Failed"}

    @property
    def is_leaving(self) -> bool:
        """Whether somebody has deleted it."""
        return self.metadata.deletion_timestamp is not None


_DECODER = msgspec.json.Decoder(Pod)


def decode_pod(data: bytes) -> Pod:
    """Read a pod from its JSON; what we do not obey is left out."""
    return _DECODER.decode(data)
