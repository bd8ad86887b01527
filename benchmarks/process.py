"""What a process costs, as Linux counts it (proc(5))."""

import asyncio
import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


class Process:
    """A running process, looked at from outside."""

    def __init__(self, pid: int) -> None:
        self._folder = Path(f"/proc/{pid}")

    async def ended(self) -> None:
        """Wait until it is gone."""
        while self._state not in "ZX":  # noqa: ASYNC110 - another's child gives no signal
            await asyncio.sleep(0.2)

    @property
    def _state(self) -> str:
        try:
            return (self._folder / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return "X"

    @property
    def cpu(self) -> float:
        """CPU seconds since its start, of the process and of the system in its name."""
        fields = (self._folder / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    @property
    def resident(self) -> float:
        """Resident memory now, in MB."""
        return self._memory("VmRSS")

    @property
    def peak(self) -> float:
        """The most resident memory that it has had, in MB."""
        return self._memory("VmHWM")

    def _memory(self, name: str) -> float:
        lines = (self._folder / "status").read_text().splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{name}:"))
