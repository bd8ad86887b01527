"""What ReplicaSets report of their pods."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from serinus.api.kinds import REPLICA_SET
from serinus.api.scalar import Manifest
from serinus.plan import Ref
from serinus.world.delays import Delays
from serinus.world.gap import Gap
from serinus.world.pods import pods_of, ready_since
from serinus.world.server import Server


def reporting(server: Server, delays: Delays, now: datetime) -> Iterator[Gap]:
    """ReplicaSets whose status is not that of their pods, or will not be."""
    for ref, owner in server.list(REPLICA_SET):
        if _status(server, owner, now) != owner.get("status"):
            yield Gap(("status", ref.name), partial(_report, server, ref), delays.controllers)
        elif (moment := _next_available(server, owner, now)) is not None:
            yield Gap(("available", ref.name), partial(_report, server, ref), at=moment)


def _report(server: Server, ref: Ref, now: datetime) -> None:
    server.patch_status(ref, _status(server, server.read(ref), now))


def _status(server: Server, owner: Manifest, now: datetime) -> dict[str, Any]:
    pods = [pod for _, pod in pods_of(server, owner)]
    ready = [since for pod in pods if (since := ready_since(pod))]
    patience = _patience(owner)
    return {
        "replicas": len(pods),
        "readyReplicas": len(ready),
        "availableReplicas": sum(since + patience <= now for since in ready),
        "observedGeneration": owner["metadata"]["generation"],
    }


def _patience(owner: Manifest) -> timedelta:
    return timedelta(seconds=owner["spec"].get("minReadySeconds", 0))


def _next_available(server: Server, owner: Manifest, now: datetime) -> datetime | None:
    """When the next pod will have been ready for ``minReadySeconds``."""
    ready = (ready_since(pod) for _, pod in pods_of(server, owner))
    moments = (since + _patience(owner) for since in ready if since)
    return min((moment for moment in moments if moment > now), default=None)
