"""The demo's eye on the cluster: a watch per kind."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec

from serinus.api.analysis import AnalysisRun
from serinus.api.kinds import ANALYSIS_RUN, INGRESS, POD, REPLICA_SET, ROLLOUT, Kind
from serinus.api.rollout import Rollout
from serinus.api.workload import ReplicaSet
from serinus.demo.analysis import MARKS, fresh
from serinus.demo.sight import Sight
from serinus.demo.weights import weights_of
from serinus.kube import Client, Informer, Object, Store

NAMESPACE = "default"
VIRTUAL_SERVICE = Kind("networking.istio.io/v1beta1", "VirtualService", "virtualservices")
POLL = 0.05
"""Seconds between two looks at what does not tell us when it changes."""


class Watch:
    """Shows what the cluster holds."""

    def __init__(self, client: Client, rollout: str, *, mesh: bool = False) -> None:
        self.tell: Callable[[str], None] = _keep_silent
        """Called with what is new about analyses, in words."""
        self.ended: dict[str, float] = {}
        """When each AnalysisRun was seen to have a verdict, in seconds of the loop's clock."""
        self._rollout = rollout
        self._rollouts: Store[Rollout] = Store()
        self._sets: Store[ReplicaSet] = Store()
        self._pods: Store[Object] = Store()
        self._ingresses: Store[Object] = Store()
        self._virtual_services: Store[Object] = Store()
        self._runs: Store[AnalysisRun] = Store()
        decode_run = msgspec.json.Decoder(AnalysisRun).decode
        self._informers: list[Informer[Any]] = [
            Informer(client, ROLLOUT.path(NAMESPACE), self._rollouts, msgspec.json.Decoder(Rollout).decode),
            Informer(client, REPLICA_SET.path(NAMESPACE), self._sets, msgspec.json.Decoder(ReplicaSet).decode),
            Informer(client, POD.path(NAMESPACE), self._pods),
            Informer(client, INGRESS.path(NAMESPACE), self._ingresses),
            Informer(client, ANALYSIS_RUN.path(NAMESPACE), self._runs, decode_run, on_change=self._on_run),
        ]
        if mesh:
            self._informers.append(Informer(client, VIRTUAL_SERVICE.path(NAMESPACE), self._virtual_services))

    async def run(self) -> None:
        """Keep looking until cancelled."""
        async with asyncio.TaskGroup() as group:
            for informer in self._informers:
                group.create_task(informer.run())

    def sight(self) -> Sight:
        """What there is now."""
        return Sight(
            rollout=self._rollouts.get(NAMESPACE, self._rollout),
            sets=tuple(self._sets.values()),
            pods=tuple(item.raw for item in self._pods.values()),
            ingresses=frozenset(item.metadata.name for item in self._ingresses.values()),
            analyses=tuple(self._runs.values()),
            virtual_services=weights_of(item.raw for item in self._virtual_services.values()),
        )

    def _on_run(self, old: AnalysisRun | None, new: AnalysisRun | None) -> None:
        """Tell what was measured, and note when a verdict came."""
        if new and new.status.phase in MARKS:
            self.ended.setdefault(new.name, asyncio.get_running_loop().time())
        for line in fresh(old, new):
            self.tell(line)


def _keep_silent(_: str) -> None:
    """Tell nobody."""


async def until(true: Callable[[], bool], seconds: float) -> bool:
    """Wait until something is so, for so many seconds at most; says whether it is."""
    try:
        async with asyncio.timeout(seconds):
            while not true():  # noqa: ASYNC110 - parts of it tell nobody when they change
                await asyncio.sleep(POLL)
    except TimeoutError:
        return False
    return True
