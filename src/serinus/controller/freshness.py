"""Never decide on a store that is older than our own last write."""

from serinus.api.kinds import Kind
from serinus.controller.stores import Stores
from serinus.kube import Key


class Freshness:
    """The versions that our writes have made, until the watches have brought them back."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._written: dict[Key, dict[Kind, int]] = {}

    def wrote(self, key: Key, kind: Kind, resource_version: str) -> None:
        """Note the version that a write for a key has made."""
        if kind in self._stores.informers and resource_version.isdecimal():
            versions = self._written.setdefault(key, {})
            versions[kind] = max(versions.get(kind, 0), int(resource_version))

    def is_fresh(self, key: Key) -> bool:
        """Whether the stores have caught up with all writes for a key."""
        versions = self._written.get(key, {})
        if any(self._stores.version(kind) < version for kind, version in versions.items()):
            return False
        self._written.pop(key, None)
        return True
