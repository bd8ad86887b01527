"""Which of several replicas leads: a Lease, as client-go elects."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from serinus.kube.client import Client
from serinus.kube.errors import Conflict, KubeError, NotFound
from serinus.kube.retry import jittered

log = logging.getLogger(__name__)

RELEASE_LIMIT = 5.0
"""Seconds that giving the lease up may take at the end of a process."""


class LeadershipLost(KubeError):  # noqa: N818 - an end, not an error
    """Another one leads now, or we could no longer say that we do."""


def _unheard(leader: str) -> None:
    """Nobody listens."""


@dataclass(eq=False)
class LeaderElection:
    """Leads while it holds a Lease (coordination.k8s.io/v1). Times are in seconds.

    A lease that is not ours counts as held for as long as its own duration after we last *saw* it
    change, by our clock; what its timestamps say is not asked, since clocks differ. We stop leading
    `renew_deadline` after the last renewal that we sent with success, which is before anybody
    else may take over.

    >>> async with LeaderElection(client, "serinus", "serinus-controller", identity).lead():
    ...     await work()          # cancelled, and LeadershipLost raised, when the lease is lost
    """

    client: Client
    namespace: str
    name: str
    identity: str
    lease_duration: float = 15.0
    renew_deadline: float = 10.0
    retry_period: float = 2.0
    on_leader: Callable[[str], None] = _unheard

    leading: bool = field(default=False, init=False)
    leader: str = field(default="", init=False)
    _lease: dict[str, Any] | None = field(default=None, init=False)
    _seen_at: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        if not self.lease_duration > self.renew_deadline > self.retry_period > 0:
            raise ValueError("leader election needs lease duration > renew deadline > retry period > 0")
        if not self.identity:
            raise ValueError("leader election needs an identity")

    @asynccontextmanager
    async def lead(self) -> AsyncIterator[None]:
        """Wait until we lead, then run the body for as long as we do.

        The lease is given up at the end, so that the next one need not wait for it to run out.
        Raises `LeadershipLost` from within the body when it is lost.
        """
        renewed_at = await self._acquire()
        self.leading = True
        body = asyncio.timeout(None)
        log.info("leading as %s (lease %s/%s)", self.identity, self.namespace, self.name)
        try:
            async with body:
                keeper = asyncio.create_task(self._keep(body, renewed_at), name=f"lease {self.name}")
                try:
                    yield
                finally:
                    keeper.cancel()
                    await asyncio.wait([keeper])
        except TimeoutError:
            if not body.expired():
                raise
            raise LeadershipLost(
                f"lost the lease {self.namespace}/{self.name}; {self.leader or 'nobody'} holds it now"
            ) from None
        finally:
            self.leading = False
            await self._release()

    async def _acquire(self) -> float:
        """Wait until the lease is ours; returns when the claim was sent."""
        complained = False
        while True:
            started = _now()
            try:
                async with asyncio.timeout(self.renew_deadline):
                    if await self._try():
                        return started
            except (KubeError, TimeoutError) as error:
                log.log(logging.DEBUG if complained else logging.WARNING, "cannot get the lease: %s", error)
                complained = True
            await asyncio.sleep(jittered(self.retry_period))

    async def _keep(self, body: asyncio.Timeout, renewed_at: float | None) -> None:
        """Renew until that fails for too long or somebody else holds the lease; then end the body."""
        while renewed_at is not None:
            renewed_at = await self._renew(renewed_at + self.renew_deadline)
        body.reschedule(_now())

    async def _renew(self, deadline: float) -> float | None:
        """When the renewal was sent; None when the lease is lost."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(deadline):
                while True:
                    await asyncio.sleep(self.retry_period)
                    started = _now()
                    try:
                        return started if await self._try() else None
                    except KubeError as error:
                        log.warning("cannot renew the lease: %s", error)
        return None

    async def _try(self) -> bool:
        """Claim or renew the lease; False while it is another's."""
        if self.leader != self.identity or self._lease is None:
            await self._look()
        if self._taken():
            return False
        try:
            self._see(await self._put(self._claim()))
        except (Conflict, NotFound):  # somebody wrote or deleted it: look who, and decide anew
            await self._look()
            if self._taken():
                return False
            self._see(await self._put(self._claim()))
        return True

    def _taken(self) -> bool:
        if self.leader in {"", self.identity}:
            return False
        assert self._lease is not None
        duration = self._lease["spec"].get("leaseDurationSeconds") or self.lease_duration
        return _now() < self._seen_at + float(duration)

    async def _look(self) -> None:
        try:
            self._see(await self.client.urgent.get(self._path))
        except NotFound:
            metadata = {"name": self.name, "namespace": self.namespace}
            lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": {}}
            self._see(await self.client.urgent.create(self._path.rpartition("/")[0], lease))

    def _see(self, lease: dict[str, Any]) -> None:
        lease.setdefault("spec", {})
        if self._lease is None or lease["spec"] != self._lease["spec"]:
            self._seen_at = _now()
        self._lease = lease
        leader = lease["spec"].get("holderIdentity") or ""
        if leader != self.leader:
            log.info("the lease %s/%s is held by %s", self.namespace, self.name, leader or "nobody")
            self.leader = leader
            self.on_leader(leader)

    def _claim(self) -> dict[str, Any]:
        assert self._lease is not None
        spec = self._lease["spec"]
        now = _timestamp()
        claim = {**spec, "holderIdentity": self.identity, "renewTime": now}
        claim["leaseDurationSeconds"] = math.ceil(self.lease_duration)
        if self.leader != self.identity:
            claim["acquireTime"] = now
            claim["leaseTransitions"] = spec.get("leaseTransitions", -1) + 1
        return claim

    async def _release(self) -> None:
        if self._lease is None or self.leader != self.identity:
            return
        free = {**self._lease["spec"], "holderIdentity": "", "leaseDurationSeconds": 1, "renewTime": _timestamp()}
        try:
            async with asyncio.timeout(RELEASE_LIMIT):
                self._see(await self._put(free))
        except (KubeError, TimeoutError) as error:
            log.warning("cannot give up the lease %s/%s, it runs out by itself: %s", self.namespace, self.name, error)

    async def _put(self, spec: dict[str, Any]) -> dict[str, Any]:
        lease: dict[str, Any] = await self.client.urgent.replace(self._path, {**(self._lease or {}), "spec": spec})
        return lease

    @property
    def _path(self) -> str:
        return f"/apis/coordination.k8s.io/v1/namespaces/{self.namespace}/leases/{self.name}"


def _now() -> float:
    return asyncio.get_running_loop().time()


def _timestamp() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
