"""Child processes that cannot outlive us, not even when we are killed."""

import asyncio
import contextlib
import os
import secrets
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from serinus.local import guard

GUARD_PATIENCE = 5.0
"""Seconds that the guard gets to end after its pipe was closed."""


class Processes:
    """A set of child processes that end when their owner ends.

    Each child leads a process group of its own. When it ends, whatever is left
    of its group is killed, as in a container: a child must stay in the
    foreground. A guard process does the same for all groups when this process
    is gone without `aclose`, for example after `kill -9`.
    """

    def __init__(self) -> None:
        self._mark = secrets.token_hex(8)
        self._watchers: dict[int, asyncio.Task[None]] = {}
        self._running: dict[int, Process] = {}
        self._guard: Process | None = None
        self._pipe = -1
        self._starting = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def start(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        stdout: int | IO[bytes] | None = None,
        stderr: int | IO[bytes] | None = None,
    ) -> Process:
        """Start a program in a process group of its own, under guard.

        `env` replaces our environment; None hands it on. `stdout` and `stderr`
        are what `subprocess` takes; standard input is empty. Raises OSError when
        the program cannot be started.
        """
        async with self._starting:
            await self._ensure_guard()
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=DEVNULL,
            stdout=stdout,
            stderr=stderr,
            env=self._marked(os.environ if env is None else env),
            cwd=cwd,
            start_new_session=True,
        )
        self._tell(f"+{process.pid}")
        self._running[process.pid] = process
        self._watchers[process.pid] = asyncio.create_task(self._watch(process))
        return process

    async def stop(self, process: Process, *, grace: float = 5.0) -> int:
        """End a process and its group; return the exit code.

        The process gets SIGTERM, and after `grace` seconds its whole group gets
        SIGKILL. A negative code is the number of the signal that ended it.
        Cancelled in between, it kills the group at once.
        """
        watcher = self._watchers.get(process.pid)
        if watcher is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        try:
            if watcher is not None:
                await asyncio.wait([watcher], timeout=grace)
        finally:
            if process.returncode is None or (watcher is not None and not watcher.done()):
                guard.kill_group(process.pid)
        return await process.wait()

    async def aclose(self) -> None:
        """Stop every child that still runs, then dismiss the guard."""
        await asyncio.gather(*(self.stop(process) for process in list(self._running.values())))
        await asyncio.gather(*self._watchers.values())
        if self._guard is None:
            return
        os.close(self._pipe)
        keeper, self._guard = self._guard, None
        async with asyncio.timeout(GUARD_PATIENCE):
            await keeper.wait()

    async def _watch(self, process: Process) -> None:
        """Wait for a child's end, kill the rest of its group, forget it."""
        await _ended(process)
        guard.kill_group(process.pid)
        self._tell(f"-{process.pid}")
        await process.wait()
        self._running.pop(process.pid, None)
        self._watchers.pop(process.pid, None)

    async def _ensure_guard(self) -> None:
        """Start the guard, or another where somebody killed it."""
        if self._guard is not None:
            if self._guard.returncode is None:
                return
            os.close(self._pipe)
        reader, self._pipe = os.pipe()
        try:
            self._guard = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", guard.__file__, self._mark),
                stdin=reader,
                stdout=DEVNULL,
                stderr=DEVNULL,
                env={},  # without the marks of our own owners, whose sweeps must not end it
                cwd="/",
                start_new_session=True,
            )
        finally:
            os.close(reader)
        for pid in self._running:
            self._tell(f"+{pid}")

    def _tell(self, note: str) -> None:
        """Write a note to the guard; a dead one is replaced at the next start."""
        with contextlib.suppress(BrokenPipeError):
            os.write(self._pipe, f"{note}\n".encode())

    def _marked(self, env: Mapping[str, str]) -> dict[str, str]:
        """Add our mark to those of our own owners."""
        owners = [mark for mark in (os.environ.get(guard.MARK), self._mark) if mark]
        return {**env, guard.MARK: ":".join(owners)}


async def _ended(process: Process) -> None:
    """Wait until the child itself has ended.

    `Process.wait` also waits for the pipes, which a grandchild may hold open.
    """
    try:
        descriptor = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_reader(descriptor, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)
