"""Why the pods of a Job cannot even start."""

from collections.abc import Iterator
from typing import Any

BAD_IMAGE = frozenset({"ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"})
"""Reasons of the kubelet; a first ``ErrImagePull`` may be a hiccup, and becomes ``ImagePullBackOff`` if it is not."""


def image_trouble(pods: Any) -> str:
    """Which image cannot be had, and why; empty while all can."""
    for status in _statuses(pods):
        waiting = (status.get("state") or {}).get("waiting") or {}
        if waiting.get("reason") in BAD_IMAGE:
            image, reason, message = status.get("image"), waiting["reason"], waiting.get("message")
            return f"image {image} ({reason})" + (f": {message}" if message else "")
    return ""


def _statuses(pods: Any) -> Iterator[dict[str, Any]]:
    for pod in pods.get("items") or ():
        status = pod.get("status") or {}
        yield from status.get("initContainerStatuses") or ()
        yield from status.get("containerStatuses") or ()
