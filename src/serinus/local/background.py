"""A cluster that runs on after the command that started it."""

import asyncio
import subprocess
from collections.abc import Sequence
from pathlib import Path

from serinus.local import state
from serinus.local.errors import LocalError
from serinus.local.folders import private_folder
from serinus.local.plane import last_line

LOG = "up.log"
READY_LIMIT = 180.0
POLL = 0.1
GRACE = 20.0


def start(argv: Sequence[str], folder: Path) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, its output in the folder's log."""
    found = state.read_if_sound(folder)
    if found is not None and found.alive:
        raise LocalError(
            f"a cluster named {folder.name!r} is already up; stop it with `serinus down --name {folder.name}`"
        )
    private_folder(folder)
    with (folder / LOG).open("wb") as log:
        return subprocess.Popen(  # noqa: S603 - our own command line
            argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )


async def until_ready(process: subprocess.Popen[bytes], folder: Path, beside: Sequence[str] = ()) -> None:
    """Wait until the cluster is ready, and the programs beside it are.

    Raises LocalError when it ends before, or takes too long; then, or when we
    are interrupted, nothing is left running.
    """
    try:
        async with asyncio.timeout(READY_LIMIT):
            while not _is_ready(process.pid, folder, beside):
                _still_runs(process, folder)
                await asyncio.sleep(POLL)
    except TimeoutError:
        _end(process)
        raise LocalError(f"the cluster was not ready after {READY_LIMIT:.0f} s; see {folder / LOG}") from None
    except BaseException:
        _end(process)
        raise


def _is_ready(pid: int, folder: Path, beside: Sequence[str]) -> bool:
    found = state.read_if_sound(folder)
    return found is not None and found.pid == pid and found.ready and found.pids.keys() >= set(beside)


def _still_runs(process: subprocess.Popen[bytes], folder: Path) -> None:
    if process.poll() is None:
        return
    said = last_line(folder / LOG).removeprefix("Error: ")
    raise LocalError(f"the cluster ended with code {process.returncode}: {said} (more in {folder / LOG})")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Stop it, at first politely."""
    process.terminate()
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
