"""Watch what routing depends on."""

from collections.abc import Callable

from serinus.kube import Client
from serinus.local.gateways.mirrors import Mirrors, held
from serinus.local.gateways.objects import EndpointSlice, Found, Ingress, IngressClass, Pod, Service

NETWORKING = "/apis/networking.k8s.io/v1"


class Watching:
    """Mirrors of the five kinds that routes are made from."""

    def __init__(self, client: Client, changed: Callable[[], None]) -> None:
        mirrors = Mirrors(client, changed)
        self.run = mirrors.run
        self.synced = mirrors.synced
        self._ingresses = mirrors.of(Ingress, f"{NETWORKING}/ingresses")
        self._classes = mirrors.of(IngressClass, f"{NETWORKING}/ingressclasses")
        self._services = mirrors.of(Service, "/api/v1/services")
        self._slices = mirrors.of(EndpointSlice, "/apis/discovery.k8s.io/v1/endpointslices")
        self._pods = mirrors.of(Pod, "/api/v1/pods", metadata_only=True)

    def found(self) -> Found:
        """What the cluster says now."""
        return Found(
            ingresses=held(self._ingresses),
            services=held(self._services),
            slices=held(self._slices),
            pods=held(self._pods),
            classes=held(self._classes),
        )
