"""The destinations that are taken out of routes, until they are put back.

A route whose update is complete leads to the stable version alone. What led to the canary is kept in an annotation of
the VirtualService, with all its fields: ``{"shop/web": {"http/primary": {"at": 1, "route": {…}}}}``, by Rollout and
route.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from serinus.api import keys
from serinus.api.rollout import Rollout
from serinus.api.workload import Foreign
from serinus.traffic.istio_selection import Route


class Kept(Struct, frozen=True):
    """A destination that is not in its route for now."""

    at: int
    """Its place among the destinations of the route."""
    route: Route


Memory = dict[str, dict[str, Kept]]
"""By Rollout (``namespace/name``) and by the key of the route."""


def read(found: Foreign) -> Memory:
    """What a VirtualService remembers; nothing where somebody has made it unreadable."""
    text = found.metadata.annotations.get(keys.CANARY_DESTINATIONS, "{}")
    try:
        return msgspec.json.decode(text, type=Memory)
    except msgspec.MsgspecError:
        return {}


def annotation(found: Foreign, memory: Mapping[str, Mapping[str, Kept]]) -> dict[str, Any]:
    """The part of ``metadata`` that must change for a VirtualService to remember this and nothing else."""
    wanted = {rollout: routes for rollout, routes in memory.items() if routes}
    is_present = keys.CANARY_DESTINATIONS in found.metadata.annotations
    if wanted == read(found) and (wanted or not is_present):
        return {}
    text = msgspec.json.encode(wanted, order="sorted").decode() if wanted else None
    return {"metadata": {"annotations": {keys.CANARY_DESTINATIONS: text}}}


def owner_key(rollout: Rollout) -> str:
    """The name of a Rollout among those of all namespaces."""
    return f"{rollout.metadata.namespace}/{rollout.name}"


def put_back(entries: list[Route], kept: Kept) -> list[Route]:
    """The destinations of a route, with one that was taken out in its old place and without weight."""
    at = max(0, min(kept.at, len(entries)))
    return [*entries[:at], kept.route | {"weight": 0}, *entries[at:]]
