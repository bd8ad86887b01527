"""Watch what the mesh depends on; kinds that are not installed count as empty."""

from collections.abc import Callable

from serinus.kube import Client
from serinus.local.gateways.envoy import httproute as api
from serinus.local.gateways.envoy.model import Mesh
from serinus.local.gateways.envoy.virtualservice import DestinationRule, VirtualService
from serinus.local.gateways.mirrors import Mirrors, held
from serinus.local.gateways.objects import EndpointSlice, Found, Pod, Service

ISTIO = "/apis/networking.istio.io/v1"
GATEWAY = f"/apis/{api.GROUP}/v1"


class Watching:
    """Mirrors of all kinds that routes are made from."""

    def __init__(self, client: Client, changed: Callable[[], None]) -> None:
        mirrors = Mirrors(client, changed)
        self.run = mirrors.run
        self.settled = mirrors.settled
        self._services = mirrors.of(Service, "/api/v1/services")
        self._slices = mirrors.of(EndpointSlice, "/apis/discovery.k8s.io/v1/endpointslices")
        self._pods = mirrors.of(Pod, "/api/v1/pods", metadata_only=True)
        self._namespaces = mirrors.of(api.Namespace, "/api/v1/namespaces", metadata_only=True)
        self._virtual = mirrors.of(VirtualService, f"{ISTIO}/virtualservices")
        self._rules = mirrors.of(DestinationRule, f"{ISTIO}/destinationrules")
        self._classes = mirrors.of(api.GatewayClass, f"{GATEWAY}/gatewayclasses")
        self._gateways = mirrors.of(api.Gateway, f"{GATEWAY}/gateways")
        self._http = mirrors.of(api.Route, f"{GATEWAY}/httproutes")
        self._grpc = mirrors.of(api.Route, f"{GATEWAY}/grpcroutes")
        self._tcp = mirrors.of(api.Route, f"{GATEWAY}/tcproutes")
        self._tls = mirrors.of(api.Route, f"{GATEWAY}/tlsroutes")
        self._grants = mirrors.of(api.ReferenceGrant, f"/apis/{api.GROUP}/v1beta1/referencegrants")

    def lacks_class(self, name: str) -> bool:
        """Whether the API serves GatewayClasses, and this one is not there."""
        mirror = self._classes
        return mirror.synced.is_set() and not mirror.missing and mirror.store.get("", name) is None

    def mesh(self) -> Mesh:
        """What the cluster says now."""
        return Mesh(
            found=Found(services=held(self._services), slices=held(self._slices), pods=held(self._pods)),
            virtual_services=held(self._virtual),
            destination_rules=held(self._rules),
            classes=held(self._classes),
            gateways=held(self._gateways),
            http_routes=held(self._http),
            grpc_routes=held(self._grpc),
            tcp_routes=held(self._tcp),
            tls_routes=held(self._tls),
            grants=held(self._grants),
            namespaces=held(self._namespaces),
        )
