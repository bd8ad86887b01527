"""Real requests through the real nginx: a steady stream beside the story, and many at once to see the split."""

import asyncio
import math
from collections import Counter
from contextlib import suppress

import aiohttp

_GLANCE, _SAMPLE = 100, 500
"""Requests that show whether a split may be as wanted, and those that show that it is."""
_AT_ONCE = 20
_PAUSE = 0.05
"""Seconds between two requests of the steady stream."""
_STEADY = 20
"""Answers in a row after which a host counts as served: while nginx takes up the first route to a pod, the worker
before, which knows of none, answers beside the new one for 0.1 s or longer."""


class Requests:
    """Sends requests for one host to a gateway, and notes those that fail once the host is served steadily."""

    def __init__(self, gateway: str, host: str) -> None:
        self.failures: list[str] = []
        self.is_watching = True
        self._url, self._headers = f"http://{gateway}/", {"Host": host}
        self._served_in_row = 0
        self._stream: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Requests":
        timeout = aiohttp.ClientTimeout(total=10)
        # Kept connections end when nginx reloads, as clients expect; here only requests count.
        connector = aiohttp.TCPConnector(force_close=True)
        self._session = aiohttp.ClientSession(timeout=timeout, headers=self._headers, connector=connector)
        self._stream = asyncio.create_task(self._send_for_ever())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._stream is not None
        self._stream.cancel()
        with suppress(asyncio.CancelledError):
            await self._stream
        await self._session.close()

    @property
    def is_steady(self) -> bool:
        """Whether the host is served, so that failures count from now on."""
        return self._served_in_row >= _STEADY

    async def shares(self, wanted: dict[str, int]) -> Counter[str]:
        """The images that answered; ``nobody`` for requests that failed. Fewer requests tell what is far off."""
        counts = await self._counted(_GLANCE)
        return await self._counted(_SAMPLE) if is_split(counts, wanted) else counts

    async def _counted(self, requests: int) -> Counter[str]:
        counts: Counter[str] = Counter()

        async def send_some() -> None:
            for _ in range(requests // _AT_ONCE):
                counts[await self._image()] += 1

        await asyncio.gather(*(send_some() for _ in range(_AT_ONCE)))
        return counts

    async def _send_for_ever(self) -> None:
        while True:
            await self._image()
            await asyncio.sleep(_PAUSE)

    async def _image(self) -> str:
        try:
            async with self._session.get(self._url) as reply:
                body = await reply.text()
                if reply.status == 200:
                    self._served_in_row += 1
                    return str((await reply.json())["image"])
                failure = f"{reply.status}: {body[:100]}"
        except (aiohttp.ClientError, TimeoutError) as error:
            failure = repr(error)
        if self._served_in_row < _STEADY:
            self._served_in_row = 0
        elif self.is_watching:
            self.failures.append(failure)
        return "nobody"


def is_split(counts: Counter[str], wanted: dict[str, int]) -> bool:
    """Whether what was counted fits percentages, within four standard errors."""
    total = sum(counts.values())
    if not set(counts) <= {image for image, share in wanted.items() if share}:
        return False
    for image, percent in wanted.items():
        share = percent / 100
        error = math.sqrt(share * (1 - share) / total)
        if abs(counts[image] / total - share) > 4 * error:
            return False
    return True
