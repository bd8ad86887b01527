"""`get rollout`: the block that people read."""

import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from serinus.api.rollout import Rollout
from serinus.api.workload import ReplicaSet
from serinus.cli.paint import Paint, choose_paint
from serinus.cli.tree_text import write_view
from serinus.view.rollout import Observed, view_of

NOW = datetime(2026, 1, 1, 0, 19, tzinfo=UTC)

GOLDEN = """\
Name:            shop
Namespace:       default
Status:          ॥ Paused
Message:         CanaryPauseStep
Strategy:        Canary
  Step:          1/4
  SetWeight:     20
  ActualWeight:  20
Images:          nginx:1 (stable)
                 nginx:2 (canary)
Replicas:
  Desired:       5
  Current:       5
  Updated:       1
  Ready:         5
  Available:     5

NAME                 KIND        STATUS               AGE  INFO
⟳ shop               Rollout     ॥ Paused             19m
├──# revision:2
│  └──⧉ shop-new     ReplicaSet  ✔ Healthy            19m  canary
│     ├──□ shop-n-1  Pod         ✔ Running            19m  ready:1/1
│     └──□ shop-n-2  Pod         ✖ CrashLoopBackOff   18m  ready:0/1,restarts:3
└──# revision:1
   └──⧉ shop-old     ReplicaSet  ◌ Progressing        19m  stable
      └──□ shop-o-1  Pod         ◌ ContainerCreating  19m  ready:0/1
"""


def pod(name: str, owner: str, state: Any, created: str = "2026-01-01T00:00:00Z", restarts: int = 0) -> Any:
    container = {"name": "web", "ready": "running" in state, "restartCount": restarts, "state": state}
    return {
        "metadata": {"name": name, "creationTimestamp": created, "ownerReferences": [{"uid": f"uid-{owner}"}]},
        "spec": {"containers": [{"name": "web"}]},
        "status": {"phase": "Running", "containerStatuses": [container]},
    }


@pytest.fixture
def objects(rollout: Callable[..., Any], replica_set: Callable[..., Any]) -> dict[str, list[Any]]:
    stable = replica_set("old", 1, "nginx:1", replicas=4)
    stable["status"]["availableReplicas"] = 3
    return {
        "rollouts": [rollout()],
        "replicasets": [stable, replica_set("new", 2, "nginx:2")],
        "pods": [
            pod("shop-n-2", "shop-new", {"waiting": {"reason": "CrashLoopBackOff"}}, "2026-01-01T00:01:00Z", 3),
            pod("shop-n-1", "shop-new", {"running": {}}),
            pod("shop-o-1", "shop-old", {"waiting": {"reason": "ContainerCreating"}}),
            pod("stray", "else", {"running": {}}),
        ],
    }


@pytest.fixture
def observed(objects: dict[str, list[Any]]) -> Observed:
    manifest = objects["rollouts"][0]
    manifest["metadata"]["namespace"] = "default"
    return Observed(
        msgspec.convert(manifest, Rollout),
        tuple(msgspec.convert(item, ReplicaSet) for item in objects["replicasets"]),
        tuple(objects["pods"]),
    )


@pytest.fixture
def shop(api: Any, objects: dict[str, list[Any]]) -> Any:
    for plural, items in objects.items():
        for item in items:
            api.put(plural, item)
    return api


def without_ages(text: str) -> str:
    return re.sub(" +", " ", re.sub(r"\b(\d+[smhdy])+\b", "AGE", text))


def test_the_block(observed: Observed) -> None:
    assert write_view(view_of(observed), NOW, Paint(is_on=False)) == GOLDEN


def test_a_canary_without_steps_has_an_empty_step(serinus: Any, api: Any, rollout: Callable[..., Any]) -> None:
    api.put("rollouts", rollout(spec={"strategy": {"canary": {}}}))
    assert "Strategy:        Canary\n  Step:          \n  SetWeight:     " in serinus("get", "rollout", "shop").out


def test_colours_change_nothing_but_colours(observed: Observed) -> None:
    coloured = write_view(view_of(observed), NOW, Paint(is_on=True))
    assert "\x1b[32m✔\x1b[0m Healthy" in coloured
    assert "\x1b[32mstable\x1b[0m" in coloured
    assert re.sub(r"\x1b\[\d*m", "", coloured) == GOLDEN


def test_there_are_no_colours_without_a_terminal() -> None:
    assert not choose_paint(no_color=False).is_on


@pytest.mark.parametrize("word", ["rollout", "rollouts", "ro"])
def test_the_block_of_a_rollout_on_a_cluster(word: str, serinus: Any, shop: Any) -> None:
    said = serinus("get", word, "shop")
    assert (said.code, said.err) == (0, "")
    assert without_ages(said.out) == without_ages(GOLDEN)
    assert "/api/v1/namespaces/default/pods?labelSelector=app%3Dshop&limit=500" in shop.reads


@pytest.mark.parametrize("how", ["missing", "forbidden"])
def test_kinds_that_cannot_be_read_besides_are_left_out(how: str, serinus: Any, shop: Any) -> None:
    getattr(shop, how).update({"analysisruns", "experiments"})
    for flags in ([], ["-w", "--timeout-seconds=1"]):
        said = serinus("get", "rollout", "shop", *flags)
        assert (said.code, said.err) == (0, "")
        assert without_ages(said.out.rstrip()) == without_ages(GOLDEN.rstrip())


def test_pods_that_may_not_be_read_are_an_error(serinus: Any, shop: Any) -> None:
    shop.forbidden.add("pods")
    said = serinus("get", "rollout", "shop")
    assert said.code == 1
    assert said.err.startswith("Error: pods is forbidden")


def test_a_rollout_that_cannot_be_read_names_the_field(serinus: Any, api: Any, rollout: Callable[..., Any]) -> None:
    api.put("rollouts", rollout(spec={"strategy": {"canary": {"steps": "none"}}}))
    said = serinus("get", "rollout", "shop")
    assert said.code == 1
    assert said.err == (
        "Error: Rollout 'shop' cannot be read: Expected `array`, got `str` - at `$.spec.strategy.canary.steps`\n"
    )


def test_a_watch_ends_when_its_time_is_over(serinus: Any, shop: Any) -> None:
    said = serinus("get", "rollout", "shop", "-w", "--timeout-seconds", "1")
    assert (said.code, said.err) == (0, "")
    assert said.out.count("Name: ") == 1


def test_without_a_terminal_a_watch_prints_a_block_for_every_change(
    shop: Any, rollout: Callable[..., Any], replica_set: Callable[..., Any]
) -> None:
    argv = [sys.executable, "-m", "serinus", "get", "rollout", "shop", "-w", "--server", shop.url]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            lines = iter(process.stdout)
            assert next(line for line in lines if line.startswith("Status:")).split()[-1] == "Paused"
            shop.put("rollouts", rollout(phase="Healthy", message="", pauseConditions=None, controllerPause=False))
            assert next(line for line in lines if line.startswith("Status:")).split()[-1] == "Healthy"
            shop.put("replicasets", replica_set("old", 1, "nginx:1", replicas=0))
            assert "• ScaledDown" in next(line for line in lines if "⧉ shop-old" in line and "Scaled" in line)
            shop.drop("rollouts", "shop")
            assert process.wait(20) == 1
        finally:
            process.kill()


def test_on_a_terminal_the_screen_is_cleared_for_every_picture(shop: Any) -> None:
    controller, terminal = pty.openpty()
    argv = [sys.executable, "-m", "serinus", "get", "rollout", "shop", "-w", "--server", shop.url]
    env = os.environ | {"TERM": "xterm"}
    with subprocess.Popen(argv, stdout=terminal, stderr=terminal, env=env) as process:
        os.close(terminal)
        text = b""
        while text.count(b"\x1b[H\x1b[2J") < 2:
            text += os.read(controller, 65536)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
    os.close(controller)
    assert b"\x1b[33m" in text


def test_on_a_terminal_the_picture_says_when_it_may_be_old(shop: Any) -> None:
    controller, terminal = pty.openpty()
    argv = [sys.executable, "-m", "serinus", "get", "rollout", "shop", "-w", "--server", shop.url]
    with subprocess.Popen(
        argv, stdout=terminal, stderr=subprocess.DEVNULL, env=os.environ | {"TERM": "xterm"}
    ) as process:
        os.close(terminal)
        shop.wait_for_watch("pods")
        shop.forbidden.add("pods")
        shop.end_watches("pods")
        text = b""
        while b"This may be old: pods is forbidden" not in text:
            text += os.read(controller, 65536)
        process.kill()
    os.close(controller)


@pytest.mark.parametrize("variable", [{"TERM": "dumb"}, {"NO_COLOR": "1"}])
def test_a_terminal_without_colours_gets_none(variable: dict[str, str], shop: Any) -> None:
    controller, terminal = pty.openpty()
    argv = [sys.executable, "-m", "serinus", "get", "rollout", "shop", "--server", shop.url]
    with subprocess.Popen(argv, stdout=terminal, env={"TERM": "xterm"} | os.environ | variable) as process:
        os.close(terminal)
        assert process.wait(20) == 0
    assert b"\x1b[" not in os.read(controller, 65536)
    os.close(controller)
