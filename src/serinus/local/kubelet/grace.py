"""The time that a pod has left after it was told to end."""

import asyncio
from collections.abc import Coroutine
from typing import Any


class Grace:
    """Seconds until patience ends; a second, harder deletion may shorten them."""

    def __init__(self, seconds: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._over = asyncio.Event()
        self._end = self._loop.time() + seconds
        self._timer = self._loop.call_at(self._end, self._over.set)

    @property
    def left(self) -> float:
        """Seconds that are left, 0 at least."""
        return max(0.0, self._end - self._loop.time())

    def shorten(self, seconds: float) -> None:
        """End in `seconds` at the latest."""
        end = self._loop.time() + seconds
        if end < self._end:
            self._timer.cancel()
            self._end = end
            self._timer = self._loop.call_at(end, self._over.set)

    async def allows(self, work: Coroutine[Any, Any, Any]) -> bool:
        """Do something that is given up when patience ends; say whether it was done."""
        task, over = asyncio.create_task(work), asyncio.create_task(self._over.wait())
        try:
            await asyncio.wait({task, over}, return_when=asyncio.FIRST_COMPLETED)
            return task.done()
        finally:
            over.cancel()
            task.cancel()
            await asyncio.gather(task, over, return_exceptions=True)
