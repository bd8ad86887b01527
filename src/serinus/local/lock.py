"""A lock between processes: a file that one of them holds."""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from serinus.local.errors import LocalError

POLL = 0.2
"""Seconds between two tries to get a lock that somebody holds."""


@asynccontextmanager
async def locked(path: Path, on_wait: Callable[[], None] = lambda: None) -> AsyncIterator[None]:
    """Hold the lock file; `on_wait` is called once if another holds it.

    The system frees the lock when its holder ends, however it ends.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not take(descriptor):
            on_wait()
            while not take(descriptor):  # noqa: ASYNC110 - the holder is another process
                await asyncio.sleep(POLL)
        yield
    finally:
        os.close(descriptor)


def take(descriptor: int) -> bool:
    """Try to lock an open file; False where another holds it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def held(path: Path, refusal: str) -> Iterator[None]:
    """Hold the lock file, or raise LocalError with this text at once."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise LocalError(f"cannot write {path}: {error.strerror}") from error
    try:
        if not take(descriptor):
            raise LocalError(refusal)
        yield
    finally:
        os.close(descriptor)
