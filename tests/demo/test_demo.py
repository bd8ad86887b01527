"""`serinus demo` as a user calls it, on its real cluster."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from typing import Any

import pytest

from demo.seeds import ANALYSIS, BLUE_GREEN, ISTIO, SCENARIO
from serinus.demo.scenario import Scenario
from serinus.local.processes import Processes

pytestmark = pytest.mark.cluster

RATE = "200"
"""Requests per second: other tests want to run too."""


async def start(processes: Processes, folder: Path, *args: str) -> Process:
    """Start the demo with a folder of its own for temporary files."""
    env = {**os.environ, "TMPDIR": str(folder)}
    env.pop("KUBECONFIG", None)
    return await processes.start([sys.executable, "-m", "serinus", "demo", *args], env=env, stdout=PIPE, stderr=PIPE)


def left(folder: Path) -> list[str]:
    """The files in this folder, and the command lines of processes that have to do with it."""
    found = [str(path) for path in folder.iterdir()]
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if str(folder).encode() in words:
            found.append(words.replace(b"\0", b" ").decode())
    return found


def pid_of(program: str, folder: Path) -> int:
    """The process of a part of the demo's cluster."""
    state = next(folder.glob("*/demo/state.json"))
    return int(json.loads(state.read_text())["pids"][program])


@pytest.mark.timeout(400)
@pytest.mark.parametrize("scenario", [SCENARIO, ISTIO, BLUE_GREEN], ids=["nginx", "istio", "blue-green"])
async def test_every_row_of_the_article_is_as_it_should_be(scenario: Scenario, tmp_path: Path) -> None:
    await played(scenario, tmp_path)


@pytest.mark.timeout(400)
@pytest.mark.usefixtures("prometheus")
async def test_a_good_version_is_promoted_and_a_bad_one_rolled_back(tmp_path: Path) -> None:
    document = await played(ANALYSIS, tmp_path)
    assert set(document["errors"]) == set(ANALYSIS.faulty)
    judged = {row["title"]: row["analysis"]["phase"] for row in document["rows"] if "analysis" in row}
    assert (judged["setWeight 50"], judged["rolled back"]) == ("Successful", "Failed")


async def played(scenario: Scenario, folder: Path) -> dict[str, Any]:
    """Play a scenario, and check all that goes for each of them; what it says of itself."""
    async with Processes() as processes:
        demo = await start(processes, folder, "--json", "--scenario", scenario.name, "--rate", RATE)
        printed, told = await demo.communicate()
    assert demo.returncode == 0, told.decode()[-3000:]
    document: dict[str, Any] = json.loads(printed)
    assert (document["passed"], document["offences"], document["failed"]) == (True, [], 0)
    assert [row["title"] for row in document["rows"]] == [moment.title for moment in scenario.moments]
    for row, moment in zip(document["rows"], scenario.moments, strict=True):
        assert row["requests"] >= moment.wanted.requests
        assert moment.wanted.second is None or row[moment.wanted.sides[1]]["requests"] >= moment.wanted.requests
    assert document["requests"] > 1000 * len(scenario.moments)
    assert left(folder) == []
    return document


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
async def test_a_signal_in_mid_demo_leaves_nothing_behind(number: signal.Signals, code: int, tmp_path: Path) -> None:
    async with Processes() as processes:
        demo = await start(processes, tmp_path, "--json")
        assert demo.stderr is not None
        async with asyncio.timeout(60):
            while b"the cluster is up" not in await demo.stderr.readline():
                pass
        assert left(tmp_path) != []
        demo.send_signal(number)
        printed, _ = await demo.communicate()
    assert demo.returncode == code
    document = json.loads(printed)
    assert document["passed"] is False
    assert document["offences"][0] == "interrupted"
    assert left(tmp_path) == []


async def test_a_controller_that_dies_fails_the_demo(tmp_path: Path) -> None:
    async with Processes() as processes:
        demo = await start(processes, tmp_path)
        assert demo.stdout is not None
        async with asyncio.timeout(60):
            while b"setWeight 10: 1,000 requests" not in await demo.stdout.readline():
                pass
        os.kill(pid_of("controller", tmp_path), signal.SIGKILL)
        printed, _ = await demo.communicate()
    assert demo.returncode == 1
    assert "✖ controller ended with code -9" in printed.decode()
    assert left(tmp_path) == []
