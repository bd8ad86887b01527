"""What is known of a pod's processes: the input of its status."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from serinus.local.kubelet.spec import Container, ContainerStatus, Pod, TerminatedState


@dataclass(frozen=True)
class Waiting:
    """A container that does not run yet, or not at the moment."""

    reason: str
    message: str = ""


@dataclass(frozen=True)
class Running:
    """A container whose process runs."""

    started_at: datetime


@dataclass(frozen=True)
class Terminated:
    """A container whose process has ended."""

    exit_code: int
    reason: str
    started_at: datetime
    finished_at: datetime
    message: str = ""
    container_id: str = ""


State = Waiting | Running | Terminated

CREATING = Waiting("ContainerCreating")
INITIALIZING = Waiting("PodInitializing")


@dataclass(frozen=True)
class ContainerFacts:
    """One container: now, before, and how often."""

    state: State = CREATING
    last: Terminated | None = None
    ready: bool = False
    started: bool = False
    restarts: int = 0
    container_id: str = ""


@dataclass(frozen=True)
class Failure:
    """Why a whole pod has failed, whatever its containers did."""

    reason: str
    message: str


@dataclass(frozen=True)
class PodFacts:
    """One pod.

    `listens` says for each container port where the process really listens,
    `ended` that no process will ever run again.
    """

    ip: str
    start_time: datetime
    listens: Mapping[int, str] = field(default_factory=dict)
    containers: Mapping[str, ContainerFacts] = field(default_factory=dict)
    failure: Failure | None = None
    ended: bool = False


def first_facts(pod: Pod, now: datetime) -> dict[str, ContainerFacts]:
    """Say where each container stands when a kubelet takes a pod on.

    A pod that ran under an earlier kubelet has lost its processes: what ran has
    ended in a way that nobody saw, and starts once more.
    """
    known = {status.name: status for status in (*pod.status.init_container_statuses, *pod.status.container_statuses)}
    waits = INITIALIZING if pod.spec.init_containers else CREATING
    return {
        **{each.name: _recovered(known.get(each.name), CREATING, now) for each in pod.spec.init_containers},
        **{each.name: _recovered(known.get(each.name), waits, now) for each in pod.spec.containers},
    }


def _recovered(status: ContainerStatus | None, waits: Waiting, now: datetime) -> ContainerFacts:
    if status is None:
        return ContainerFacts(waits)
    restarts, identity = status.restart_count, status.container_id
    if status.state.terminated:
        return ContainerFacts(_ended(status.state.terminated, now), restarts=restarts, container_id=identity)
    last = _ended(status.last_state.terminated, now) if status.last_state.terminated else None
    if status.state.running:
        begun = status.state.running.started_at or now
        last = Terminated(255, "Unknown", begun, now, "the kubelet was restarted", identity)
    return ContainerFacts(waits, last, restarts=restarts, container_id=identity)


def _ended(told: TerminatedState, now: datetime) -> Terminated:
    begun, over = told.started_at or now, told.finished_at or now
    return Terminated(told.exit_code, told.reason, begun, over, told.message, told.container_id)


def has_run(facts: ContainerFacts) -> bool:
    """Whether a process of this container has existed."""
    return facts.last is not None or not isinstance(facts.state, Waiting)


def is_done(container: Container, facts: ContainerFacts) -> bool:
    """Whether an init container lets the next one start."""
    if container.is_sidecar:
        return facts.started
    return isinstance(facts.state, Terminated) and facts.state.exit_code == 0
