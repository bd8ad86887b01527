"""The watchdog that ends processes whose owner is gone.

It runs as a program of its own, in its own session, so that nothing that hits
its owner hits it. Standard input is a pipe that only the owner holds: `+7` puts
process group 7 under guard, `-7` takes it off. End of file means that the owner
has ended, however it did, and that every group still listed must end too.

The only argument is the owner's mark. Every child carries it in its environment,
so that one that was born just before the owner died, or that moved to another
process group, is found as well.

It imports nothing of the project: it has to start in a few milliseconds.
"""

import os
import signal
import sys
import time
from pathlib import Path

MARK = "SERINUS_GUARD"
"""Environment variable that names the owners of a process, joined by colons."""

SWEEP_PAUSE = 0.05
"""Seconds between the two sweeps: a forked child has no mark before its exec."""


def main(mark: str) -> None:
    """Watch until the owner is gone, then end what it left behind."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    for group in read_groups():
        kill_group(group)
    sweep(mark)
    time.sleep(SWEEP_PAUSE)
    sweep(mark)


def read_groups() -> set[int]:
    """Follow the owner's notes to their end; what is left is the answer."""
    groups: set[int] = set()
    for line in sys.stdin:
        number = int(line[1:])
        if line[0] == "+":
            groups.add(number)
        else:
            groups.discard(number)
    return groups


def kill_group(group: int) -> None:
    """Kill a whole process group; one that has ended already is fine."""
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def sweep(mark: str) -> None:
    """Kill every process of ours that carries the mark."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and mark in marks(folder):
            try:
                os.kill(int(folder.name), signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                continue


def marks(folder: Path) -> list[str]:
    """Read the owners of the process with this `/proc` folder."""
    try:
        environ = (folder / "environ").read_bytes()
    except OSError:  # ended meanwhile, or somebody else's
        return []
    for entry in environ.split(b"\0"):
        name, _, value = entry.partition(b"=")
        if name == MARK.encode():
            return value.decode(errors="replace").split(":")
    return []


if __name__ == "__main__":
    main(sys.argv[1])
