"""Readiness gates that a story opens and closes: that is how a version can be broken and mended."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from serinus.api.kinds import POD
from serinus.kube import Client, Informer, NotFound, Object, Store

GATE = "stories.serinus.dev/mended"


class Gates:
    """Keeps the gate of every pod in a namespace open, but for images that are broken."""

    def __init__(self, client: Client, namespace: str) -> None:
        self._client, self._namespace = client, namespace
        self._broken: set[str] = set()
        self._stirred = asyncio.Event()
        self._pods: Store[Object] = Store()
        self._informer = Informer(client, POD.path(namespace), self._pods, on_change=self._on_change)

    def close(self, image: str) -> None:
        """Make the pods of an image unready."""
        self._broken.add(image)
        self._stirred.set()

    def open(self, image: str) -> None:
        """Let the pods of an image become ready."""
        self._broken.discard(image)
        self._stirred.set()

    async def run(self) -> None:
        """Keep the gates until cancelled."""
        await asyncio.gather(self._informer.run(), self._keep())

    def _on_change(self, _: Object | None, __: Object | None) -> None:
        self._stirred.set()

    async def _keep(self) -> None:
        while True:
            await self._stirred.wait()
            self._stirred.clear()
            for pod in self._pods.values():
                await self._put(pod.raw)

    async def _put(self, pod: dict[str, Any]) -> None:
        """Write the gate's condition where it is not as it should be."""
        wanted = "False" if pod["spec"]["containers"][0]["image"] in self._broken else "True"
        conditions = pod.get("status", {}).get("conditions") or []
        if any((item["type"], item["status"]) == (GATE, wanted) for item in conditions):
            return
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        condition = {"type": GATE, "status": wanted, "lastTransitionTime": now}
        path = POD.path(self._namespace, pod["metadata"]["name"], "status")
        with suppress(NotFound):
            await self._client.patch(path, {"status": {"conditions": [condition]}}, "strategic")
