"""The status of a pod as kubectl prints it.

The phase alone hides what people want to know, so kubectl looks into the containers. The rules are those of its pod
printer; each is a function from a container to a text, or to nothing when the rule does not apply.
"""

from typing import Any

from msgspec import Struct

from serinus.api.scalar import Manifest
from serinus.view.health import Health

_MOVING = {"Pending", "ContainerCreating", "PodInitializing", "Terminating", "NotReady", "SchedulingGated"}
_GOOD = {"Completed", "Succeeded"}
_HINDERED = {"ImagePullBackOff", "RegistryUnavailable"}
"""Like the kubelet's errors (ErrImagePull, CreateContainerError): another sign than a container that crashes."""


class PodStatus(Struct, frozen=True):
    """What a person sees of a pod."""

    text: str
    ready: int
    containers: int
    restarts: int

    @property
    def health(self) -> Health:
        """Whether the pod serves, is on its way, or is in trouble."""
        if self.text == "Running":
            return Health.OK if self.ready >= self.containers else Health.PROGRESSING
        if self.text in _GOOD:
            return Health.OK
        if self.text in _MOVING or (self.text.startswith("Init:") and "/" in self.text):
            return Health.PROGRESSING
        if self.text in {"", "Unknown"}:
            return Health.UNKNOWN
        text = self.text.removeprefix("Init:")
        is_hindered = text in _HINDERED or text.startswith("Err") or text.endswith("Error")
        return Health.ERROR if is_hindered else Health.BAD


def pod_status(pod: Manifest) -> PodStatus:
    """Read the status of a pod, which is given as plain data."""
    status = pod.get("status") or {}
    spec = pod.get("spec") or {}
    mains: list[Any] = status.get("containerStatuses") or []
    inits: list[Any] = status.get("initContainerStatuses") or []
    sidecars = [item for item in inits if item.get("name") in _sidecar_names(spec)]
    starting = _starting(inits, spec)
    is_started = starting is None or _condition(status, "Initialized")
    text = (_main_text(mains, status) if is_started else starting) or _phase(status)
    return PodStatus(
        text=_ending(pod, status) or text,
        ready=_ready(mains if is_started else [], sidecars),
        containers=len(spec.get("containers") or ()) + len(_sidecar_names(spec)),
        restarts=sum(item.get("restartCount", 0) for item in (mains + sidecars if is_started else inits)),
    )


def _phase(status: dict[str, Any]) -> str:
    gated = any(
        item.get("type") == "PodScheduled" and item.get("reason") == "SchedulingGated"
        for item in status.get("conditions") or ()
    )
    return "SchedulingGated" if gated else str(status.get("reason") or status.get("phase") or "Unknown")


def _ending(pod: Manifest, status: dict[str, Any]) -> str | None:
    if not (pod.get("metadata") or {}).get("deletionTimestamp"):
        return None
    if status.get("reason") == "NodeLost":
        return "Unknown"
    return None if status.get("phase") in {"Succeeded", "Failed"} else "Terminating"


def _starting(inits: list[Any], spec: dict[str, Any]) -> str | None:
    """The text of the first init container that is not done; None when all are."""
    for index, item in enumerate(inits):
        if not _is_init_done(item, spec):
            return _init_text(item) or f"Init:{index}/{len(spec.get('initContainers') or ())}"
    return None


def _is_init_done(item: Any, spec: dict[str, Any]) -> bool:
    ended = _state(item, "terminated")
    if ended is not None and ended.get("exitCode", 0) == 0:
        return True
    return item.get("name") in _sidecar_names(spec) and bool(item.get("started"))


def _init_text(item: Any) -> str | None:
    waiting = _state(item, "waiting") or {}
    reason = waiting.get("reason")
    text = _ended_text(item) or (reason if reason != "PodInitializing" else None)
    return f"Init:{text}" if text else None


def _main_text(mains: list[Any], status: dict[str, Any]) -> str | None:
    """The text of the first main container that has something to say."""
    text = next(filter(None, map(_trouble, mains)), None)
    if text == "Completed" and any(_is_running(item) for item in mains):
        return "Running" if _condition(status, "Ready") else "NotReady"
    return text


def _trouble(item: Any) -> str | None:
    waiting = _state(item, "waiting") or {}
    return waiting.get("reason") or _ended_text(item)


def _ended_text(item: Any) -> str | None:
    ended = _state(item, "terminated")
    if ended is None:
        return None
    if ended.get("reason"):
        return str(ended["reason"])
    return f"Signal:{ended['signal']}" if ended.get("signal") else f"ExitCode:{ended.get('exitCode', 0)}"


def _ready(mains: list[Any], sidecars: list[Any]) -> int:
    return sum(1 for item in mains if _is_running(item)) + sum(
        1 for item in sidecars if item.get("started") and item.get("ready")
    )


def _is_running(item: Any) -> bool:
    return bool(item.get("ready")) and _state(item, "running") is not None


def _state(item: Any, name: str) -> dict[str, Any] | None:
    state: dict[str, Any] | None = (item.get("state") or {}).get(name)
    return state


def _condition(status: dict[str, Any], type_: str) -> bool:
    conditions = status.get("conditions") or ()
    return any(item.get("type") == type_ and item.get("status") == "True" for item in conditions)


def _sidecar_names(spec: dict[str, Any]) -> set[str]:
    """Init containers that go on running beside the main ones."""
    return {item.get("name", "") for item in spec.get("initContainers") or () if item.get("restartPolicy") == "Always"}
