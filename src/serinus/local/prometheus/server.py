"""The process of Prometheus: started, found ready, started again, stopped."""

import asyncio
from asyncio.subprocess import Process
from pathlib import Path

from serinus.local.errors import LocalError
from serinus.local.folders import write_private
from serinus.local.plane import last_line, until_well
from serinus.local.ports import free_ports
from serinus.local.processes import Processes
from serinus.local.prometheus.config import command_line, scrape_config

READY_LIMIT = 60.0
"""Seconds until it must answer; 0.5 are usual, more after it was killed."""
PORT_TRIES = 3


class Server:
    """One Prometheus, at the same address for as long as it is wanted."""

    def __init__(self, binary: Path, folder: Path, processes: Processes) -> None:
        self.port = 0
        """Known after the first start."""
        self._binary = binary
        self._folder = folder
        self._log = folder / "prometheus.log"
        self._processes = processes
        self._process: Process | None = None

    async def start(self) -> None:
        """Start it and return when it answers; raises LocalError.

        At the first time, a port that somebody takes just before is replaced by
        another; later its address is known to others and stays.
        """
        is_first = not self.port
        for left in reversed(range(PORT_TRIES)):
            self.port = self.port or free_ports(1)[0]
            try:
                await self._try()
            except LocalError:
                if not is_first or not left or "address already in use" not in self._last_words():
                    raise
                self.port = 0
            else:
                return

    async def ended(self) -> int:
        """Wait until it ends; its exit code."""
        assert self._process is not None
        return await self._process.wait()

    async def stop(self) -> None:
        """End it; what it has collected is on the disk then."""
        if self._process is not None:
            await self._processes.stop(self._process)

    async def _try(self) -> None:
        write_private(self._folder / "prometheus.yml", scrape_config(self._folder))
        with self._log.open("ab") as log:
            argv = command_line(self._binary, self._folder, self.port)
            try:
                self._process = await self._processes.start(argv, cwd=self._folder, stdout=log, stderr=log)
            except OSError as error:
                advice = "remove that file to build it again"
                raise LocalError(f"cannot start {self._binary}: {error.strerror}; {advice}") from error
        await self._meet()

    async def _meet(self) -> None:
        """Wait until it answers, unless it ends or takes too long; then it is stopped."""
        answer = asyncio.create_task(until_well(f"http://127.0.0.1:{self.port}/-/ready"))
        end = asyncio.create_task(self.ended())
        try:
            await asyncio.wait([answer, end], timeout=READY_LIMIT, return_when=asyncio.FIRST_COMPLETED)
            if end.done():
                raise LocalError(f"Prometheus ended with code {end.result()}; {self._tale()}")
            if not answer.done():
                raise LocalError(f"Prometheus was not ready after {READY_LIMIT:.0f} s; {self._tale()}")
            answer.result()
        except BaseException:
            await self.stop()
            raise
        finally:
            answer.cancel()
            end.cancel()

    def _tale(self) -> str:
        return f"its log is {self._log}, and it said: {self._last_words()}"

    def _last_words(self) -> str:
        return last_line(self._log)
