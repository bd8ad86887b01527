"""Clients of a gateway."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import yarl

Answer = tuple[int, str]


class Web:
    """A client from outside that opens a connection for each request."""

    def __init__(self, port: Callable[[], int]) -> None:
        self._port = port
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True))

    async def get(self, path: str = "/", *, host: str = "shop.test", method: str = "GET", **headers: str) -> Answer:
        """Ask the gateway; a header's underscores become dashes."""
        url = yarl.URL(f"http://127.0.0.1:{self._port()}{path}", encoded=True)
        return await self.ask(method, url, headers={"Host": host, **dashed(headers)}, allow_redirects=False)

    async def ask(self, method: str, url: yarl.URL, **options: Any) -> Answer:
        async with self._session.request(method, url, **options) as reply:
            return reply.status, (await reply.text()).strip()

    async def share(self, requests: int, name: str, ask: Callable[[], Awaitable[Answer]]) -> float:
        """Say which part of many requests a backend answered."""

        async def few() -> int:
            return sum([(await ask())[1] == name for _ in range(requests // 10)])

        return sum(await asyncio.gather(*(few() for _ in range(10)))) / requests

    async def close(self) -> None:
        await self._session.close()


def dashed(headers: dict[str, str]) -> dict[str, str]:
    """Spell headers that were given as names of arguments."""
    return {name.replace("_", "-"): value for name, value in headers.items()}
