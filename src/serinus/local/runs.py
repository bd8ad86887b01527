"""Run one program after the other, into one log, each with a time limit."""

import asyncio
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from serinus.local.errors import LocalError
from serinus.local.processes import Processes

LAST_LINES = 8
"""How much of the log an error shows."""


class FailedError(LocalError):
    """A program failed or took too long; the text names the log and shows its end."""


@dataclass(frozen=True)
class Runner:
    """Runs programs to their end; what they print goes into the log."""

    processes: Processes
    log: Path
    cwd: Path

    async def run(
        self,
        argv: Sequence[str],
        purpose: str,
        *,
        limit: float,
        env: Mapping[str, str] | None = None,
        on_line: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Run a program; every line that it prints goes to `on_line`.

        Raises FailedError when the program fails or takes longer than `limit`
        seconds.
        """
        with self.log.open("ab") as log:
            process = await self.processes.start(argv, env=env, cwd=self.cwd, stdout=PIPE, stderr=STDOUT)
            try:
                async with asyncio.timeout(limit):
                    code = await _follow(process, log, on_line)
            except TimeoutError:
                raise FailedError(f"{purpose} took longer than {limit:.0f} s; {self.tail()}") from None
            finally:
                await self.processes.stop(process)
        if code != 0:
            raise FailedError(f"{purpose} failed with exit code {code}; {self.tail()}")

    def tail(self) -> str:
        """Name the log and repeat its last lines."""
        lines = self.log.read_text(errors="replace").splitlines()[-LAST_LINES:]
        return "\n  ".join([f"the log is {self.log}", *lines])


async def _follow(process: Process, log: IO[bytes], on_line: Callable[[str], None]) -> int:
    """Read a program's output to its end, then its exit code."""
    assert process.stdout is not None
    async for line in process.stdout:
        log.write(line)
        on_line(line.decode(errors="replace").rstrip())
    return await process.wait()
