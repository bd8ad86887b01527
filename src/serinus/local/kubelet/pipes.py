"""From a process to its log."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from typing import IO

from serinus.local.kubelet.logs import Copier, Log
from serinus.local.kubelet.sandbox import now

DRAIN = 2.0
"""Seconds to wait for the last output of a process that has ended."""


@contextlib.asynccontextmanager
async def pipes(output: Log) -> AsyncIterator[tuple[IO[bytes], IO[bytes]]]:
    """Make the two pipes into which a process prints: stdout and stderr.

    All that it prints is copied until it is silent. Close our ends once it has
    its own.
    """
    ends, copies = [], []
    for stream in ("stdout", "stderr"):
        reader, writer = os.pipe()
        ends.append(os.fdopen(writer, "wb", buffering=0))
        copies.append(asyncio.create_task(_copy(reader, Copier(output, stream, now))))
    try:
        yield ends[0], ends[1]
    finally:
        for end in ends:
            end.close()
        await asyncio.wait(copies, timeout=DRAIN)
        for copy in copies:
            copy.cancel()
        await asyncio.gather(*copies, return_exceptions=True)


async def _copy(descriptor: int, copier: Copier) -> None:
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(descriptor, "rb", buffering=0)
    )
    try:
        await copier.copy(reader)
    finally:
        transport.close()
