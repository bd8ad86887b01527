"""Events: what a user should read in `kubectl describe pod`."""

import asyncio
import logging
import secrets
from collections import deque
from datetime import UTC, datetime

from serinus.kube import Client, KubeError
from serinus.local.kubelet.spec import Pod
from serinus.local.kubelet.status import timestamp

log = logging.getLogger(__name__)

WAITING_LIMIT = 1000
"""Events that may wait to be sent; beyond it the oldest go."""

REMEMBERED = 10_000
"""How many events are remembered, so that none is told twice."""


class Events:
    """Tells the API about pods, in the background.

    An event helps a reader and no program depends on it: it is told once, and
    one that cannot be written is dropped.
    """

    def __init__(self, client: Client, node: str) -> None:
        self._client = client
        self._node = node
        self._waiting: deque[dict[str, object]] = deque(maxlen=WAITING_LIMIT)
        self._arrived = asyncio.Event()
        self._told: dict[tuple[str, str, str, str], None] = {}

    def warn(self, pod: Pod, reason: str, message: str, container: str = "") -> None:
        """Tell about trouble."""
        self._tell(pod, ("Warning", reason, message), container)

    def note(self, pod: Pod, reason: str, message: str, container: str = "") -> None:
        """Tell about something that is as it should be."""
        self._tell(pod, ("Normal", reason, message), container)

    def _tell(self, pod: Pod, what: tuple[str, str, str], container: str) -> None:
        kind, reason, message = what
        key = (pod.metadata.uid, container, reason, message)
        if key in self._told:
            return
        self._told[key] = None
        if len(self._told) > REMEMBERED:
            del self._told[next(iter(self._told))]
        self._waiting.append(self._event(pod, (kind, reason, message), container))
        self._arrived.set()

    def _event(self, pod: Pod, what: tuple[str, str, str], container: str) -> dict[str, object]:
        kind, reason, message = what
        meta, now = pod.metadata, timestamp(datetime.now(UTC))
        about = {"apiVersion": "v1", "kind": "Pod", "namespace": meta.namespace, "name": meta.name, "uid": meta.uid}
        return {
            "metadata": {"name": f"{meta.name}.{secrets.token_hex(8)}", "namespace": meta.namespace},
            "involvedObject": about | ({"fieldPath": f"spec.containers{{{container}}}"} if container else {}),
            "type": kind,
            "reason": reason,
            "message": message[:1024],
            "count": 1,
            "firstTimestamp": now,
            "lastTimestamp": now,
            "source": {"component": "kubelet", "host": self._node},
            "reportingComponent": "kubelet",
            "reportingInstance": self._node,
        }

    async def run(self) -> None:
        """Send for ever."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._waiting:
                await self._send(self._waiting.popleft())

    async def _send(self, event: dict[str, object]) -> None:
        metadata = event["metadata"]
        assert isinstance(metadata, dict)
        try:
            await self._client.create(f"/api/v1/namespaces/{metadata['namespace']}/events", event)
        except KubeError as error:
            log.debug("an event was not written: %s", error)
