"""Copies of kinds that the cluster keeps up to date."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from serinus.kube import Client, Informer, Store
from serinus.kube.objects import Storable

T = TypeVar("T", bound=Storable)


class Mirrors:
    """Several mirrors that run together, and tell each change to one listener."""

    def __init__(self, client: Client, changed: Callable[[], None]) -> None:
        self._client = client
        self._changed = changed
        self._informers: list[Informer[Any]] = []

    def of(self, kind: type[T], path: str, *, metadata_only: bool = False) -> Informer[T]:
        """Add a mirror of the kind under a list path; a kind that the API does not know stays empty."""
        informer: Informer[T] = Informer(
            self._client,
            path,
            Store(),
            decode=msgspec.json.Decoder(kind).decode,
            on_change=self._on_change,
            metadata_only=metadata_only,
        )
        self._informers.append(informer)
        return informer

    async def run(self) -> None:
        """Keep the mirrors true until cancelled."""
        async with asyncio.TaskGroup() as group:
            for informer in self._informers:
                group.create_task(informer.run())

    async def synced(self) -> None:
        """Return when all mirrors have been true once."""
        for informer in self._informers:
            await informer.synced.wait()

    async def settled(self) -> None:
        """Return when each kind has been read once, or is known to be missing."""
        for informer in self._informers:
            await informer.settled.wait()

    def _on_change(self, _old: object, _new: object) -> None:
        self._changed()


def held(mirror: Informer[T]) -> tuple[T, ...]:
    """All objects of a mirror, as they stand now."""
    return tuple(mirror.store.values())
