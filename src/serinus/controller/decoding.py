"""From bytes of a watch to the structs that decisions read."""

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from serinus.api.analysis import AnalysisRun, AnalysisTemplate, ClusterAnalysisTemplate
from serinus.api.experiment import Experiment
from serinus.api.meta import ApiStruct, ObjectMeta
from serinus.api.rollout import Rollout
from serinus.api.workload import Foreign

T = TypeVar("T")


class Malformed(ApiStruct, frozen=True):
    """An object that the API stored and our types cannot read (another controller's schema may be looser)."""

    metadata: ObjectMeta
    raw: dict[str, Any] = msgspec.field(default_factory=dict)
    error: str = ""


def typed(type_: type[T]) -> Callable[[bytes], T]:
    """A decoder that reads what the type names and skips the rest."""
    return msgspec.json.Decoder(type_).decode


_mapping = msgspec.json.Decoder(dict[str, Any])


def readable(type_: type[T]) -> Callable[[bytes], T | Malformed]:
    """A decoder for a kind of ours: what cannot be read is kept with what is wrong, so that its user can be told."""
    whole = typed(type_)

    def decode(data: bytes) -> T | Malformed:
        try:
            return whole(data)
        except msgspec.ValidationError as error:
            raw = _mapping.decode(data)
            return Malformed(metadata=_metadata(raw), raw=raw, error=_readable(str(error)))

    return decode


decode_rollout = readable(Rollout)
decode_run = readable(AnalysisRun)
decode_experiment = readable(Experiment)
decode_template = readable(AnalysisTemplate)
decode_cluster_template = readable(ClusterAnalysisTemplate)


def decode_foreign(data: bytes) -> Foreign:
    """Read an object of somebody else's kind as plain data; of its field managers, the names alone."""
    raw = _mapping.decode(data)
    metadata = raw.get("metadata")
    entries = (metadata.pop("managedFields", None) or []) if isinstance(metadata, dict) else []
    managers = tuple(str(entry.get("manager", "")) for entry in entries)
    return Foreign(metadata=_metadata(raw), raw=raw, managers=managers)


def _metadata(raw: dict[str, Any]) -> ObjectMeta:
    return msgspec.convert(raw.get("metadata"), ObjectMeta)


def _readable(error: str) -> str:
    """``Expected `int`, got `str` - at `$.spec.replicas``` → ``spec.replicas: expected int, got str``."""
    what, _, where = error.replace("`", "").partition(" - at $.")
    return f"{where}: Invalid value: {what[:1].lower()}{what[1:]}" if where else what
