"""A server on loopback that speaks the API's wire format and can be told to misbehave."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from serinus.kube import Client, ConnectionOptions, Informer, Store, load_connection
from serinus.kube.retry import Backoff

PATH = "/apis/example.dev/v1/things"
Fault = Callable[[web.Request], Awaitable[web.StreamResponse]]


def refusal(code: int, reason: str, message: str = "no", **details: Any) -> dict[str, Any]:
    """A Status object."""
    status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason}
    return {**status, "message": message, "details": details}


@dataclass
class API:
    """One kind of objects with their history, and watches upon it. `faults` answer the next requests."""

    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    history: list[tuple[int, str, dict[str, Any]]] = field(default_factory=list)
    version: int = 100
    oldest: int = 0
    page: int = 2
    served: bool = True
    faults: deque[Fault] = field(default_factory=deque)
    seen: list[web.Request] = field(default_factory=list)
    watches: set[web.StreamResponse] = field(default_factory=set)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)
    url: str = ""

    def put(self, name: str, **spec: Any) -> None:
        """Create or change an object."""
        self.version += 1
        known = name in self.objects
        namespace, _, short = name.rpartition("/")
        metadata = {"name": short, "namespace": namespace or "default", "resourceVersion": str(self.version)}
        metadata["managedFields"] = [{"manager": "x"}]
        self.objects[name] = {"apiVersion": "example.dev/v1", "kind": "Thing", "metadata": metadata, "spec": spec}
        self.history.append((self.version, "MODIFIED" if known else "ADDED", self.objects[name]))

    def delete(self, name: str) -> None:
        """Delete an object."""
        if name in self.objects:
            self.version += 1
            gone = json.loads(json.dumps(self.objects.pop(name)))
            gone["metadata"]["resourceVersion"] = str(self.version)
            self.history.append((self.version, "DELETED", gone))

    def compact(self) -> None:
        """Forget the past."""
        self.oldest = self.version
        self.history.clear()

    async def tell(self) -> None:
        """Let the watches hear of what has changed."""
        async with self.news:
            self.news.notify_all()

    async def hang_up(self, half_a_line: bool = False) -> None:
        """Cut every watch."""
        for watch in list(self.watches):
            if half_a_line:
                with contextlib.suppress(ConnectionError):
                    await watch.write(b'{"type":"MODIFIED","object":{"metadata":{"na')
            assert watch._req is not None
            if watch._req.transport is not None:
                watch._req.transport.abort()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer as the API server does."""
        self.seen.append(request)
        if self.faults:
            return await self.faults.popleft()(request)
        if not self.served or request.path != PATH:
            return web.Response(status=404, text="404 page not found\n")
        if request.query.get("watch"):
            return await self.watch(request)
        return self.list(request)

    def list(self, request: web.Request) -> web.Response:
        """One page, in the order of names; each shows its own moment, which is worse than the API does."""
        names = sorted(name for name in self.objects if name > request.query.get("continue", ""))
        size = min(self.page, int(request.query.get("limit", "500")))
        return web.json_response(
            {
                "kind": "ThingList",
                "apiVersion": "example.dev/v1",
                "metadata": {
                    "resourceVersion": str(self.version),
                    "continue": names[size - 1] if len(names) > size else "",
                },
                "items": [self.objects[name] for name in names[:size]],
            }
        )

    async def watch(self, request: web.Request) -> web.StreamResponse:
        """The history after a version, then what comes."""
        version = int(request.query["resourceVersion"])
        if version < self.oldest:
            return web.json_response(refusal(410, "Expired", "too old resource version"), status=410)
        response = web.StreamResponse()
        await response.prepare(request)
        self.watches.add(response)
        try:
            while True:
                for at, kind, thing in [item for item in self.history if item[0] > version]:
                    await self.send(response, kind, thing)
                    version = at
                async with self.news:
                    await self.news.wait()
                if version < self.oldest:
                    await self.send(response, "ERROR", refusal(410, "Expired", "too old resource version"))
                    return response
                await self.send(response, "BOOKMARK", {"metadata": {"resourceVersion": str(version)}})
        except ConnectionError:
            return response
        finally:
            self.watches.discard(response)

    async def send(self, response: web.StreamResponse, kind: str, thing: dict[str, Any]) -> None:
        """One line of a watch."""
        await response.write(json.dumps({"type": kind, "object": thing}).encode() + b"\n")


async def serve(api: API) -> web.AppRunner:
    """Listen on a free port."""
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", api.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    api.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    return runner


@pytest.fixture
async def api() -> AsyncIterator[API]:
    """A server that listens."""
    api = API()
    runner = await serve(api)
    yield api
    await runner.cleanup()


@pytest.fixture(autouse=True)
def no_kubeconfig_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """Tests see no cluster but their own."""
    for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
async def client(api: API, no_kubeconfig_of_this_machine: None) -> AsyncIterator[Client]:
    """A client of that server."""
    async with Client(load_connection(ConnectionOptions(server=api.url, request_timeout=5))) as client:
        yield client


@dataclass
class Mirror:
    """An informer at work, and what it told."""

    informer: Informer[Any]
    told: list[tuple[str, Any, Any]]

    @property
    def store(self) -> Store[Any]:
        """Where it keeps what it sees."""
        return self.informer.store

    def specs(self) -> dict[str, Any]:
        """Name → spec, as the store has it."""
        return {held.metadata.name: held.raw["spec"] for held in self.store.values()}


Start = Callable[..., Mirror]


@pytest.fixture
async def mirror(client: Client) -> AsyncIterator[Start]:
    """Start informers; they end with the test."""
    tasks: list[asyncio.Task[None]] = []

    def start(**settings: Any) -> Mirror:
        told: list[tuple[str, Any, Any]] = []
        informer: Informer[Any] = Informer(
            client,
            PATH,
            Store(),
            on_change=lambda old, new: told.append(((new or old).metadata.name, old, new)),
            backoff=Backoff(0.001, 0.01),
            missing_pause=0.01,
            **settings,
        )
        tasks.append(asyncio.create_task(informer.run()))
        return Mirror(informer, told)

    yield start
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds; the test's time limit ends it if it never does."""
    while not holds():  # noqa: ASYNC110 - what is waited for has no event
        await asyncio.sleep(0.002)


@pytest.fixture(name="until")
def _until() -> Callable[[Callable[[], bool]], Awaitable[None]]:
    return until
