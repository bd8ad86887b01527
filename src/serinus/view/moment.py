"""Times inside objects that are kept as plain data."""

from datetime import datetime

from serinus.api.scalar import Manifest


def created_of(manifest: Manifest) -> datetime | None:
    """When an object was made; None when it does not say."""
    return read_moment((manifest.get("metadata") or {}).get("creationTimestamp"))


def read_moment(text: str | None) -> datetime | None:
    """Read an RFC 3339 time; None when there is none or it cannot be read."""
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
