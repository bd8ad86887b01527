"""One HTTP request at a time, and nothing repaired in silence.

Client libraries repeat a request whose connection broke; a demo that counts
failed requests must see every break itself.
"""

import asyncio
import contextlib
import re
from asyncio import IncompleteReadError, LimitOverrunError, StreamReader, StreamWriter
from typing import Self

from msgspec import Struct

LENGTH = re.compile(rb"(?im)^content-length: *([0-9]+)\r")
IMAGE = re.compile(rb"(?im)^x-image: *(\S+)\r")
CLOSE = re.compile(rb"(?im)^connection: *close\r")
STATUS = re.compile(rb"HTTP/1\.1 ([0-9]{3}) ")


class BrokenError(Exception):
    """A connection that broke, or was not made, with the time in words."""

    def __init__(self, message: str, *, answered: bool = False) -> None:
        super().__init__(message)
        self.answered = answered
        """Whether part of an answer had come."""


class Answer(Struct, frozen=True):
    """An answer that was read to its end."""

    status: int
    image: str
    body: bytes
    is_last: bool
    """Whether the server closes the connection after it."""


class Wire:
    """A connection to the gateway."""

    def __init__(self, reader: StreamReader, writer: StreamWriter, host: str) -> None:
        self._reader = reader
        self._writer = writer
        self._host = host

    @classmethod
    async def open(cls, address: str, host: str) -> Self:
        """Connect to host:port for requests to a host; raises BrokenError."""
        place, _, port = address.rpartition(":")
        try:
            return cls(*await asyncio.open_connection(place, int(port)), host)
        except OSError as error:
            raise BrokenError(f"no connection: {error.strerror or error}") from error

    async def get(self, *, is_last: bool) -> Answer:
        """Ask for / and read the answer; `is_last` tells the server that no request follows."""
        hop = "close" if is_last else "keep-alive"
        request = f"GET / HTTP/1.1\r\nHost: {self._host}\r\nConnection: {hop}\r\n\r\n"
        head = b""
        try:
            self._writer.write(request.encode())
            head = await self._reader.readuntil(b"\r\n\r\n")
            return await self._read(head)
        except IncompleteReadError as error:
            begun = bool(head or error.partial)
            raise BrokenError(f"the connection closed {_when(begun)}", answered=begun) from error
        except LimitOverrunError as error:
            raise BrokenError("the answer's head has no end", answered=True) from error
        except OSError as error:
            raise BrokenError(f"{error.strerror or error} {_when(bool(head))}", answered=bool(head)) from error

    def close(self) -> None:
        """Let go of the connection."""
        with contextlib.suppress(RuntimeError):  # the loop may be closed already
            self._writer.close()

    async def _read(self, head: bytes) -> Answer:
        status, length, image = STATUS.match(head), LENGTH.search(head), IMAGE.search(head)
        if status is None or length is None:
            raise BrokenError("an answer without status or length", answered=True)
        body = await self._reader.readexactly(int(length[1]))
        return Answer(int(status[1]), image[1].decode() if image else "", body, bool(CLOSE.search(head)))


def _when(begun: bool) -> str:
    return "in the middle of the answer" if begun else "before the answer"
