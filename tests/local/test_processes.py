"""Children end with their owner, whatever ends the owner."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import Iterator
from pathlib import Path

import pytest

from serinus.local.processes import Processes

STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("on", flush=True)
time.sleep(600)
"""
PARENT = """
import subprocess
child = subprocess.Popen(["sleep", "600"], start_new_session={apart})
print(child.pid, flush=True)
child.wait()
"""
WITH_GRANDCHILD = PARENT.format(apart=False)
WITH_GRANDCHILD_APART = PARENT.format(apart=True)

OWNER = """
import asyncio, sys
from asyncio.subprocess import PIPE
from serinus.local.processes import Processes

async def main():
    processes = Processes()
    for code in sys.argv[1:]:
        child = await processes.start([sys.executable, "-c", code], stdout=PIPE)
        print(child.pid, (await child.stdout.readline()).decode().strip(), flush=True)
    print("ready", flush=True)
    {then}

asyncio.run(main())
"""


def alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_gone(*pids: int) -> None:
    """Fail unless all of them end soon."""
    deadline = time.monotonic() + 20
    while left := [pid for pid in pids if alive(pid)]:
        assert time.monotonic() < deadline, f"still running: {left}"
        time.sleep(0.02)


def owner(*codes: str, then: str = "await asyncio.sleep(600)") -> subprocess.Popen[str]:
    """Start a program that starts children and tells their pids."""
    argv = [sys.executable, "-c", OWNER.format(then=then), *codes]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, start_new_session=True)


def pids_of(program: subprocess.Popen[str]) -> list[int]:
    """Read every number that an owner prints until it is ready."""
    assert program.stdout is not None
    numbers: list[int] = []
    for line in program.stdout:
        if line == "ready\n":
            return numbers
        numbers += [int(word) for word in line.split() if word.isdigit()]
    raise AssertionError(f"the owner ended early, after {numbers}")


@pytest.fixture
def owned() -> Iterator[list[subprocess.Popen[str]]]:
    programs: list[subprocess.Popen[str]] = []
    yield programs
    for program in programs:
        program.kill()
        program.communicate()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_children_and_grandchildren_end_when_a_signal_ends_the_owner(
    number: signal.Signals, owned: list[subprocess.Popen[str]]
) -> None:
    owned.append(owner(STUBBORN, WITH_GRANDCHILD))
    pids = pids_of(owned[0])
    assert len(pids) == 3
    assert all(alive(pid) for pid in pids)
    owned[0].send_signal(number)
    wait_gone(*pids)


def test_ctrl_c_to_the_whole_terminal_group_ends_all(owned: list[subprocess.Popen[str]]) -> None:
    owned.append(owner(STUBBORN))
    pids = pids_of(owned[0])
    os.killpg(owned[0].pid, signal.SIGINT)
    wait_gone(*pids)


@pytest.mark.parametrize("then", ["return", "raise RuntimeError", "import os; os._exit(3)"])
def test_children_end_when_the_owner_ends_without_closing(
    then: str, owned: list[subprocess.Popen[str]], capfd: pytest.CaptureFixture[str]
) -> None:
    owned.append(owner(STUBBORN, then=then))
    wait_gone(*pids_of(owned[0]))


def test_a_grandchild_in_another_session_is_found_by_its_mark(owned: list[subprocess.Popen[str]]) -> None:
    owned.append(owner(WITH_GRANDCHILD_APART))
    pids = pids_of(owned[0])
    owned[0].kill()
    wait_gone(*pids)


def test_children_of_a_nested_owner_end_with_the_outer_one(owned: list[subprocess.Popen[str]]) -> None:
    inner = OWNER.format(then="await asyncio.sleep(600)").replace("sys.argv[1:]", repr([STUBBORN]))
    owned.append(owner(inner))
    pids = pids_of(owned[0])
    assert len(pids) == 2  # the inner owner and, on the line that it prints, its child
    owned[0].kill()
    wait_gone(*pids)


async def test_stop_returns_the_exit_code(processes: Processes) -> None:
    ended = await processes.start([sys.executable, "-c", "raise SystemExit(7)"])
    assert await ended.wait() == 7
    assert await processes.stop(ended) == 7
    asleep = await processes.start(["sleep", "600"])
    assert await processes.stop(asleep) == -signal.SIGTERM


async def test_stop_kills_what_ignores_the_polite_signal(processes: Processes) -> None:
    child = await processes.start([sys.executable, "-c", STUBBORN], stdout=PIPE)
    assert child.stdout is not None
    await child.stdout.readline()
    assert await processes.stop(child, grace=0.05) == -signal.SIGKILL


async def test_a_stop_that_is_cancelled_kills_at_once(processes: Processes) -> None:
    child = await processes.start([sys.executable, "-c", STUBBORN], stdout=PIPE)
    assert child.stdout is not None
    await child.stdout.readline()
    stopping = asyncio.create_task(processes.stop(child, grace=600))
    await asyncio.sleep(0)
    stopping.cancel()
    assert await child.wait() == -signal.SIGKILL


async def test_the_rest_of_a_group_ends_with_its_leader(processes: Processes) -> None:
    code = "import subprocess; print(subprocess.Popen(['sleep', '600']).pid, flush=True)"
    child = await processes.start([sys.executable, "-c", code], stdout=PIPE)
    output, _ = await child.communicate()  # ends only when the grandchild has let go of the pipe
    wait_gone(int(output))


async def test_a_killed_guard_is_replaced_and_knows_the_old_children(processes: Processes) -> None:
    first = await processes.start(["sleep", "600"])
    old = processes._guard
    assert old is not None
    old.kill()
    await old.wait()
    second = await processes.start(["sleep", "600"])
    assert processes._guard is not None
    os.close(processes._pipe)
    processes._pipe = os.open(os.devnull, os.O_WRONLY)
    await processes._guard.wait()
    assert await first.wait() == -signal.SIGKILL
    assert await second.wait() == -signal.SIGKILL


async def test_a_program_that_is_not_there_is_an_error(processes: Processes, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="missing"):
        await processes.start([str(tmp_path / "missing")])


async def test_children_get_the_environment_and_folder_that_were_asked_for(
    processes: Processes, tmp_path: Path
) -> None:
    code = "import os; print(os.environ.get('HOME'), os.environ['COLOUR'], os.getcwd())"
    child = await processes.start([sys.executable, "-c", code], env={"COLOUR": "yellow"}, cwd=tmp_path, stdout=PIPE)
    output, _ = await child.communicate()
    assert output.decode().split() == ["None", "yellow", str(tmp_path)]


async def test_closing_twice_is_fine() -> None:
    processes = Processes()
    await processes.start(["sleep", "600"])
    await processes.aclose()
    await processes.aclose()
