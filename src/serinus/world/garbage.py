"""Objects whose owner is gone go too."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial

from serinus.plan import Ref
from serinus.world.delays import Delays
from serinus.world.gap import Gap
from serinus.world.server import Server


def collecting(server: Server, delays: Delays) -> Iterator[Gap]:
    """Objects all of whose owners are gone."""
    alive = {item["metadata"]["uid"] for item in server.objects.values()}
    for ref, item in server.objects.items():
        metadata = item["metadata"]
        owners = [owner["uid"] for owner in metadata.get("ownerReferences") or []]
        if owners and not alive.intersection(owners) and "deletionTimestamp" not in metadata:
            yield Gap(("garbage", ref.kind.kind, ref.name), partial(_collect, server, ref), delays.garbage)


def _collect(server: Server, ref: Ref, now: datetime) -> None:
    server.delete(ref, now)
