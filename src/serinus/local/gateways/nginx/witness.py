"""Know when a new configuration is really in effect.

On reload the old worker and the new one accept side by side for a while. Told to
go, a worker closes its listening sockets first and its idle connections after.
So the end of an idle connection to the old worker says that it gets no request
any more, and every connection from then on meets the new one.
"""

import asyncio
import contextlib
import re
from asyncio import StreamReader, StreamWriter
from typing import Self

HOST = "127.0.0.1"
LIMIT = 5.0
"""Seconds that a worker gets to answer."""
REQUEST = b"GET / HTTP/1.1\r\nHost: status\r\n\r\n"
LENGTH = re.compile(rb"(?im)^content-length: *([0-9]+)")


class Witness:
    """An idle connection to the worker that accepts now."""

    def __init__(self, generation: int, reader: StreamReader, writer: StreamWriter) -> None:
        self.generation = generation
        self._reader = reader
        self._writer = writer

    @classmethod
    async def meet(cls, port: int) -> Self:
        """Ask a worker for its generation and stay connected; raises OSError where none answers."""
        async with asyncio.timeout(LIMIT):
            reader, writer = await asyncio.open_connection(HOST, port)
            try:
                return cls(await _ask(reader, writer), reader, writer)
            except BaseException:
                writer.close()
                raise

    async def leave(self) -> None:
        """Return when the worker has let go."""
        with contextlib.suppress(ConnectionError):
            while await self._reader.read(1):
                pass

    def close(self) -> None:
        """End the connection from our side."""
        self._writer.close()


async def _ask(reader: StreamReader, writer: StreamWriter) -> int:
    writer.write(REQUEST)
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        length = LENGTH.search(head)
        return int(await reader.readexactly(int(length[1]) if length else 0))
    except (asyncio.IncompleteReadError, ValueError) as error:
        raise ConnectionError("the status port gave no number") from error
