"""The nginx master process: started, given configurations, stopped."""

import asyncio
import contextlib
import grp
import os
import pwd
import re
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable
from pathlib import Path

from serinus.local.errors import LocalError
from serinus.local.gateways.following import RefusedError
from serinus.local.gateways.nginx.binary import nginx_binary
from serinus.local.gateways.nginx.config import Settings, render
from serinus.local.gateways.nginx.witness import Witness
from serinus.local.gateways.routing import Routing
from serinus.local.ports import free_ports
from serinus.local.processes import Processes

START_LIMIT = 15.0
RELOAD_LIMIT = 15.0
"""Seconds until a configuration must be in effect; 0.15 are usual."""
POLL = 0.01
PORT_TRIES = 3
GRACE = 3.0
"""Seconds that requests under way get at the end."""

PLACE_IN_FILE = re.compile(r" in \S*:([0-9]+)\s*$", re.MULTILINE)
OWNER = re.compile(r"\s*# from (\S+)$")


class IngressRefusedError(RefusedError):
    """nginx does not take a configuration."""

    def __init__(self, message: str, owner: str = "") -> None:
        super().__init__(f"nginx refuses the configuration: {message}")
        self.message = message
        self.owner = owner
        """The Ingress ("namespace/name") whose line it is, where it is one's."""


class Master:
    """One nginx, and the routes that it serves."""

    def __init__(self, directory: Path, processes: Processes, ended: Callable[[], None]) -> None:
        self.generation = 0
        """Number of the configuration in effect; 0 before the first."""
        self.port = 0
        self._status_port = 0
        self._next = 0
        self._directory = directory.absolute()
        self._processes = processes
        self._ended = ended
        self._binary = nginx_binary()
        self._process: Process | None = None
        self._waiting: asyncio.Task[None] | None = None
        self._witness: Witness | None = None

    @property
    def running(self) -> bool:
        """Whether the master process lives."""
        return self._process is not None and self._process.returncode is None

    async def apply(self, routing: Routing) -> None:
        """Put routes into effect; return when no request meets the old ones any more.

        Raises IngressRefusedError where nginx does not take them, and LocalError where it
        does not start or does not answer; what ran before runs on.
        """
        self._next += 1
        if self.running:
            await self._check(routing)
            await self._reload()
        else:
            await self._start(routing)
        self.generation = self._next

    async def stop(self) -> None:
        """Let requests under way end, then end nginx."""
        self._dismiss_witness()
        if self._waiting is not None:
            self._waiting.cancel()
        if self._process is None:
            return
        self._signal(signal.SIGQUIT)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GRACE):
                await self._process.wait()
        await self._processes.stop(self._process)

    def reopen_logs(self) -> None:
        """Make nginx open its log files anew, after they were moved away."""
        self._signal(signal.SIGUSR1)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)

    async def _start(self, routing: Routing) -> None:
        """Start nginx; ports that somebody takes just before are replaced by others."""
        for left in reversed(range(PORT_TRIES)):
            if not self.port:
                self.port, self._status_port = free_ports(2)
            await self._check(routing)
            await self._spawn()
            try:
                await self._meet()
            except LocalError:
                await self._processes.stop(self._require())
                if self.generation or not left or "still could not bind()" not in self._last_words():
                    raise
                self.port = 0
            else:
                return

    async def _spawn(self) -> None:
        self._dismiss_witness()
        await asyncio.to_thread(self._adopt)
        self._process = await self._processes.start(
            self._command("nginx.conf"), cwd=self._directory, stdout=DEVNULL, stderr=DEVNULL
        )
        self._waiting = asyncio.create_task(self._wait(self._process))

    async def _wait(self, process: Process) -> None:
        await process.wait()
        self._ended()

    async def _meet(self) -> None:
        """Wait until the new nginx answers."""
        process = self._require()
        deadline = asyncio.get_running_loop().time() + START_LIMIT
        while process.returncode is None and asyncio.get_running_loop().time() < deadline:
            with contextlib.suppress(OSError):
                self._witness = await Witness.meet(self._status_port)
                return
            await asyncio.sleep(POLL)
        raise LocalError(f"nginx did not start: {self._last_words()}")

    async def _reload(self) -> None:
        await asyncio.to_thread(self._adopt)
        self._signal(signal.SIGHUP)
        try:
            async with asyncio.timeout(RELOAD_LIMIT):
                while self._witness is None or self._witness.generation != self._next:
                    await self._change_witness()
        except (TimeoutError, OSError) as error:
            raise LocalError(f"nginx did not take up its new configuration: {self._last_words()}") from error

    async def _change_witness(self) -> None:
        """Wait for the old worker to let go, and meet the next one."""
        if self._witness is not None:
            await self._witness.leave()
        self._dismiss_witness()
        self._witness = await Witness.meet(self._status_port)

    def _dismiss_witness(self) -> None:
        if self._witness is not None:
            self._witness.close()
            self._witness = None

    async def _check(self, routing: Routing) -> None:
        """Write the next configuration and let nginx judge it."""
        text = render(routing, Settings(self._next, self.port, self._status_port, _user()))
        try:
            await asyncio.to_thread(self._write, text)
            verdict = await self._judge()
        except OSError as error:
            raise LocalError(f"nginx cannot judge a configuration in {self._directory}: {error}") from error
        if verdict is not None:
            raise _refusal(verdict, text)

    async def _judge(self) -> str | None:
        """Say what nginx has against the next configuration; raises TimeoutError where it hangs."""
        command = [*self._command("next.conf"), "-q", "-t"]
        test = await self._processes.start(command, cwd=self._directory, stdout=DEVNULL, stderr=PIPE)
        try:
            async with asyncio.timeout(START_LIMIT):
                _, output = await test.communicate()
        finally:
            if test.returncode is None:
                await self._processes.stop(test, grace=0)
        return output.decode(errors="replace") if test.returncode else None

    def _command(self, file: str) -> list[str]:
        return [str(self._binary), "-p", f"{self._directory}/", "-c", file, "-e", "error.log"]

    def _write(self, text: str) -> None:
        (self._directory / "temp").mkdir(parents=True, exist_ok=True)
        (self._directory / "next.conf").write_text(text)

    def _adopt(self) -> None:
        (self._directory / "next.conf").replace(self._directory / "nginx.conf")

    def _last_words(self) -> str:
        """The end of nginx's error log."""
        try:
            lines = (self._directory / "error.log").read_text(errors="replace").splitlines()
        except OSError:
            return "it left no error log"
        return " / ".join(lines[-3:]) or "its error log is empty"

    def _require(self) -> Process:
        assert self._process is not None
        return self._process


def _user() -> str:
    """Root's worker stays root: nobody else could enter a private directory."""
    if os.geteuid() != 0:
        return ""
    return f"{pwd.getpwuid(0).pw_name} {grp.getgrgid(os.getegid()).gr_name}"


def _refusal(output: str, text: str) -> IngressRefusedError:
    """Find the Ingress that brought in the line which nginx complains about."""
    message = output.strip().splitlines()[0].removeprefix("nginx: ") if output.strip() else "no reason given"
    place = PLACE_IN_FILE.search(message)
    lines = text.splitlines()[: int(place[1])] if place else []
    return IngressRefusedError(message, _owner(lines))


def _owner(lines: list[str]) -> str:
    """Walk up from the last line to the mark of the Ingress that it belongs to."""
    for line in reversed(lines):
        if line.startswith(("server {", "upstream ", "http {")):
            break
        if mark := OWNER.fullmatch(line):
            return mark[1]
    return ""
