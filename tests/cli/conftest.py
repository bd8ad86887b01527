"""A small API server on loopback that remembers what it was sent."""

import asyncio
import json
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from serinus.cli.main import run

Manifest = dict[str, Any]
JSON = "application/json"
APIS = {
    "rollouts": "/apis/argoproj.io/v1alpha1",
    "analysisruns": "/apis/argoproj.io/v1alpha1",
    "experiments": "/apis/argoproj.io/v1alpha1",
    "analysistemplates": "/apis/argoproj.io/v1alpha1",
    "clusteranalysistemplates": "/apis/argoproj.io/v1alpha1",
    "replicasets": "/apis/apps/v1",
    "deployments": "/apis/apps/v1",
    "pods": "/api/v1",
    "podtemplates": "/api/v1",
    "services": "/api/v1",
    "ingresses": "/apis/networking.k8s.io/v1",
    "horizontalpodautoscalers": "/apis/autoscaling/v2",
}


@dataclass(frozen=True)
class Sent:
    """A request that changes something."""

    method: str
    path: str
    body: Any
    content_type: str


@dataclass
class Api:
    """The objects that the server has, the requests that it got, and how it is to answer."""

    url: str = ""
    objects: dict[tuple[str, str, str], Manifest] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)
    reads: list[str] = field(default_factory=list)
    agents: set[str] = field(default_factory=set)
    refusals: list[tuple[int, str, str]] = field(default_factory=list)
    """Code, reason and message for the next requests that change something."""
    missing: set[str] = field(default_factory=set)
    """Plurals that are not installed, and subresources that objects do not have."""
    forbidden: set[str] = field(default_factory=set)
    token: str = ""
    delay: float = 0.0
    page: int = 0
    """How many objects a list holds at most; 0: all."""
    watchers: list[tuple[str, "asyncio.Queue[bytes | None]"]] = field(default_factory=list)
    watched: defaultdict[str, asyncio.Event] = field(default_factory=lambda: defaultdict(asyncio.Event))
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    version: int = 100

    def put(self, plural: str, manifest: Manifest, namespace: str = "default") -> None:
        """Have an object, and tell those who watch."""
        done: Future[None] = Future()
        self.loop.call_soon_threadsafe(lambda: done.set_result(self._put(plural, manifest, namespace)))
        done.result(10)

    def drop(self, plural: str, name: str, namespace: str = "default") -> None:
        """Have an object no longer, and tell those who watch."""
        manifest = self.objects.pop((plural, namespace, name))
        self.loop.call_soon_threadsafe(self._tell, "DELETED", plural, manifest)

    def _put(self, plural: str, manifest: Manifest, namespace: str) -> None:
        self.version += 1
        kept = json.loads(json.dumps(manifest))
        kept["metadata"] |= {"namespace": namespace, "resourceVersion": str(self.version)}
        key = (plural, namespace, kept["metadata"]["name"])
        kind = "MODIFIED" if key in self.objects else "ADDED"
        self.objects[key] = kept
        self._tell(kind, plural, kept)

    def _tell(self, kind: str, plural: str, manifest: Manifest) -> None:
        line = json.dumps({"type": kind, "object": manifest}).encode() + b"\n"
        for watched, queue in self.watchers:
            if watched == plural:
                queue.put_nowait(line)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer as a Kubernetes API does."""
        await asyncio.sleep(self.delay)
        self.agents.add(request.headers["User-Agent"])
        if self.token and request.headers.get("Authorization") != f"Bearer {self.token}":
            return status(401, "Unauthorized", "Unauthorized")
        parts = request.path.strip("/").split("/")
        root = "/" + "/".join(parts[: 2 if parts[0] == "api" else 3])
        rest = parts[2 if parts[0] == "api" else 3 :]
        namespace, rest = (rest[1], rest[2:]) if rest[0] == "namespaces" else ("", rest)
        plural, name, sub = (*rest, "", "")[:3]
        if plural in self.missing or APIS.get(plural) != root:
            return web.Response(status=404, text="404 page not found\n")
        if plural in self.forbidden:
            return status(403, "Forbidden", f'{plural} is forbidden: User "me" cannot list resource')
        if request.method != "GET":
            return await self._change(request, (plural, namespace, name), sub)
        self.reads.append(request.path_qs)
        if name:
            found = self.objects.get((plural, namespace, name))
            return web.json_response(found) if found else not_found(plural, name)
        if request.query.get("watch"):
            return await self._watch(request, plural)
        return self._list(request, plural, namespace)

    async def _change(self, request: web.Request, key: tuple[str, str, str], sub: str) -> web.Response:
        body = await request.json()
        self.sent.append(Sent(request.method, request.path, body, request.content_type))
        if self.refusals:
            return status(*self.refusals.pop(0))
        if request.method == "POST":
            return self._create(key[0], body, key[1])
        if key not in self.objects or sub in self.missing:
            return not_found(key[0], key[2])
        if request.method == "PUT":
            self._put(key[0], body, key[1])
        return web.json_response(self.objects[key])

    def _create(self, plural: str, body: Any, namespace: str) -> web.Response:
        metadata = {"name": f"{body['metadata'].get('generateName')}x7x7x"} | body["metadata"]
        body = body | {"metadata": metadata}
        if (plural, namespace, metadata["name"]) in self.objects:
            return status(409, "AlreadyExists", f'{plural} "{metadata["name"]}" already exists')
        self._put(plural, body, namespace)
        return web.json_response(self.objects[plural, namespace, metadata["name"]], status=201)

    def _list(self, request: web.Request, plural: str, namespace: str) -> web.Response:
        wanted = request.query.get("fieldSelector", "").removeprefix("metadata.name=")
        items = [
            manifest
            for (kind, space, name), manifest in self.objects.items()
            if kind == plural and namespace in {"", space} and wanted in {"", name}
        ]
        start = int(request.query.get("continue") or 0)
        end = start + (self.page or len(items))
        metadata = {"resourceVersion": str(self.version), "continue": str(end) if end < len(items) else ""}
        return web.json_response({"metadata": metadata, "items": items[start:end]})

    async def _watch(self, request: web.Request, plural: str) -> web.StreamResponse:
        queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.watchers.append((plural, queue))
        self.watched[plural].set()
        response = web.StreamResponse(headers={"Content-Type": JSON})
        await response.prepare(request)
        try:
            while (line := await queue.get()) is not None:
                await response.write(line)
        finally:
            self.watchers.remove((plural, queue))
        return response

    def end_watches(self, plural: str) -> None:
        """Close the watches of a kind, as a server does that has had enough of them."""
        for watched, queue in self.watchers:
            if watched == plural:
                self.loop.call_soon_threadsafe(queue.put_nowait, None)

    def wait_for_watch(self, plural: str) -> None:
        """Wait until somebody watches a kind."""

        async def wait() -> None:
            await self.watched[plural].wait()

        asyncio.run_coroutine_threadsafe(wait(), self.loop).result(20)


def status(code: int, reason: str, message: str) -> web.Response:
    body = {"kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": message}
    return web.json_response(body, status=code)


def not_found(plural: str, name: str) -> web.Response:
    group = ".argoproj.io" if plural == "rollouts" else ""
    return status(404, "NotFound", f'{plural}{group} "{name}" not found')


@pytest.fixture
def api() -> Iterator[Api]:
    """A server that runs in a thread of its own, as commands have a loop of their own."""
    server = Api()

    async def start() -> web.AppRunner:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", server.answer)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return runner

    async def stop(runner: web.AppRunner) -> None:
        for _, queue in server.watchers:
            queue.put_nowait(None)
        await runner.cleanup()

    thread = threading.Thread(target=server.loop.run_forever)
    thread.start()
    runner = asyncio.run_coroutine_threadsafe(start(), server.loop).result(10)
    yield server
    asyncio.run_coroutine_threadsafe(stop(runner), server.loop).result(10)
    server.loop.call_soon_threadsafe(server.loop.stop)
    thread.join(10)
    server.loop.close()


@dataclass(frozen=True)
class Said:
    """What a command line did."""

    code: int
    out: str
    err: str


Program = Callable[..., Said]


@pytest.fixture(autouse=True)
def no_cluster_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whoever runs the tests may have a cluster: it is none of ours."""
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
    for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST", "NO_COLOR", "SERINUS_COMPLETE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def program(capsys: pytest.CaptureFixture[str]) -> Program:
    """The program, called in this process."""

    def call(*args: str, name: str = "serinus") -> Said:
        code = run(name, list(args))
        out, err = capsys.readouterr()
        return Said(code, out, err)

    return call


@pytest.fixture
def serinus(program: Program, api: Api) -> Program:
    """The program, with the server's address."""
    return lambda *args, **more: program(*args, "--server", api.url, **more)


PAUSE = {"reason": "CanaryPauseStep", "startTime": "2026-01-01T00:00:00Z"}
STEPS = [{"setWeight": 20}, {"pause": {}}, {"setWeight": 60}, {"pause": {"duration": "5m"}}]


@pytest.fixture
def rollout() -> Callable[..., Manifest]:
    """Makes a canary Rollout at its first pause."""

    def make(name: str = "shop", spec: Manifest | None = None, **changes: Any) -> Manifest:
        canary = {"currentPodHash": "new", "stableRS": "old", "currentStepIndex": 1, "controllerPause": True}
        base = {"phase": "Paused", "message": "CanaryPauseStep", "pauseConditions": [PAUSE]}
        counts = {"replicas": 5, "updatedReplicas": 1, "readyReplicas": 5, "availableReplicas": 5}
        return {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Rollout",
            "metadata": {"name": name, "uid": f"uid-{name}", "creationTimestamp": "2026-01-01T00:00:00Z"},
            "spec": {
                "replicas": 5,
                "selector": {"matchLabels": {"app": name}},
                "template": {"spec": {"containers": [{"name": "web", "image": "nginx:2", "unknownField": {"a": 1}}]}},
                "strategy": {"canary": {"steps": STEPS}},
                **(spec or {}),
            },
            "status": canary | base | counts | changes,
        }

    return make


@pytest.fixture
def replica_set() -> Callable[..., Manifest]:
    """Makes a ReplicaSet of a Rollout."""

    def make(hash_: str, revision: int, image: str, replicas: int = 1, owner: str = "shop", **more: Any) -> Manifest:
        return {
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "metadata": {
                "name": f"{owner}-{hash_}",
                "uid": f"uid-{owner}-{hash_}",
                "creationTimestamp": "2026-01-01T00:00:00Z",
                "labels": {"app": owner, "rollouts-pod-template-hash": hash_},
                "annotations": {"rollout.argoproj.io/revision": str(revision), **more.get("annotations", {})},
                "ownerReferences": [{"kind": "Rollout", "name": owner, "uid": f"uid-{owner}", "controller": True}],
            },
            "spec": {
                "replicas": replicas,
                "template": {
                    "metadata": {
                        "creationTimestamp": None,
                        "labels": {"app": owner, "rollouts-pod-template-hash": hash_, **more.get("labels", {})},
                    },
                    "spec": {"containers": [{"name": "web", "image": image}]},
                },
            },
            "status": {"replicas": replicas, "readyReplicas": replicas, "availableReplicas": replicas},
        }

    return make
