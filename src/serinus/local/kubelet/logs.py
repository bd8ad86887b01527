"""What containers print: kept in files of bounded size, read back by line.

A line is stored as the container runtime interface has it: time, stream, `F` or
`P` (a piece of a long line), text.
"""

import asyncio
import os
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

FILE_LIMIT = 8 * 1024 * 1024
"""Bytes after which a file is turned over; the one before is kept."""

LINE_LIMIT = 16 * 1024
"""Bytes after which a line is stored in pieces."""

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Position:
    """How far a reader has come: which file, counted from the first, and where in it."""

    turn: int = 0
    offset: int = 0


class Log:
    """The output of one run of a container.

    Written by the kubelet's loop, read by any number of followers. Files are
    touched in threads, one at a time.
    """

    def __init__(self, path: Path, *, closed: bool = False, turn: int = 0, limit: int = FILE_LIMIT) -> None:
        self.path = path
        self.closed = closed
        self._limit = limit
        self._turn = turn
        self._file: BinaryIO | None = None
        self._lock = threading.Lock()
        self._grown = asyncio.Event()

    @property
    def _older(self) -> Path:
        return _older(self.path)

    async def write(self, data: bytes) -> None:
        """Append stored lines and wake the followers."""
        await asyncio.to_thread(self._append, data)
        self._wake()

    async def close(self) -> None:
        """Say that nothing more will come."""
        self.closed = True
        if self._file is not None:
            await asyncio.to_thread(self._file.close)
        self._wake()

    async def read(self, position: Position) -> tuple[bytes, Position]:
        """Read all stored lines after a position."""
        return await asyncio.to_thread(self._read, position)

    async def grown(self, position: Position) -> bool:
        """Wait for lines after a position; False when there will be none."""
        while not self.closed:
            event = self._grown
            if await asyncio.to_thread(self._end) != position:
                return True
            await event.wait()
        return await asyncio.to_thread(self._end) != position

    def _wake(self) -> None:
        event, self._grown = self._grown, asyncio.Event()
        event.set()

    def _append(self, data: bytes) -> None:
        with self._lock:
            if self._file is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._file = self._open()
            self._file.write(data)
            if self._file.tell() > self._limit:
                self._file.close()
                self.path.replace(self._older)
                self._turn += 1
                self._file = self._open()

    def _open(self) -> BinaryIO:
        return open(self.path, "ab", buffering=0, opener=lambda path, flags: os.open(path, flags, 0o600))

    def _read(self, position: Position) -> tuple[bytes, Position]:
        with self._lock:
            data, offset = b"", position.offset
            if position.turn < self._turn:
                data = _tail(self._older, offset if position.turn == self._turn - 1 else 0)
                offset = 0
            fresh = _tail(self.path, offset)
            return data + fresh, Position(self._turn, offset + len(fresh))

    def _end(self) -> Position:
        with self._lock:
            return Position(self._turn, self.path.stat().st_size if self.path.exists() else 0)


def _older(path: Path) -> Path:
    return path.with_name(path.name + ".1")


def _tail(path: Path, offset: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(offset)
            return file.read()
    except FileNotFoundError:
        return b""


class Copier:
    """Turns what one stream of a process prints into stored lines."""

    def __init__(self, log: Log, stream: str, clock: Clock) -> None:
        self._log = log
        self._stream = stream
        self._clock = clock
        self._rest = b""

    async def copy(self, reader: asyncio.StreamReader) -> None:
        """Store all output until the process lets go of its end."""
        while chunk := await reader.read(64 * 1024):
            *lines, self._rest = (self._rest + chunk).split(b"\n")
            stored = b"".join(self._store(line, b"F") for line in lines)
            if len(self._rest) > LINE_LIMIT:
                stored += self._store(self._rest, b"P")
                self._rest = b""
            if stored:
                await self._log.write(stored)
        if self._rest:
            await self._log.write(self._store(self._rest, b"P"))

    def _store(self, line: bytes, tag: bytes) -> bytes:
        return b" ".join((log_time(self._clock()), self._stream.encode(), tag, line)) + b"\n"


def log_time(moment: datetime) -> bytes:
    """Write a time so that texts sort as times do: UTC, nine digits of a second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f000Z").encode()


class ContainerLogs:
    """The logs of one container, by the number of its run (0 is the first).

    The latest run and the one before are kept.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._logs: dict[int, Log] = {}

    async def open(self, run: int) -> Log:
        """Begin the log of a run."""
        log = self._logs[run] = Log(self._path(run))
        for old in [number for number in self._logs if number < run - 1]:
            del self._logs[old]
        await asyncio.to_thread(self._drop, run - 2)
        return log

    async def find(self, run: int) -> Log | None:
        """Find the log of a run, also of one under an earlier kubelet."""
        return self._logs.get(run) or await asyncio.to_thread(self._kept, run)

    def none(self) -> Log:
        """Stand for the log of a container that prints nothing."""
        return Log(self.folder / "none.log", closed=True)

    def _kept(self, run: int) -> Log | None:
        path = self._path(run)
        return Log(path, closed=True, turn=int(_older(path).exists())) if path.exists() else None

    def _path(self, run: int) -> Path:
        return self.folder / f"{run}.log"

    def _drop(self, run: int) -> None:
        for path in (self._path(run), _older(self._path(run))):
            path.unlink(missing_ok=True)


async def remove(folder: Path) -> None:
    """Remove a pod's files."""
    await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
