"""Keep the logs of gateways small."""

import asyncio
from collections.abc import Callable
from pathlib import Path

ROOM = 16 * 1024 * 1024
"""Bytes of a log file until it is moved away; one moved file is kept of each."""
INTERVAL = 5.0


async def keep_small(directory: Path, reopen: Callable[[], None]) -> None:
    """Look every few seconds, until cancelled."""
    while True:
        await asyncio.sleep(INTERVAL)
        if await asyncio.to_thread(move_full, directory):
            reopen()


def move_full(directory: Path, room: int = ROOM) -> bool:
    """Move logs that are full to `NAME.1`; says whether there were any."""
    full = [log for log in directory.glob("*.log") if log.stat().st_size > room]
    for log in full:
        log.replace(log.with_name(log.name + ".1"))
    return bool(full)
