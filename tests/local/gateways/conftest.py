"""What the tests of all gateways need."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from local.gateways.snapshots import read_found
from local.gateways.upstreams import Upstream
from serinus.local.gateways.objects import Found
from serinus.local.processes import Processes


@pytest.fixture
def found() -> Callable[[str], Found]:
    return read_found


@pytest.fixture
async def upstreams() -> AsyncIterator[dict[str, Upstream]]:
    """Two versions of a web server: `stable` and `canary`."""
    servers = {name: Upstream(name) for name in ("stable", "canary")}
    for server in servers.values():
        await server.start()
    yield servers
    for server in servers.values():
        await server.stop()


@pytest.fixture
async def processes() -> AsyncIterator[Processes]:
    async with Processes() as running:
        yield running


@pytest.fixture
def until() -> Callable[[Callable[[], Any]], Awaitable[None]]:
    """Wait for something that no event tells of."""

    async def wait(condition: Callable[[], Any]) -> None:
        async with asyncio.timeout(30):
            while not condition():  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    return wait
