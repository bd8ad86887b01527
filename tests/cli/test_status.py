"""`status`: what it prints, when it ends, and with which exit code."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

HEALTHY = {"phase": "Healthy", "message": "", "pauseConditions": None, "controllerPause": False}
DEGRADED = HEALTHY | {"phase": "Degraded", "message": "RolloutAborted: Rollout aborted update to revision 2"}
MOVING = HEALTHY | {"phase": "Progressing", "message": "more replicas need to be updated"}
BAD = "Error: The rollout is in a degraded state with message: RolloutAborted: Rollout aborted update to revision 2\n"
LATE = "Error: Rollout status watch exceeded timeout\n"


@pytest.mark.parametrize("flag", ["--watch=false", "-w=false", "--no-watch"])
@pytest.mark.parametrize(
    ("state", "code", "out", "err"),
    [
        (HEALTHY, 0, "Healthy\n", ""),
        (DEGRADED, 1, "Degraded\n", BAD),
        (MOVING, 0, "Progressing - more replicas need to be updated\n", ""),
        ({}, 0, "Paused - CanaryPauseStep\n", ""),
    ],
)
def test_without_a_watch_the_phase_is_printed_once(
    flag: str, state: Any, code: int, out: str, err: str, serinus: Any, api: Any, rollout: Callable[..., Any]
) -> None:
    api.put("rollouts", rollout(**state))
    said = serinus("status", "shop", flag)
    assert (said.code, said.out, said.err) == (code, out, err)


@pytest.mark.parametrize(
    ("state", "code", "out", "err"),
    [
        (HEALTHY, 0, "Healthy\n", ""),
        (DEGRADED, 1, "Degraded - RolloutAborted: Rollout aborted update to revision 2\n", BAD),
    ],
)
def test_a_watch_of_what_is_settled_ends_at_once(
    state: Any, code: int, out: str, err: str, serinus: Any, api: Any, rollout: Callable[..., Any]
) -> None:
    api.put("rollouts", rollout(**state))
    said = serinus("status", "shop")
    assert (said.code, said.out, said.err) == (code, out, err)


def test_a_watch_that_takes_too_long_fails(serinus: Any, api: Any, rollout: Callable[..., Any]) -> None:
    api.put("rollouts", rollout())
    said = serinus("status", "shop", "--timeout", "200ms")
    assert (said.code, said.out, said.err) == (1, "Paused - CanaryPauseStep\n", LATE)


@pytest.fixture
def when_watched(api: Any) -> Callable[..., threading.Thread]:
    """Do something as soon as Rollouts are watched."""

    def do(act: Callable[[], None]) -> threading.Thread:
        def wait() -> None:
            api.wait_for_watch("rollouts")
            act()

        thread = threading.Thread(target=wait)
        thread.start()
        return thread

    return do


@pytest.mark.parametrize(("last", "code", "err"), [(HEALTHY, 0, ""), (DEGRADED, 1, BAD)])
def test_a_watch_prints_each_phase_once_until_it_is_settled(
    last: Any, code: int, err: str, serinus: Any, api: Any, rollout: Callable[..., Any], when_watched: Any
) -> None:
    api.put("rollouts", rollout())

    def act() -> None:
        for state in ({}, {"readyReplicas": 4}, MOVING, MOVING, last):
            api.put("rollouts", rollout(**state))

    thread = when_watched(act)
    said = serinus("status", "shop")
    thread.join(20)
    assert (said.code, said.err) == (code, err)
    lines = said.out.splitlines()
    assert lines[0] == "Paused - CanaryPauseStep"
    assert lines[-1].startswith(last["phase"])
    assert len(lines) == len(set(lines))


def test_a_rollout_that_is_deleted_ends_the_watch(
    serinus: Any, api: Any, rollout: Callable[..., Any], when_watched: Any
) -> None:
    api.put("rollouts", rollout())
    thread = when_watched(lambda: api.drop("rollouts", "shop"))
    said = serinus("status", "shop")
    thread.join(20)
    assert (said.code, said.err) == (1, "Error: the rollout was deleted while it was watched\n")
