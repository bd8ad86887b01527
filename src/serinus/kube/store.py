"""The cluster as last seen: a read-only mirror with named indexes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Generic, TypeVar

from serinus.kube.objects import Storable

T = TypeVar("T", bound=Storable)

Place = tuple[str, str]
"""Namespace (empty for cluster-wide kinds) and name."""


class Store(Generic[T]):
    """Objects of one kind, by namespace and name, and by index.

    Only the informer that fills it calls `put`, `drop` and `advance`. Who
    writes to the cluster waits for the watch to bring the result back:
    a store that is written from two sides lies sooner or later.

    >>> store = Store({"owner": lambda it: [ref.uid for ref in it.metadata.owner_references]})
    """

    def __init__(self, indexes: Mapping[str, Callable[[T], Iterable[str]]] | None = None) -> None:
        self.resource_version = ""
        self._spaces: dict[str, dict[str, T]] = {}
        self._indexers = dict(indexes or {})
        self._indexed: dict[str, dict[str, dict[Place, T]]] = {name: {} for name in self._indexers}
        self._size = 0

    def get(self, namespace: str, name: str) -> T | None:
        """The object of that name, or None."""
        return self._spaces.get(namespace, {}).get(name)

    def values(self, namespace: str | None = None) -> list[T]:
        """All objects, or those of one namespace."""
        if namespace is not None:
            return list(self._spaces.get(namespace, {}).values())
        return [held for space in self._spaces.values() for held in space.values()]

    def by(self, index: str, value: str) -> list[T]:
        """The objects that an index files under a value.

        Raises `KeyError` with the known names for an index that was not given at construction.
        """
        if index not in self._indexed:
            raise KeyError(f"no index {index!r} here; there are: {', '.join(sorted(self._indexed)) or 'none'}")
        return list(self._indexed[index].get(value, {}).values())

    def places(self) -> Iterator[Place]:
        """Namespace and name of all that is held."""
        return ((namespace, name) for namespace, space in self._spaces.items() for name in space)

    def __len__(self) -> int:
        return self._size

    def put(self, new: T) -> T | None:
        """Hold an object; returns the one that it takes the place of."""
        meta = new.metadata
        old = self.drop(meta.namespace, meta.name)
        self._spaces.setdefault(meta.namespace, {})[meta.name] = new
        self._size += 1
        for index, values in self._values(new):
            for value in values:
                self._indexed[index].setdefault(value, {})[meta.namespace, meta.name] = new
        return old

    def drop(self, namespace: str, name: str) -> T | None:
        """Let an object go; returns it."""
        space = self._spaces.get(namespace, {})
        old = space.pop(name, None)
        if old is None:
            return None
        if not space:
            del self._spaces[namespace]
        self._size -= 1
        for index, values in self._values(old):
            for value in values:
                self._unfile(index, value, (namespace, name))
        return old

    def advance(self, resource_version: str) -> None:
        """Note up to which version of the cluster this mirror is true."""
        self.resource_version = resource_version

    def _values(self, held: T) -> Iterator[tuple[str, Iterable[str]]]:
        return ((index, set(values(held))) for index, values in self._indexers.items())

    def _unfile(self, index: str, value: str, place: Place) -> None:
        files = self._indexed[index]
        files[value].pop(place, None)
        if not files[value]:
            del files[value]
