"""A real nginx, and routes for it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from local.gateways.snapshots import read_found, service
from local.gateways.upstreams import Upstream
from local.gateways.web import Web
from serinus.local.gateways.nginx.ingresses import route
from serinus.local.gateways.nginx.master import Master
from serinus.local.processes import Processes

Serve = Callable[..., Awaitable[None]]


@pytest.fixture
async def master(tmp_path: Path, processes: Processes) -> AsyncIterator[Master]:
    """A real nginx; it starts when it gets its first routes."""
    nginx = Master(tmp_path, processes, ended=lambda: None)
    yield nginx
    await nginx.stop()


@pytest.fixture
def serve(master: Master, upstreams: dict[str, Upstream]) -> Serve:
    """Put Ingresses (YAML) into effect, with Services `stable`, `canary` and `empty`."""

    async def put(*documents: str) -> None:
        services = [service(name, (name, upstream.address)) for name, upstream in upstreams.items()]
        await master.apply(route(read_found("\n---\n".join((*services, service("empty"), *documents)))))

    return put


@pytest.fixture
async def web(master: Master) -> AsyncIterator[Web]:
    client = Web(lambda: master.port)
    yield client
    await client.close()
