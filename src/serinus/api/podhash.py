"""Names for pod templates, and for lists of steps.

The hash of a template is taken over its JSON as the user's object holds it, with sorted keys and without nulls: it does
not pass through types of ours, so that a new version of this program never gives a running template another name.
"""

from functools import lru_cache
from typing import Any

import msgspec

from serinus.api.canary import CanaryStep

VERSION = "1"
"""The version of the hash; it goes up if a template may get another name."""

_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
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
    """The name of a list of canary steps: when it changes, the update starts anew."""
    return _readable(_fnv1a(msgspec.json.encode(steps, order="sorted")))


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
