"""Merge patches (RFC 7396) of plain JSON data."""

from typing import Any

from serinus.api.scalar import Manifest


def difference(found: Manifest, wanted: Manifest) -> dict[str, Any]:
    """The merge patch that brings what is named in ``wanted`` about; what is not named stays.

    A None in ``wanted`` takes a field away. Lists are compared, and replaced, as a whole.
    """
    patch: dict[str, Any] = {}
    for key, value in wanted.items():
        present = found.get(key)
        if value and isinstance(value, dict) and (present is None or isinstance(present, dict)):
            if below := difference(present or {}, value):
                patch[key] = below
        elif present != value:
            patch[key] = value
    return patch


def exact_difference(found: Manifest, wanted: Manifest) -> dict[str, Any]:
    """The merge patch that makes ``found`` equal to ``wanted``: what is not named goes."""
    gone = {key: None for key in found if key not in wanted}
    patch: dict[str, Any] = {}
    for key, value in wanted.items():
        present = found.get(key)
        if isinstance(value, dict) and isinstance(present, dict):
            if below := exact_difference(present, value):
                patch[key] = below
        elif present != value or key not in found:
            patch[key] = value
    return gone | patch


def merged(found: Manifest, patch: dict[str, Any]) -> Manifest:
    """``found`` with a merge patch applied; neither argument is changed."""
    result = dict(found)
    for key, value in patch.items():
        below = result.get(key)
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            result[key] = merged(below if isinstance(below, dict) else {}, value)
        else:
            result[key] = value
    return result


def joined(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """One merge patch that does what two do one after the other."""
    result = dict(first)
    for key, value in second.items():
        below = result.get(key)
        result[key] = joined(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return result
