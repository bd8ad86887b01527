"""Keeps the API's picture of one pod true, with as few writes as can be."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from serinus.kube import Conflict, Invalid, KubeError, NotFound
from serinus.local.kubelet.sandbox import Sandbox, now
from serinus.local.kubelet.status import conditions_in, conditions_of, pod_status

log = logging.getLogger(__name__)

LISTENS = "local.serinus.dev/listens"
"""Annotation: JSON object, container port → where the process really listens."""

FIRST_PAUSE = 0.2
LAST_PAUSE = 5.0

SETTLING = 0.005
"""Seconds in which further news join a report: a container's end is often its pod's."""


class PodGoneError(Exception):
    """The API no longer knows this pod."""


async def insist(write: Callable[[], Awaitable[Any]]) -> None:
    """Write until the API has taken it. Raises PodGoneError, or Invalid."""
    pause = FIRST_PAUSE
    while True:
        try:
            await write()
        except (NotFound, Conflict) as error:  # every write names the uid that it means
            raise PodGoneError(str(error)) from error
        except Invalid:
            raise
        except KubeError as error:
            log.warning("will try again: %s", error)
        else:
            return
        await asyncio.sleep(pause)
        pause = min(pause * 2, LAST_PAUSE)


class Reporter:
    """Patches a pod's status whenever it differs from the last report."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._last: dict[str, Any] = {}
        self._busy = asyncio.Lock()

    async def run(self) -> None:
        """Report for ever."""
        while True:
            await self._sandbox.changed.wait()
            await asyncio.sleep(SETTLING)
            await self.report()

    async def report(self) -> None:
        """Report now, if there is news. Raises PodGoneError."""
        async with self._busy:
            self._sandbox.changed.clear()
            try:
                await insist(self._write)
            except Invalid as error:  # trying again would not help
                log.error("the API refuses the status of %s: %s", self._sandbox.folder.name, error)

    async def _write(self) -> None:
        sandbox = self._sandbox
        before = conditions_of(self._last) if self._last else conditions_in(sandbox.pod)
        status = pod_status(sandbox.pod, sandbox.facts(), before, now())
        metadata = self._metadata()
        if sandbox.pod.is_leaving and self._last:  # a deletion alone is no news
            status["observedGeneration"] = self._last["observedGeneration"]
        if status == self._last and "annotations" not in metadata:
            return
        # One write holds status and places: nobody ever sees a ready pod without them.
        path, body = f"{sandbox.pod.path}/status", {"metadata": metadata, "status": status}
        async with sandbox.host.writing:
            await sandbox.host.client.patch(path, body, kind="strategic")
        self._last = status

    def _metadata(self) -> dict[str, Any]:
        meta, listens = self._sandbox.pod.metadata, self._sandbox.listens
        wanted = msgspec.json.encode({str(port): place for port, place in listens.items()}).decode()
        if not listens or meta.annotations.get(LISTENS) == wanted:
            return {"uid": meta.uid}
        return {"uid": meta.uid, "annotations": {LISTENS: wanted}}
