"""The stage on the real cluster: a controller of its own, a namespace of its own, real pods and real requests."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from controller.process import ControllerProcess
from serinus.api import kinds
from serinus.api.kinds import EVENT, POD, ROLLOUT, Kind
from serinus.kube import Client, Conflict, ConnectionOptions, KubeError, load_connection
from stories.changes import Changes
from stories.gates import GATE, Gates
from stories.look import Look
from stories.manifests import HOST, VERDICTS
from stories.requests import Requests, is_split
from stories.stage import KINDS, Question, Stage, Verdict
from stories.verdicts import Verdicts

Manifest = dict[str, Any]

_TRIES = 20
_AGAIN = 0.2
"""Seconds until one asks again who answers."""
_SEEN = (
    ROLLOUT,
    kinds.REPLICA_SET,
    kinds.SERVICE,
    kinds.INGRESS,
    kinds.DEPLOYMENT,
    POD,
    kinds.ANALYSIS_RUN,
    kinds.EXPERIMENT,
)
"""Rollouts first: what a status tells was done before it was written."""


class Real(Stage):
    """A stage in real time.

    Hosts are renamed, so that stories do not meet at the gateway. Pods get a readiness gate: that is how a version can
    be broken and mended.
    """

    def __init__(
        self, client: Client, namespace: str, controller: ControllerProcess, requests: Requests, verdicts: Verdicts
    ) -> None:
        self._client = client
        self._namespace = namespace
        self._controller = controller
        self._requests = requests
        self._verdicts = verdicts
        self._changes = Changes(client, namespace, (*_SEEN, EVENT))
        self._gates = Gates(client, namespace)

    async def run(self) -> None:
        """Follow what happens until cancelled."""
        await asyncio.gather(self._changes.run(), self._gates.run())

    async def synced(self) -> None:
        """Wait until what happens is followed."""
        await self._changes.synced()

    @property
    def now(self) -> datetime:
        return datetime.now(UTC).replace(microsecond=0)

    async def start(self) -> None:
        self._controller.start()
        await asyncio.to_thread(self._controller.wait_ready)

    async def create(self, manifest: Manifest) -> None:
        kind = KINDS[manifest["kind"]]
        template = manifest.get("template") or manifest.get("spec", {}).get("template")
        if template:
            template["spec"]["readinessGates"] = [{"conditionType": GATE}]
        manifest = self._renamed(manifest, VERDICTS, self._verdicts.url)
        await self._client.create(kind.path(self._namespace), self._renamed(manifest, HOST, self._host))

    async def read(self, kind: Kind, name: str) -> Manifest:
        found = await self._client.get(kind.path(self._namespace, name))
        return self._renamed(found, self._host, HOST)

    async def patch(self, kind: Kind, name: str, body: Manifest, *, status: bool = False) -> None:
        subresource = "status" if status and kind == ROLLOUT else ""
        await self._client.patch(kind.path(self._namespace, name, subresource), body)

    async def replace(self, kind: Kind, manifest: Manifest) -> None:
        path = kind.path(self._namespace, manifest["metadata"]["name"])
        # The controller writes too; what users change is the spec, so the newest version is taken each time.
        for _ in range(_TRIES):
            newest = await self._client.get(path)
            manifest["metadata"]["resourceVersion"] = newest["metadata"]["resourceVersion"]
            with suppress(Conflict):
                await self._client.replace(path, self._renamed(manifest, HOST, self._host))
                return
        raise AssertionError(f"{path} changes too fast to be replaced")

    async def delete(self, kind: Kind, name: str) -> None:
        if kind == ROLLOUT:
            self._requests.is_watching = False
        await self._client.delete(kind.path(self._namespace, name))

    async def look(self) -> Look:
        found = {kind: await self._list(kind) for kind in (*_SEEN, EVENT)}
        return self._look_at(found)

    def _may_be(self, question: Question) -> bool:
        """Ask of what was told last; parts of it may be older than others, so it is worth a look at best."""
        with suppress(LookupError):
            return bool(question(self._look_at({kind: self._changes.held(kind) for kind in (*_SEEN, EVENT)})))
        return False

    def _look_at(self, found: dict[Kind, list[Manifest]]) -> Look:
        objects = [self._renamed(item, self._host, HOST) for kind in _SEEN for item in found[kind]]
        return Look(objects, [(item["reason"], item["message"]) for item in found[EVENT]])

    async def until(self, question: Question, *, limit: float = 60) -> Look:
        with suppress(TimeoutError):
            async with asyncio.timeout(limit):
                # Lists are of different moments: what two looks show in a row was there in the second one.
                while not (question(await self.look()) and question(look := await self.look())):
                    while await self._changes.next() and not self._may_be(question):
                        pass
                return look
        raise AssertionError(f"not so within {limit:g} s: {await self.look()!r}")

    async def stays(self, question: Question, *, seconds: float) -> Look:
        end = asyncio.get_running_loop().time() + seconds
        look = await self.look()
        while asyncio.get_running_loop().time() < end:
            assert question(look), f"does not stay so: {look!r}"
            if await self._changes.next() and not self._may_be(question):
                look = await self.look()
        look = await self.look()
        assert question(look), f"does not stay so: {look!r}"
        return look

    async def sees_traffic(self, shares: dict[str, int]) -> None:
        counts = await self._requests.shares(shares)
        with suppress(TimeoutError):
            async with asyncio.timeout(15):
                while not is_split(counts, shares):
                    await asyncio.sleep(_AGAIN)
                    counts = await self._requests.shares(shares)
                return
        raise AssertionError(f"requests reach {dict(counts)}, not {shares}: {await self.look()!r}")

    async def break_image(self, image: str) -> None:
        self._gates.close(image)

    async def mend_image(self, image: str) -> None:
        self._gates.open(image)

    async def judge(self, metric: str, verdict: Verdict) -> None:
        self._verdicts.said[metric] = verdict

    async def _list(self, kind: Kind) -> list[Manifest]:
        found = await self._client.get(kind.path(self._namespace))
        # Items of a list do not say what they are.
        return [{"apiVersion": kind.api_version, "kind": kind.kind} | item for item in found["items"]]

    @property
    def _host(self) -> str:
        return f"{self._namespace}.example.com"

    def _renamed(self, manifest: Manifest, old: str, new: str) -> Manifest:
        renamed: Manifest = json.loads(json.dumps(manifest).replace(old, new))
        return renamed


@asynccontextmanager
async def real_stage(cluster: Any, namespace: str, controller: ControllerProcess) -> AsyncIterator[Real]:
    """A stage in a namespace of the cluster, with steady requests to its host; none of them may fail."""
    connection = load_connection(ConnectionOptions(kubeconfig=str(cluster.kubeconfig), context=cluster.context))
    async with (
        Client(connection) as client,
        Requests(cluster.gateways["nginx"], f"{namespace}.example.com") as requests,
        Verdicts() as verdicts,
    ):
        stage = Real(client, namespace, controller, requests, verdicts)
        following = asyncio.create_task(stage.run())
        try:
            await stage.synced()
            yield stage
        finally:
            following.cancel()
            with suppress(asyncio.CancelledError, KubeError):
                await following
        assert not requests.failures, f"{len(requests.failures)} requests failed: {requests.failures[:3]}"
