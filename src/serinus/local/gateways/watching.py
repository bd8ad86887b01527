"""Watch what routing depends on."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from serinus.kube import Client, Informer, Store
from serinus.local.gateways.objects import EndpointSlice, Found, Ingress, IngressClass, Pod, Service

NETWORKING = "/apis/networking.k8s.io/v1"

T = TypeVar("T", Pod, Service, EndpointSlice, Ingress, IngressClass)


class Watching:
    """Mirrors of the five kinds that routes are made from."""

    def __init__(self, client: Client, changed: Callable[[], None]) -> None:
        self._client = client
        self._changed = changed
        self._informers: list[Informer[Any]] = []
        self._ingresses = self._mirror(Ingress, f"{NETWORKING}/ingresses")
        self._classes = self._mirror(IngressClass, f"{NETWORKING}/ingressclasses")
        self._services = self._mirror(Service, "/api/v1/services")
        self._slices = self._mirror(EndpointSlice, "/apis/discovery.k8s.io/v1/endpointslices")
        self._pods = self._mirror(Pod, "/api/v1/pods", metadata_only=True)

    async def run(self) -> None:
        """Keep the mirrors true until cancelled."""
        async with asyncio.TaskGroup() as group:
            for informer in self._informers:
                group.create_task(informer.run())

    async def synced(self) -> None:
        """Return when all mirrors have been true once."""
        for informer in self._informers:
            await informer.synced.wait()

    def found(self) -> Found:
        """What the cluster says now."""
        return Found(
            ingresses=tuple(self._ingresses.values()),
            services=tuple(self._services.values()),
            slices=tuple(self._slices.values()),
            pods=tuple(self._pods.values()),
            classes=tuple(self._classes.values()),
        )

    def _mirror(self, kind: type[T], path: str, *, metadata_only: bool = False) -> Store[T]:
        store: Store[T] = Store()
        informer = Informer(
            self._client,
            path,
            store,
            decode=msgspec.json.Decoder(kind).decode,
            on_change=self._on_change,
            metadata_only=metadata_only,
        )
        self._informers.append(informer)
        return store

    def _on_change(self, _old: object, _new: object) -> None:
        self._changed()
