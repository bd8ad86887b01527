"""From facts to status: tables of what a kubelet reports."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given as holds_for
from hypothesis import strategies as st

from serinus.local.kubelet.facts import (
    CREATING,
    ContainerFacts,
    Failure,
    PodFacts,
    Running,
    Terminated,
    Waiting,
    first_facts,
)
from serinus.local.kubelet.spec import Pod
from serinus.local.kubelet.status import conditions_of, phase_of, pod_status

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
EARLIER = NOW - timedelta(minutes=5)

READ = Callable[..., Pod]

WAITS = ContainerFacts()
RUNS = ContainerFacts(Running(EARLIER), started=True)
READY = replace(RUNS, ready=True)
DONE = ContainerFacts(Terminated(0, "Completed", EARLIER, NOW))
FAILED = ContainerFacts(Terminated(3, "Error", EARLIER, NOW))
CRASHES = ContainerFacts(Waiting("CrashLoopBackOff"), last=Terminated(3, "Error", EARLIER, NOW), restarts=2)

TWO = "{restartPolicy: %s, containers: [{name: a}, {name: b}]}"
WITH_INIT = "{restartPolicy: %s, initContainers: [{name: i}], containers: [{name: a}]}"
WITH_SIDECAR = "{initContainers: [{name: s, restartPolicy: Always}], containers: [{name: a}]}"


def facts(ended: bool = False, **containers: ContainerFacts) -> PodFacts:
    return PodFacts("10.64.0.7", EARLIER, containers=containers, ended=ended)


def conditions(pod: Pod, known: PodFacts) -> dict[str, tuple[str, str | None]]:
    found = pod_status(pod, known, {}, NOW)["conditions"]
    return {each["type"]: (each["status"], each["reason"]) for each in found}


@pytest.mark.parametrize(
    ("policy", "a", "b", "phase"),
    [
        ("Always", WAITS, WAITS, "Pending"),
        ("Always", READY, WAITS, "Pending"),
        ("Always", READY, RUNS, "Running"),
        ("Always", READY, CRASHES, "Running"),
        ("Always", CRASHES, CRASHES, "Running"),
        ("Always", DONE, DONE, "Running"),
        ("OnFailure", DONE, RUNS, "Running"),
        ("OnFailure", DONE, FAILED, "Running"),
        ("OnFailure", DONE, CRASHES, "Running"),
        ("OnFailure", DONE, DONE, "Succeeded"),
        ("Never", DONE, RUNS, "Running"),
        ("Never", FAILED, RUNS, "Running"),
        ("Never", DONE, DONE, "Succeeded"),
        ("Never", DONE, FAILED, "Failed"),
    ],
)
def test_phase_sums_up_the_containers(pod: READ, policy: str, a: ContainerFacts, b: ContainerFacts, phase: str) -> None:
    assert phase_of(pod(TWO % policy), facts(a=a, b=b)) == phase


@pytest.mark.parametrize(
    ("policy", "init", "phase"),
    [
        ("Always", WAITS, "Pending"),
        ("Always", RUNS, "Pending"),
        ("Always", CRASHES, "Pending"),
        ("OnFailure", FAILED, "Pending"),
        ("Never", FAILED, "Failed"),
        ("Always", DONE, "Running"),
    ],
)
def test_init_containers_decide_the_phase_until_they_are_done(
    pod: READ, policy: str, init: ContainerFacts, phase: str
) -> None:
    main = READY if init is DONE else WAITS
    assert phase_of(pod(WITH_INIT % policy), facts(i=init, a=main)) == phase


@pytest.mark.parametrize(
    ("sidecar", "main", "phase"),
    [(WAITS, WAITS, "Pending"), (RUNS, WAITS, "Pending"), (READY, READY, "Running"), (CRASHES, READY, "Running")],
)
def test_a_sidecar_that_restarts_does_not_send_the_pod_back_to_pending(
    pod: READ, sidecar: ContainerFacts, main: ContainerFacts, phase: str
) -> None:
    assert phase_of(pod(WITH_SIDECAR), facts(s=sidecar, a=main)) == phase


@pytest.mark.parametrize(("a", "phase"), [(DONE, "Succeeded"), (FAILED, "Failed"), (WAITS, "Pending")])
def test_a_deleted_pod_whose_processes_are_gone_reaches_its_last_phase(
    pod: READ, a: ContainerFacts, phase: str
) -> None:
    assert phase_of(pod("{containers: [{name: a}]}"), facts(ended=True, a=a)) == phase


def test_a_deadline_fails_the_whole_pod(pod: READ) -> None:
    known = replace(facts(ended=True, a=DONE), failure=Failure("DeadlineExceeded", "too long"))
    status = pod_status(pod("{containers: [{name: a}]}"), known, {}, NOW)
    assert (status["phase"], status["reason"], status["message"]) == ("Failed", "DeadlineExceeded", "too long")


@pytest.mark.parametrize(
    ("a", "expected"),
    [
        (READY, {"ContainersReady": ("True", None), "Ready": ("True", None), "Initialized": ("True", None)}),
        (RUNS, {"ContainersReady": ("False", "ContainersNotReady"), "Ready": ("False", "ContainersNotReady")}),
        (DONE, {"ContainersReady": ("False", "PodCompleted"), "Ready": ("False", "PodCompleted")}),
        (FAILED, {"ContainersReady": ("False", "PodFailed"), "Ready": ("False", "PodFailed")}),
    ],
)
def test_conditions_follow_the_containers(
    pod: READ, a: ContainerFacts, expected: dict[str, tuple[str, str | None]]
) -> None:
    found = conditions(pod("{restartPolicy: Never, containers: [{name: a}]}"), facts(a=a))
    assert {kind: found[kind] for kind in expected} == expected


def test_a_pod_is_not_initialized_before_its_init_containers_are_done(pod: READ) -> None:
    found = conditions(pod(WITH_INIT % "Always"), facts(i=RUNS, a=WAITS))
    assert found["Initialized"] == ("False", "ContainersNotInitialized")


GATED = "{readinessGates: [{conditionType: example.com/routed}], containers: [{name: a}]}"


@pytest.mark.parametrize(
    ("told", "ready"),
    [
        ("[]", ("False", "ReadinessGatesNotReady")),
        ("[{type: example.com/routed, status: 'False'}]", ("False", "ReadinessGatesNotReady")),
        ("[{type: example.com/routed, status: 'True'}]", ("True", None)),
    ],
)
def test_readiness_gates_hold_the_pod_back_but_not_its_containers(
    pod: READ, told: str, ready: tuple[str, str | None]
) -> None:
    found = conditions(pod(GATED, f"{{conditions: {told}}}"), facts(a=READY))
    assert found["Ready"] == ready
    assert found["ContainersReady"] == ("True", None)


def test_a_condition_that_stays_keeps_its_transition_time(pod: READ) -> None:
    web = pod("{containers: [{name: a}]}")
    first = pod_status(web, facts(a=RUNS), {}, EARLIER)
    second = pod_status(web, facts(a=READY), conditions_of(first), NOW)
    times = {each["type"]: each["lastTransitionTime"] for each in second["conditions"]}
    assert times["Initialized"] == "2026-01-02T02:59:05Z"
    assert times["Ready"] == "2026-01-02T03:04:05Z"


def test_containers_are_reported_as_any_kubelet_does(pod: READ) -> None:
    crash = replace(CRASHES, container_id="process://1", last=replace(CRASHES.last, container_id="process://1"))
    status = pod_status(pod("{containers: [{name: a, image: 'nginx:1'}]}"), facts(a=crash), {}, NOW)
    assert status["containerStatuses"] == [
        {
            "name": "a",
            "image": "nginx:1",
            "imageID": "local://nginx:1",
            "containerID": "process://1",
            "ready": False,
            "started": False,
            "restartCount": 2,
            "state": {"waiting": {"reason": "CrashLoopBackOff"}},
            "lastState": {
                "terminated": {
                    "exitCode": 3,
                    "reason": "Error",
                    "startedAt": "2026-01-02T02:59:05Z",
                    "finishedAt": "2026-01-02T03:04:05Z",
                    "containerID": "process://1",
                }
            },
        }
    ]


def test_addresses_are_reported_in_both_forms(pod: READ) -> None:
    status = pod_status(pod("{containers: [{name: a}]}"), facts(a=WAITS), {}, NOW)
    assert (status["podIP"], status["podIPs"]) == ("10.64.0.7", [{"ip": "10.64.0.7"}])
    assert (status["hostIP"], status["hostIPs"]) == ("127.0.0.1", [{"ip": "127.0.0.1"}])
    assert status["startTime"] == "2026-01-02T02:59:05Z"


def test_an_init_container_is_ready_when_it_has_done_its_work(pod: READ) -> None:
    web = pod(WITH_INIT % "Always")
    told = [pod_status(web, facts(i=init, a=WAITS), {}, NOW)["initContainerStatuses"][0] for init in (RUNS, DONE)]
    assert [each["ready"] for each in told] == [False, True]


SURVIVOR = """
containerStatuses:
- {name: a, restartCount: 4, containerID: "process://1", state: {running: {startedAt: "2026-01-02T02:59:05Z"}}}
- name: b
  restartCount: 1
  containerID: "process://2"
  state: {terminated: {exitCode: 0, reason: Completed, finishedAt: "2026-01-02T02:59:05Z"}}
- name: c
  restartCount: 2
  state: {waiting: {reason: CrashLoopBackOff}}
  lastState: {terminated: {exitCode: 9, reason: Error}}
- {name: d, state: {waiting: {reason: ContainerCreating}}}
"""


def test_a_new_kubelet_knows_what_the_old_one_reported(pod: READ) -> None:
    spec = "{containers: [{name: a}, {name: b}, {name: c}, {name: d}, {name: e}]}"
    known = first_facts(pod(spec, SURVIVOR), NOW)
    lost = known["a"].last
    assert lost is not None
    assert (lost.exit_code, lost.reason, lost.container_id) == (255, "Unknown", "process://1")
    assert (known["a"].state, known["a"].restarts) == (CREATING, 4)
    assert known["b"].state == Terminated(0, "Completed", NOW, EARLIER)
    assert known["c"].last is not None
    assert (known["c"].last.exit_code, known["c"].restarts) == (9, 2)
    assert known["d"] == known["e"] == ContainerFacts(CREATING)


STATES = st.sampled_from([WAITS, RUNS, READY, DONE, FAILED, CRASHES])


@holds_for(
    init=STATES, a=STATES, b=STATES, policy=st.sampled_from(["Always", "OnFailure", "Never"]), ended=st.booleans()
)
def test_a_status_never_contradicts_itself(
    pod: READ, init: ContainerFacts, a: ContainerFacts, b: ContainerFacts, policy: str, ended: bool
) -> None:
    web = pod(f"{{restartPolicy: {policy}, initContainers: [{{name: i}}], containers: [{{name: a}}, {{name: b}}]}}")
    known = facts(ended, i=init, a=a, b=b)
    status = pod_status(web, known, {}, NOW)
    told = {each["type"]: each["status"] for each in status["conditions"]}
    assert (told["Ready"] == "True") <= (told["ContainersReady"] == "True") <= (a.ready and b.ready)
    assert (status["phase"] in {"Succeeded", "Failed"}) <= (told["Ready"] == "False")
    assert (status["phase"] == "Running") <= (told["Initialized"] == "True")
    assert pod_status(web, known, conditions_of(status), NOW + timedelta(hours=1)) == status
