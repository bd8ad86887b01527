"""Names for pod templates, and for lists of steps.

The hash of a template is taken over its JSON as the user's object holds it, with sorted keys and without nulls: it does
not pass through types of ours, so that a new version of this program never gives a running template another name.
Steps have the names that Argo Rollouts gives them: an update in mid-step survives the change from it, and to it.
"""

from functools import lru_cache
from typing import Any

import msgspec
from msgspec.structs import replace

from serinus.api.analysis_ref import ExperimentStep, ExperimentTemplate, RolloutAnalysis, RunMetadata
from serinus.api.canary import CanaryStep

VERSION = "1"
"""The version of the hash; it goes up if a template may get another name."""

_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
_ESCAPES = {
    b"<": b"\\u003c",
    b">": b"\\u003e",
    b"&": b"\\u0026",
    "\u2028".encode(): b"\\u2028",
    "\u2029".encode(): b"\\u2029",
}
_OFFSET, _PRIME = 0x811C9DC5, 0x01000193


def template_hash(template: dict[str, Any], collisions: int | None = None) -> str:
    """The name of a pod template.

    ``collisions`` counts the ReplicaSets of other templates that were found under the name before.
    """
    data = _canonical(template)
    if collisions is not None:
        data += collisions.to_bytes(8, "little")
    return _readable(_fnv1a(data))


def steps_hash(steps: tuple[CanaryStep, ...]) -> str:
    """The name of a list of canary steps: when it changes, the update starts anew.

    It is taken over their JSON as Go writes it: fields in the order of the types, HTML's signs escaped, and metadata
    also where there are none.
    """
    written = msgspec.to_builtins([_in_full(step) for step in steps] or None, order="deterministic")
    data = msgspec.json.encode(_without_blanks(written))
    for sign, escape in _ESCAPES.items():
        data = data.replace(sign, escape)
    return _readable(_fnv1a(data))


def _in_full(step: CanaryStep) -> CanaryStep:
    analysis = _analysis_in_full(step.analysis) if step.analysis else None
    return replace(
        step, analysis=analysis, experiment=_experiment_in_full(step.experiment) if step.experiment else None
    )


def _analysis_in_full(analysis: RolloutAnalysis) -> RolloutAnalysis:
    return replace(analysis, analysis_run_metadata=analysis.analysis_run_metadata or RunMetadata())


def _experiment_in_full(experiment: ExperimentStep) -> ExperimentStep:
    templates = tuple(_template_in_full(item) for item in experiment.templates)
    metadata = experiment.analysis_run_metadata or RunMetadata()
    return replace(experiment, templates=templates, analysis_run_metadata=metadata)


def _template_in_full(template: ExperimentTemplate) -> ExperimentTemplate:
    return replace(template, metadata=template.metadata or RunMetadata())


def _without_blanks(value: Any) -> Any:
    """The same without empty texts: Go leaves them out."""
    if isinstance(value, dict):
        return {key: _without_blanks(item) for key, item in value.items() if item != ""}
    return [_without_blanks(item) for item in value] if isinstance(value, list | tuple) else value


def _canonical(value: Any) -> bytes:
    return msgspec.json.encode(_without_nulls(value), order="sorted")


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value


@lru_cache(maxsize=4096)  # every look at a Rollout asks for the names of the same templates and steps again
def _fnv1a(data: bytes) -> int:
    digest = _OFFSET
    for byte in data:
        digest = ((digest ^ byte) * _PRIME) & 0xFFFFFFFF
    return digest


def _readable(number: int) -> str:
    """Digits in letters that make no words (apimachinery, ``rand.SafeEncodeString``)."""
    return "".join(_ALPHABET[ord(digit) % len(_ALPHABET)] for digit in str(number))
