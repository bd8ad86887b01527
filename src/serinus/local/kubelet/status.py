"""From facts to the status that the API should hold. Pure.

The rules are those of the Kubernetes documentation, "Pod Lifecycle"
(https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/).
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from serinus.local.kubelet.facts import ContainerFacts, PodFacts, Running, State, Terminated, Waiting, is_done
from serinus.local.kubelet.spec import Container, Pod

HOST_IP = "127.0.0.1"

Conditions = Mapping[str, tuple[str, str]]
"""Type of a condition → its status, and since when."""


def pod_status(pod: Pod, facts: PodFacts, before: Conditions, now: datetime) -> dict[str, Any]:
    """Say what the API should hold as this pod's status.

    `before` are the conditions of the last report: one whose status stays keeps
    its transition time.
    """
    phase = phase_of(pod, facts)
    status: dict[str, Any] = {
        "observedGeneration": pod.metadata.generation,
        "phase": phase,
        "conditions": _conditions(pod, facts, phase, before, now),
        "hostIP": HOST_IP,
        "hostIPs": [{"ip": HOST_IP}],
        "podIP": facts.ip,
        "podIPs": [{"ip": facts.ip}],
        "startTime": timestamp(facts.start_time),
        "containerStatuses": [_container(each, facts.containers[each.name]) for each in pod.spec.containers],
    }
    if pod.spec.init_containers:
        status["initContainerStatuses"] = [
            _init(each, facts.containers[each.name]) for each in pod.spec.init_containers
        ]
    if facts.failure:
        status |= {"reason": facts.failure.reason, "message": facts.failure.message}
    return status


def phase_of(pod: Pod, facts: PodFacts) -> str:
    """Sum up a pod in one of the five words that everybody reads."""
    if facts.failure:
        return "Failed"
    for each in pod.spec.init_containers:
        if is_done(each, facts.containers[each.name]) or _was_done(each, pod, facts):
            continue
        state = facts.containers[each.name].state
        fatal = isinstance(state, Terminated) and (facts.ended or pod.spec.restart_policy == "Never")
        return "Failed" if fatal else "Pending"
    return _phase_of_containers(pod, facts)


def _phase_of_containers(pod: Pod, facts: PodFacts) -> str:
    containers = [facts.containers[each.name] for each in pod.spec.containers]
    states = [each.state for each in containers]
    if any(isinstance(each.state, Waiting) and each.last is None for each in containers):
        return "Pending"
    codes = [state.exit_code for state in states if isinstance(state, Terminated)]
    over = len(codes) == len(states)
    if not over or (pod.spec.restart_policy == "Always" and not facts.ended):
        return "Running"
    if not any(codes):
        return "Succeeded"
    return "Running" if pod.spec.restart_policy == "OnFailure" and not facts.ended else "Failed"


def _was_done(init: Container, pod: Pod, facts: PodFacts) -> bool:
    """Whether a sidecar that is down now had let the containers start."""
    return init.is_sidecar and any(not isinstance(each.state, Waiting) or each.last for each in _mains(pod, facts))


def _mains(pod: Pod, facts: PodFacts) -> list[ContainerFacts]:
    return [facts.containers[each.name] for each in pod.spec.containers]


def _conditions(
    pod: Pod, facts: PodFacts, phase: str, before: Conditions, now: datetime
) -> list[dict[str, str | None]]:
    verdicts = {
        "PodScheduled": "",
        "PodReadyToStartContainers": "" if not facts.ended else "PodCompleted",
        "Initialized": _not_initialized(pod, facts, phase),
        "ContainersReady": _not_ready(pod, facts, phase),
    }
    verdicts["Ready"] = verdicts["ContainersReady"] or _gate_closed(pod)
    return [_condition(kind, verdict, before, now) for kind, verdict in verdicts.items()]


def _condition(kind: str, trouble: str, before: Conditions, now: datetime) -> dict[str, str | None]:
    """Build one condition; `trouble` is "Reason" or "Reason: message", empty when all is well.

    The API merges conditions by their type: what is not said stays, None removes it.
    """
    status = "False" if trouble else "True"
    old_status, since = before.get(kind, ("", ""))
    reason, _, message = trouble.partition(": ")
    return {
        "type": kind,
        "status": status,
        "lastTransitionTime": since if old_status == status else timestamp(now),
        "reason": reason or None,
        "message": message or None,
    }


def _not_initialized(pod: Pod, facts: PodFacts, phase: str) -> str:
    if phase in {"Succeeded", "Running"}:
        return ""
    waiting = [each.name for each in pod.spec.init_containers if not is_done(each, facts.containers[each.name])]
    return f"ContainersNotInitialized: containers with incomplete status: [{' '.join(waiting)}]" if waiting else ""


def _not_ready(pod: Pod, facts: PodFacts, phase: str) -> str:
    if phase in {"Succeeded", "Failed"}:
        return "PodCompleted" if phase == "Succeeded" else "PodFailed"
    sidecars = [each for each in pod.spec.init_containers if each.is_sidecar]
    unready = [each.name for each in (*sidecars, *pod.spec.containers) if not facts.containers[each.name].ready]
    return f"ContainersNotReady: containers with unready status: [{' '.join(unready)}]" if unready else ""


def _gate_closed(pod: Pod) -> str:
    """Say which condition of somebody else still keeps the pod from being ready."""
    told = {condition.type: condition.status for condition in pod.status.conditions}
    for gate in pod.spec.readiness_gates:
        kind = gate.condition_type
        if told.get(kind) != "True":
            return f"ReadinessGatesNotReady: readiness gate {kind} is {told.get(kind, 'not set')}, not True"
    return ""


def _container(container: Container, facts: ContainerFacts) -> dict[str, Any]:
    return {
        "name": container.name,
        "image": container.image,
        "imageID": f"local://{container.image}" if facts.container_id else "",
        "containerID": facts.container_id,
        "ready": facts.ready,
        "started": facts.started,
        "restartCount": facts.restarts,
        "state": _state(facts.state),
        "lastState": _state(facts.last) if facts.last else {},
    }


def _init(container: Container, facts: ContainerFacts) -> dict[str, Any]:
    """An init container is ready when it has done its work."""
    status = _container(container, facts)
    return status if container.is_sidecar else status | {"ready": is_done(container, facts)}


def _state(state: State) -> dict[str, Any]:
    match state:
        case Waiting(reason, message):
            return {"waiting": {"reason": reason} | ({"message": message} if message else {})}
        case Running(started_at):
            return {"running": {"startedAt": timestamp(started_at)}}
        case Terminated():
            told = {
                "exitCode": state.exit_code,
                "reason": state.reason,
                "startedAt": timestamp(state.started_at),
                "finishedAt": timestamp(state.finished_at),
                "containerID": state.container_id,
            }
            return {"terminated": told | ({"message": state.message} if state.message else {})}


def conditions_of(status: Mapping[str, Any]) -> Conditions:
    """Read the conditions of a status that we have reported."""
    return {each["type"]: (each["status"], each["lastTransitionTime"]) for each in status.get("conditions", ())}


def conditions_in(pod: Pod) -> Conditions:
    """Read the conditions that the API holds."""
    return {
        each.type: (each.status, timestamp(each.last_transition_time))
        for each in pod.status.conditions
        if each.last_transition_time
    }


def timestamp(moment: datetime) -> str:
    """Write a time as the API does: RFC 3339, UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
