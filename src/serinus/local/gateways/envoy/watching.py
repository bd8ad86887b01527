"""Watch what the mesh depends on; kinds that are not installed count as empty."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec

from serinus.kube import Client, Informer, Store
from serinus.local.gateways.envoy import httproute as api
from serinus.local.gateways.envoy.model import Mesh
from serinus.local.gateways.envoy.virtualservice import DestinationRule, VirtualService
from serinus.local.gateways.objects import EndpointSlice, Found, Pod, Service

ISTIO = "/apis/networking.istio.io/v1"
GATEWAY = f"/apis/{api.GROUP}/v1"


class Watching:
    """Mirrors of all kinds that routes are made from."""

    def __init__(self, client: Client, changed: Callable[[], None]) -> None:
        self._client = client
        self._changed = changed
        self._informers: list[Informer[Any]] = []
        self._services = self._mirror(Service, "/api/v1/services")
        self._slices = self._mirror(EndpointSlice, "/apis/discovery.k8s.io/v1/endpointslices")
        self._pods = self._mirror(Pod, "/api/v1/pods", metadata_only=True)
        self._namespaces = self._mirror(api.Namespace, "/api/v1/namespaces", metadata_only=True)
        self._virtual = self._mirror(VirtualService, f"{ISTIO}/virtualservices")
        self._rules = self._mirror(DestinationRule, f"{ISTIO}/destinationrules")
        self._classes = self._mirror(api.GatewayClass, f"{GATEWAY}/gatewayclasses")
        self._gateways = self._mirror(api.Gateway, f"{GATEWAY}/gateways")
        self._http = self._mirror(api.Route, f"{GATEWAY}/httproutes")
        self._grpc = self._mirror(api.Route, f"{GATEWAY}/grpcroutes")
        self._tcp = self._mirror(api.Route, f"{GATEWAY}/tcproutes")
        self._tls = self._mirror(api.Route, f"{GATEWAY}/tlsroutes")
        self._grants = self._mirror(api.ReferenceGrant, f"/apis/{api.GROUP}/v1beta1/referencegrants")

    async def run(self) -> None:
        """Keep the mirrors true until cancelled."""
        async with asyncio.TaskGroup() as group:
            for informer in self._informers:
                group.create_task(informer.run())

    async def settled(self) -> None:
        """Return when each kind has been read once, or is known to be missing."""
        for informer in self._informers:
            await informer.settled.wait()

    def lacks_class(self, name: str) -> bool:
        """Whether the API serves GatewayClasses, and this one is not there."""
        informer = next(each for each in self._informers if each.store is self._classes)
        return informer.synced.is_set() and not informer.missing and self._classes.get("", name) is None

    def mesh(self) -> Mesh:
        """What the cluster says now."""
        return Mesh(
            found=Found(
                services=tuple(self._services.values()),
                slices=tuple(self._slices.values()),
                pods=tuple(self._pods.values()),
            ),
            virtual_services=tuple(self._virtual.values()),
            destination_rules=tuple(self._rules.values()),
            classes=tuple(self._classes.values()),
            gateways=tuple(self._gateways.values()),
            http_routes=tuple(self._http.values()),
            grpc_routes=tuple(self._grpc.values()),
            tcp_routes=tuple(self._tcp.values()),
            tls_routes=tuple(self._tls.values()),
            grants=tuple(self._grants.values()),
            namespaces=tuple(self._namespaces.values()),
        )

    def _mirror(self, kind: type[Any], path: str, *, metadata_only: bool = False) -> Store[Any]:
        store: Store[Any] = Store()
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
