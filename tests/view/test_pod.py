"""The status of a pod reads as kubectl prints it."""

from typing import Any

import pytest

from serinus.view.health import Health
from serinus.view.pod import pod_status

RUNNING = {"ready": True, "state": {"running": {}}}
UNREADY = {"ready": False, "state": {"running": {}}}


def waiting(reason: str, **more: Any) -> dict[str, Any]:
    return {"state": {"waiting": {"reason": reason}}, **more}


def ended(code: int, reason: str = "", **more: Any) -> dict[str, Any]:
    return {"state": {"terminated": {"exitCode": code, "reason": reason, **more}}}


def pod(phase: str, *mains: Any, inits: Any = (), sidecar: bool = False, **more: Any) -> dict[str, Any]:
    init_specs = [{"name": f"i{n}", **({"restartPolicy": "Always"} if sidecar else {})} for n in range(len(inits))]
    return {
        "metadata": more.pop("metadata", {}),
        "spec": {"containers": [{"name": f"c{n}"} for n in range(max(1, len(mains)))], "initContainers": init_specs},
        "status": {
            "phase": phase,
            "containerStatuses": [{"name": f"c{n}", **item} for n, item in enumerate(mains)],
            "initContainerStatuses": [{"name": f"i{n}", **item} for n, item in enumerate(inits)],
            **more,
        },
    }


DELETED = {"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}}
GATED = {"conditions": [{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}]}
READY = {"conditions": [{"type": "Ready", "status": "True"}]}


@pytest.mark.parametrize(
    ("given", "text", "ready", "health"),
    [
        (pod("Pending"), "Pending", "0/1", Health.PROGRESSING),
        (pod("Pending", **GATED), "SchedulingGated", "0/1", Health.PROGRESSING),
        (pod("Pending", waiting("ContainerCreating")), "ContainerCreating", "0/1", Health.PROGRESSING),
        (pod("Pending", waiting("ImagePullBackOff")), "ImagePullBackOff", "0/1", Health.ERROR),
        (pod("Running", RUNNING), "Running", "1/1", Health.OK),
        (pod("Running", RUNNING, RUNNING), "Running", "2/2", Health.OK),
        (pod("Running", RUNNING, UNREADY), "Running", "1/2", Health.PROGRESSING),
        (pod("Running", RUNNING, waiting("CrashLoopBackOff")), "CrashLoopBackOff", "1/2", Health.BAD),
        (pod("Running", waiting("First"), waiting("Second")), "First", "0/2", Health.BAD),
        (pod("Running", RUNNING, ended(0, "Completed"), **READY), "Running", "1/2", Health.PROGRESSING),
        (pod("Running", RUNNING, ended(0, "Completed")), "NotReady", "1/2", Health.PROGRESSING),
        (pod("Succeeded", ended(0, "Completed")), "Completed", "0/1", Health.OK),
        (pod("Pending", waiting("ErrImagePull")), "ErrImagePull", "0/1", Health.ERROR),
        (pod("Pending", waiting("CreateContainerConfigError")), "CreateContainerConfigError", "0/1", Health.ERROR),
        (pod("Failed", ended(1, "Error")), "Error", "0/1", Health.ERROR),
        (pod("Failed", ended(137, "OOMKilled")), "OOMKilled", "0/1", Health.BAD),
        (pod("Failed", ended(3)), "ExitCode:3", "0/1", Health.BAD),
        (pod("Failed", ended(137, signal=9)), "Signal:9", "0/1", Health.BAD),
        (pod("Failed", reason="Evicted"), "Evicted", "0/1", Health.BAD),
        (pod("Running", RUNNING, **DELETED), "Terminating", "1/1", Health.PROGRESSING),
        (pod("Succeeded", ended(0, "Completed"), **DELETED), "Completed", "0/1", Health.OK),
        (pod("Running", RUNNING, reason="NodeLost", **DELETED), "Unknown", "1/1", Health.UNKNOWN),
        (pod("Pending", inits=[UNREADY, {}]), "Init:0/2", "0/1", Health.PROGRESSING),
        (pod("Pending", inits=[ended(0, "Completed"), UNREADY]), "Init:1/2", "0/1", Health.PROGRESSING),
        (pod("Pending", inits=[waiting("PodInitializing")]), "Init:0/1", "0/1", Health.PROGRESSING),
        (pod("Pending", inits=[waiting("ImagePullBackOff")]), "Init:ImagePullBackOff", "0/1", Health.ERROR),
        (pod("Pending", inits=[ended(1, "Error")]), "Init:Error", "0/1", Health.ERROR),
        (pod("Pending", inits=[ended(2)]), "Init:ExitCode:2", "0/1", Health.BAD),
        (pod("Running", RUNNING, inits=[ended(0, "Completed")]), "Running", "1/1", Health.OK),
        (pod("Running", RUNNING, inits=[{**RUNNING, "started": True}], sidecar=True), "Running", "2/2", Health.OK),
        ({"metadata": {}}, "Unknown", "0/0", Health.UNKNOWN),
    ],
)
def test_the_status_says_what_matters(given: dict[str, Any], text: str, ready: str, health: Health) -> None:
    status = pod_status(given)
    assert (status.text, f"{status.ready}/{status.containers}", status.health) == (text, ready, health)


def test_restarts_are_those_of_the_main_containers_once_they_have_started() -> None:
    mains = [RUNNING | {"restartCount": 2}, RUNNING | {"restartCount": 1}]
    inits = [ended(0, "Completed") | {"restartCount": 4}]
    assert pod_status(pod("Running", *mains, inits=inits)).restarts == 3


def test_restarts_of_init_containers_count_until_then() -> None:
    assert pod_status(pod("Pending", inits=[waiting("CrashLoopBackOff", restartCount=4)])).restarts == 4
