"""The values that a Rollout hands to its analyses."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import to_builtins

from serinus.analysis.templates import BuildError
from serinus.api.analysis import Argument
from serinus.api.analysis_ref import AnalysisRunArgument
from serinus.api.rollout import Rollout

_KEYED = re.compile(r"metadata\.(labels|annotations)\['([^']*)'\]")
_PLAIN = {"metadata.name", "metadata.namespace", "metadata.uid"}
_MAPS = {"metadata.labels", "metadata.annotations"}


def arguments(args: Sequence[AnalysisRunArgument], rollout: Rollout, *, stable: str, latest: str) -> Iterator[Argument]:
    """Arguments with their values; ``stable`` and ``latest`` are the pod-template hashes of the two versions.

    Raises ``BuildError`` where a field that is named has no value.
    """
    for arg in args:
        source, value = arg.value_from, arg.value
        if source is not None and source.pod_template_hash_value is not None:
            value = latest if source.pod_template_hash_value == "Latest" else stable
        elif source is not None and source.field_ref is not None:
            value = field_value(rollout, source.field_ref.field_path)
        yield Argument(name=arg.name, value=value)


def field_value(rollout: Rollout, path: str) -> str:
    """A field of the Rollout as text.

    Below ``metadata`` a path is read as in the downward API (``metadata.labels['x']``), where a label that is not there
    is empty; any other is walked from key to key, with numbers for places in lists. Raises ``BuildError``.
    """
    if path.startswith("metadata"):
        return _of_metadata(rollout, path)
    value: Any = to_builtins(rollout)
    for part in filter(None, re.split(r"[.\[\]]", path)):
        value = _below(value, part.strip("'\""))
    if value is None or isinstance(value, dict | list):
        raise BuildError(f"invalid path {path} in rollout")
    return str(value).lower() if isinstance(value, bool) else str(value)


def is_metadata(path: str) -> bool:
    """Whether a path of ``metadata`` names something that the downward API knows."""
    return path in _PLAIN | _MAPS or _KEYED.fullmatch(path) is not None


def _of_metadata(rollout: Rollout, path: str) -> str:
    if not is_metadata(path):
        raise BuildError(f"unsupported fieldPath: {path}")
    if path in _PLAIN:
        return str(getattr(rollout.metadata, path.removeprefix("metadata.")))
    if path in _MAPS:
        pairs = getattr(rollout.metadata, path.removeprefix("metadata."))
        return "\n".join(f'{key}="{value}"' for key, value in sorted(pairs.items()))
    keyed = _KEYED.fullmatch(path)
    assert keyed is not None
    text: str = getattr(rollout.metadata, keyed[1]).get(keyed[2], "")
    return text


def _below(value: Any, part: str) -> Any:
    if isinstance(value, dict):
        return value.get(part)
    if isinstance(value, list | tuple) and part.isdecimal() and int(part) < len(value):
        return value[int(part)]
    return None
