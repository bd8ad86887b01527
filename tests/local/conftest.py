"""Clusters that a test starts for itself, with the command of the users."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from serinus.local import state
from serinus.local.processes import Processes

LIMIT = 60.0


@dataclass(frozen=True)
class Serinus:
    """Runs `serinus` with a state folder of its own."""

    processes: Processes
    root: Path

    async def start(self, *args: str) -> Process:
        """Start a command and go on."""
        env = {**os.environ, "SERINUS_STATE": str(self.root)}
        argv = [sys.executable, "-m", "serinus", *args]
        return await self.processes.start(argv, env=env, stdout=PIPE, stderr=PIPE)

    async def run(self, *args: str) -> tuple[int, str, str]:
        """Run a command to its end: exit code, output, errors."""
        process = await self.start(*args)
        async with asyncio.timeout(LIMIT):
            output, errors = await process.communicate()
        return process.returncode, output.decode(), errors.decode()

    async def up(self, *args: str, name: str = "default") -> Process:
        """Start a bare cluster and wait until it is ready."""
        process = await self.start("up", "--no-controller", "--name", name, *args)
        async with asyncio.timeout(LIMIT):
            while not self.state(name).get("ready"):
                if process.returncode is not None:
                    raise AssertionError((await process.stderr.read()).decode())
                await asyncio.sleep(0.05)
        return process

    def state(self, name: str = "default") -> dict:
        """What a cluster tells of itself; empty where it does not."""
        found = state.read(self.root / name)
        return json.loads((self.root / name / state.FILE).read_text()) if found else {}

    def left(self) -> list[str]:
        """The command lines of all processes that have to do with these clusters."""
        return [line for line in map(self._line, Path("/proc").glob("[0-9]*")) if line]

    async def until(self, true: Callable[[], object]) -> None:
        """Wait until something is so; fail when it does not come."""
        async with asyncio.timeout(LIMIT):
            while not true():  # noqa: ASYNC110 - other processes make it true
                await asyncio.sleep(0.02)

    def _line(self, folder: Path) -> str:
        try:
            command = (folder / "cmdline").read_bytes()
            words = command + (folder / "environ").read_bytes()
        except OSError:
            return ""
        return command.replace(b"\0", b" ").decode() if str(self.root).encode() in words else ""


@pytest.fixture
async def processes() -> AsyncIterator[Processes]:
    """Children that end with the test."""
    async with Processes() as children:
        yield children


@pytest.fixture
def serinus(processes: Processes, tmp_path: Path) -> Serinus:
    return Serinus(processes, tmp_path / "clusters")
