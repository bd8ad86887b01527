"""A Rollout and what belongs to it, kept up to date by watches."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import msgspec

from serinus.api.kinds import ANALYSIS_RUN, EXPERIMENT, POD, REPLICA_SET, ROLLOUT, Kind
from serinus.api.rollout import Rollout
from serinus.api.scalar import Manifest
from serinus.api.workload import ReplicaSet
from serinus.cli.failure import Failure
from serinus.cli.reading import GONE, is_readable, read_rollout, selector_of
from serinus.cli.session import Cluster
from serinus.kube import Informer, Object, Store, Unreachable
from serinus.view.rollout import Observed

PATIENCE = 30.0
"""Seconds for the first answers; after that the cluster counts as away."""


class Watches:
    """Watches that run while a block of code does, and a flag that rises when anything changes."""

    def __init__(self, *informers: Informer[Any]) -> None:
        self.changed = asyncio.Event()
        self._informers = informers
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        for informer in self._informers:
            informer.on_change = lambda _old, _new: self.changed.set()
            self._tasks.append(asyncio.create_task(informer.run()))
        try:
            await self._wait(self._settled(), PATIENCE)
            late = next((informer for informer in self._informers if not informer.settled.is_set()), None)
            if late is not None:
                raise late.trouble or Unreachable(f"no answer to a watch of {late.path} in {PATIENCE:.0f} s")
        except BaseException:  # Ctrl-C too: no watch may outlive the connection that it uses
            await self._stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop()

    async def _stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def trouble(self) -> str:
        """Why what is held may be old; empty while all watches run."""
        return next((str(item.trouble) for item in self._informers if item.trouble and not item.missing), "")

    async def wait(self, seconds: float | None) -> None:
        """Wait for a change, for so many seconds at most."""
        await self._wait(self.changed.wait(), seconds)
        self.changed.clear()

    async def _settled(self) -> None:
        for informer in self._informers:
            await informer.settled.wait()

    async def _wait(self, awaited: Any, seconds: float | None) -> None:
        """Wait for something, or for a watch that ends, which it does only by an error of ours."""
        waiting = asyncio.ensure_future(awaited)
        try:
            done, _ = await asyncio.wait([waiting, *self._tasks], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
        for task in done:
            task.result()


def watch_rollouts(cluster: Cluster, path: str, name: str = "") -> Informer[Rollout]:
    """A watch of Rollouts, or of the one of a name."""
    selector = f"metadata.name={name}" if name else ""
    decode = msgspec.json.Decoder(Rollout).decode
    return Informer(cluster.client, path, Store(), decode=decode, field_selector=selector)


class Live:
    """Everything that the view of one Rollout needs, as of now."""

    def __init__(self, cluster: Cluster, rollout: Rollout, optional: Sequence[Kind]) -> None:
        selector = selector_of(rollout)
        self._place = (rollout.metadata.namespace, rollout.name)
        self._rollouts = watch_rollouts(cluster, cluster.path(ROLLOUT), rollout.name)
        self._sets: Informer[ReplicaSet] = Informer(
            cluster.client,
            cluster.path(REPLICA_SET),
            Store(),
            decode=msgspec.json.Decoder(ReplicaSet).decode,
            label_selector=selector,
        )
        self._pods = Informer(cluster.client, cluster.path(POD), Store[Object](), label_selector=selector)
        self._runs = {kind: Informer(cluster.client, cluster.path(kind), Store[Object]()) for kind in optional}
        self.watches = Watches(self._rollouts, self._sets, self._pods, *self._runs.values())

    def observed(self) -> Observed:
        """What the watches hold; a `Failure` when the Rollout is gone."""
        rollout = self._rollouts.store.get(*self._place)
        if rollout is None:
            raise Failure(GONE)
        return Observed(
            rollout=rollout,
            replica_sets=tuple(self._sets.store.values()),
            pods=raw_of(self._pods),
            analysis_runs=raw_of(self._runs.get(ANALYSIS_RUN)),
            experiments=raw_of(self._runs.get(EXPERIMENT)),
        )


async def open_live(cluster: Cluster, name: str) -> Live:
    """Read a Rollout, and find out which kinds can be watched with it."""
    rollout = await read_rollout(cluster, name)
    optional = [kind for kind in (ANALYSIS_RUN, EXPERIMENT) if await is_readable(cluster, kind)]
    return Live(cluster, rollout, optional)


def raw_of(informer: Informer[Object] | None) -> tuple[Manifest, ...]:
    """The objects that a watch holds, as plain data; none without a watch."""
    return tuple(item.raw for item in informer.store.values()) if informer else ()
