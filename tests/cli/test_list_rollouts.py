"""`list rollouts`: one line for each."""

import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

BLUE = {"strategy": {"blueGreen": {"activeService": "a"}}, "replicas": 3}


@pytest.fixture
def three(api: Any, rollout: Callable[..., Any]) -> Any:
    api.put("rollouts", rollout())
    api.put("rollouts", rollout("blue", BLUE, phase="Healthy", message="", pauseConditions=None, controllerPause=False))
    api.put("rollouts", rollout("far"), "east")
    return api


@pytest.mark.parametrize("word", ["rollouts", "rollout", "ro"])
def test_the_table(word: str, serinus: Any, three: Any) -> None:
    said = serinus("list", word)
    assert (said.code, said.err) == (0, "")
    assert said.out == (
        "NAME  STRATEGY   STATUS   STEP  SET-WEIGHT  READY  DESIRED  UP-TO-DATE  AVAILABLE\n"
        "blue  BlueGreen  Healthy  -     -           5/5    3        1           5\n"
        "shop  Canary     Paused   1/4   20          5/5    5        1           5\n"
    )


def test_all_namespaces_are_told_apart(serinus: Any, three: Any) -> None:
    lines = serinus("list", "rollouts", "-A").out.splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["NAMESPACE", "NAME"],
        ["default", "blue"],
        ["default", "shop"],
        ["east", "far"],
    ]


def test_a_list_in_many_pages_is_read_to_its_end(serinus: Any, three: Any) -> None:
    three.page = 1
    assert len(serinus("list", "rollouts", "-A").out.splitlines()) == 4


def test_one_can_be_chosen_by_name(serinus: Any, three: Any) -> None:
    assert [line.split()[0] for line in serinus("list", "rollouts", "--name", "shop").out.splitlines()] == [
        "NAME",
        "shop",
    ]


def test_timestamps_stand_first(serinus: Any, three: Any) -> None:
    header, line = serinus("list", "rollouts", "--timestamps", "-n", "east").out.splitlines()
    assert header.startswith("TIMESTAMP             NAME  STRATEGY")
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ  far   Canary", line)


@pytest.mark.parametrize("flags", [[], ["-A"]])
def test_nothing_is_told_on_stderr(flags: list[str], serinus: Any, api: Any) -> None:
    said = serinus("list", "rollouts", *flags)
    assert (said.code, said.out, said.err) == (0, "", "No resources found.\n")


def test_one_that_cannot_be_read_does_not_hide_the_others(
    serinus: Any, three: Any, rollout: Callable[..., Any]
) -> None:
    three.put("rollouts", rollout("odd", {"replicas": "many"}))
    said = serinus("list", "rollouts")
    assert said.code == 0
    assert [line.split()[0] for line in said.out.splitlines()] == ["NAME", "blue", "shop"]
    assert said.err.startswith("Error: Rollout 'odd' cannot be read: Expected `int | null`, got `str`")


def test_a_watch_prints_the_table_and_then_what_changes(api: Any, rollout: Callable[..., Any]) -> None:
    api.put("rollouts", rollout())
    argv = [sys.executable, "-m", "serinus", "list", "rollouts", "-w", "--server", api.url]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline().startswith("NAME")
            assert process.stdout.readline().split()[:3] == ["shop", "Canary", "Paused"]
            api.put("rollouts", rollout(phase="Healthy", pauseConditions=None, controllerPause=False))
            assert process.stdout.readline().split()[:3] == ["shop", "Canary", "Healthy"]
        finally:
            process.terminate()
