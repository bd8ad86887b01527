"""Binds every pod that waits for a node to the only one that there is."""

import asyncio
import logging

from serinus.kube import Client, Conflict, Key, KubeError, NotFound, Queue, Store
from serinus.local.kubelet.spec import Pod

log = logging.getLogger(__name__)

WORKERS = 8


class Scheduler:
    """Takes pods of the default scheduler, as soon as no gate holds them.

    Node selectors, affinity, taints and resources are not looked at: with one
    node there is nothing to choose.
    """

    def __init__(self, client: Client, node: str, store: Store[Pod]) -> None:
        self._client = client
        self._node = node
        self._store = store
        self._queue: Queue[Key] = Queue()

    def consider(self, pod: Pod) -> None:
        """Bind this pod, if it is for us and waits."""
        if _waits(pod):
            self._queue.add(Key("Pod", pod.metadata.namespace, pod.metadata.name))

    async def run(self) -> None:
        """Bind for ever."""
        async with asyncio.TaskGroup() as group:
            for _ in range(WORKERS):
                group.create_task(self._work())

    async def _work(self) -> None:
        while True:
            key = await self._queue.get()
            try:
                await self._bind(key)
                self._queue.forget(key)
            except (NotFound, Conflict):  # gone, leaving, or bound by somebody else
                self._queue.forget(key)
            except KubeError as error:
                log.warning("binding %s will be tried again: %s", key, error)
                self._queue.retry(key)
            finally:
                self._queue.done(key)

    async def _bind(self, key: Key) -> None:
        pod = self._store.get(key.namespace, key.name)
        if pod is None or not _waits(pod):
            return
        binding = {
            "apiVersion": "v1",
            "kind": "Binding",
            "metadata": {"name": pod.metadata.name, "uid": pod.metadata.uid},
            "target": {"apiVersion": "v1", "kind": "Node", "name": self._node},
        }
        await self._client.create(f"{pod.path}/binding", binding)


def _waits(pod: Pod) -> bool:
    spec = pod.spec
    free = not spec.node_name and not spec.scheduling_gates and spec.scheduler_name == "default-scheduler"
    return free and not pod.is_leaving and not pod.is_over
