"""Tasks that run beside a block of code, and end with it."""

import asyncio
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self


class Tasks:
    """A task group whose tasks are cancelled at the end of its block.

    A task that fails cancels the block, which then raises an exception group.
    """

    def __init__(self) -> None:
        self._group = asyncio.TaskGroup()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await self._group.__aexit__(kind, error, trace)

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something beside the block."""
        self._tasks.append(self._group.create_task(work))


def first_cause(group: BaseExceptionGroup[BaseException], wanted: type[BaseException]) -> BaseException:
    """Find the one failure to tell of several; of the wanted kind if any is."""
    ours, rest = group.split(wanted)
    found: BaseException = ours or rest or group
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    return found
