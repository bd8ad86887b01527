"""What routers ask of the objects that they find, and how they say what is wrong with them."""

from collections.abc import Iterable
from typing import Any

import msgspec

from serinus.api.kinds import Kind
from serinus.api.patches import difference
from serinus.api.rollout import Rollout
from serinus.api.workload import Foreign
from serinus.traffic.router import Found, Trouble, Wanted


def is_set(wanted: Iterable[Wanted], found: Found) -> bool:
    """Whether every object already is as it should be."""
    return all((item := found.get(one.ref)) and not difference(item.raw, one.manifest) for one in wanted)


def is_somebody_elses(item: Foreign | None, rollout: Rollout) -> bool:
    """Whether an object where ours should be is not ours."""
    return item is not None and not item.metadata.is_controlled_by(rollout.metadata)


def invalid(field: str, value: Any, detail: str, reason: str = "TrafficRoutingError") -> Trouble:
    """A field below the layer's own whose value cannot be used."""
    return Trouble(f"{field}: Invalid value: {msgspec.json.encode(value).decode()}: {detail}", reason)


def missing(field: str, kind: Kind, name: str, reason: str = "TrafficRoutingError") -> Trouble:
    """An object that is named and is not there."""
    group = kind.api_version.rpartition("/")[0]
    return invalid(field, name, f'{kind.plural}{"." if group else ""}{group} "{name}" not found', reason)
