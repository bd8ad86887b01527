"""Stop a cluster from another process, by its state file."""

import os
import select
import signal
import time
from pathlib import Path

from serinus.local import state
from serinus.local.errors import LocalError
from serinus.local.lock import held
from serinus.local.state import State

GRACE = 30.0
"""Seconds that a cluster gets to stop by itself."""
PATIENCE = 10.0
"""Seconds until what was killed must be gone."""


def stop(folder: Path, *, keep: bool = False) -> bool:
    """Stop a cluster and remove its folder; True if it was up.

    With `keep` its data stay for a later start. Raises LocalError when there is
    no such cluster, or when it cannot be stopped.
    """
    if not folder.is_dir():
        raise LocalError(_unknown(folder))
    found = state.read_if_sound(folder)
    was_up = found is not None and _end(found)
    if found is not None:
        _until_gone(list(found.pids.values()))
    with held(folder / "lock", f"{folder} is in use by a process that its {state.FILE} does not name; stop that first"):
        if keep:
            (folder / state.FILE).unlink(missing_ok=True)
        else:
            state.remove(folder)
    return was_up


def _end(found: State) -> bool:
    """Signal exactly the process that wrote the state, and wait for its end."""
    try:
        process = os.pidfd_open(found.pid)
    except ProcessLookupError:
        return False
    try:
        if not found.alive:  # looked up after the handle was taken: the handle cannot be another's
            return False
        signal.pidfd_send_signal(process, signal.SIGTERM)
        if not select.select([process], [], [], GRACE)[0]:
            signal.pidfd_send_signal(process, signal.SIGKILL)
            select.select([process], [], [], PATIENCE)
    except PermissionError as error:
        raise LocalError(f"may not stop process {found.pid}: it belongs to another user") from error
    finally:
        os.close(process)
    return True


def _until_gone(pids: list[int]) -> None:
    """Wait for the programs of a killed cluster; its guard ends them."""
    deadline = time.monotonic() + PATIENCE
    while any(state.start_of(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)


def _unknown(folder: Path) -> str:
    known = ", ".join(state.known_names(folder.parent)) or "none"
    return f"there is no cluster named {folder.name!r}; known: {known}"
