"""Never decide on a store that is older than our own last write."""

from typing import Any

from serinus.controller.stores import Stores
from serinus.kube import Key, Store
from serinus.plan import Ref


class Freshness:
    """The versions that our writes have made, until the watches have brought them back."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._written: dict[Key, dict[Store[Any], int]] = {}

    def wrote(self, key: Key, ref: Ref, resource_version: str) -> None:
        """Note the version that a write for a key has made of an object."""
        store = self._stores.store(ref)
        if store is not None and resource_version.isdecimal():
            versions = self._written.setdefault(key, {})
            versions[store] = max(versions.get(store, 0), int(resource_version))

    def is_fresh(self, key: Key) -> bool:
        """Whether the stores have caught up with all writes for a key."""
        versions = self._written.get(key, {})
        if any(int(store.resource_version or 0) < version for store, version in versions.items()):
            return False
        self._written.pop(key, None)
        return True
