"""Traffic routing of a canary: one field per traffic layer."""

from typing import Annotated

from msgspec import field

from serinus.api.meta import ApiStruct
from serinus.api.scalar import AnyValue, Int32, Int64, Own


class IstioTlsRoute(ApiStruct, frozen=True):
    """Which TLS routes of a VirtualService are weighted."""

    port: Int64 = 0
    sni_hosts: tuple[str, ...] = ()


class IstioTcpRoute(ApiStruct, frozen=True):
    """Which TCP routes of a VirtualService are weighted."""

    port: Int64 = 0


class IstioVirtualService(ApiStruct, frozen=True):
    """A VirtualService, as ``name`` or ``name.namespace``, and its routes."""

    name: str
    routes: tuple[str, ...] = ()
    """The HTTP routes that are weighted; the only one when absent."""
    tls_routes: tuple[IstioTlsRoute, ...] = ()
    tcp_routes: tuple[IstioTcpRoute, ...] = ()


class IstioDestinationRule(ApiStruct, frozen=True):
    """A DestinationRule whose subsets follow the versions."""

    name: str
    canary_subset_name: str
    stable_subset_name: str
    additional_subset_names: tuple[str, ...] = ()
    """Subsets of the same rule that are left alone."""


class SessionAffinity(ApiStruct, frozen=True):
    """Keep each user on the version that answered first, by a cookie."""

    cookie_name: str = "serinus"
    max_age: Int32 = 86400
    """How long the cookie lives, in seconds."""


class IstioRouting(ApiStruct, frozen=True):
    """Route weights in VirtualServices."""

    virtual_service: IstioVirtualService | None = None
    """The one VirtualService; either this or ``virtualServices``."""
    virtual_services: tuple[IstioVirtualService, ...] = ()
    """Several VirtualServices; either this or ``virtualService``."""
    destination_rule: IstioDestinationRule | None = None
    session_affinity: Annotated[SessionAffinity | None, Own] = None


class NginxRouting(ApiStruct, frozen=True):
    """A canary Ingress beside the stable one."""

    annotation_prefix: str = ""
    """The prefix of the canary annotations; ``nginx.ingress.kubernetes.io`` when absent."""
    stable_ingress: str = ""
    """The Ingress that leads to the stable Service; either this or ``stableIngresses``."""
    stable_ingresses: tuple[str, ...] = ()
    """Several Ingresses; either this or ``stableIngress``."""
    additional_ingress_annotations: dict[str, str] = field(default_factory=dict)
    """Annotations of the canary Ingress; keys that do not start with the prefix get it."""
    canary_ingress_annotations: dict[str, str] = field(default_factory=dict)
    """Annotations of the canary Ingress, taken as they stand."""

    @property
    def ingresses(self) -> tuple[str, ...]:
        """The names of all stable Ingresses."""
        return self.stable_ingresses or ((self.stable_ingress,) if self.stable_ingress else ())


class AlbStickiness(ApiStruct, frozen=True):
    """Session stickiness of target groups."""

    enabled: bool
    duration_seconds: Int64


class AlbRouting(ApiStruct, frozen=True):
    """Forward actions of the AWS Load Balancer Controller."""

    service_port: Int32
    """The port of the Services to which the action forwards."""
    ingress: str = ""
    """The Ingress whose action is edited; either this or ``ingresses``."""
    ingresses: tuple[str, ...] = ()
    """Several Ingresses; either this or ``ingress``."""
    root_service: str = ""
    """The Service that the Ingress names; the stable one when absent."""
    annotation_prefix: str = ""
    """The prefix of the action annotations; ``alb.ingress.kubernetes.io`` when absent."""
    stickiness_config: AlbStickiness | None = None


class SmiRouting(ApiStruct, frozen=True):
    """A TrafficSplit of the Service Mesh Interface."""

    root_service: str = ""
    """The Service that clients call; the stable one when absent."""
    traffic_split_name: str = ""
    """The TrafficSplit; named like the Rollout when absent."""


class AmbassadorRouting(ApiStruct, frozen=True):
    """Canary Mappings of Ambassador (Emissary)."""

    mappings: tuple[str, ...]


class AppMeshVirtualService(ApiStruct, frozen=True):
    """An App Mesh VirtualService and its routes."""

    name: str
    routes: tuple[str, ...] = ()


class AppMeshNodeRef(ApiStruct, frozen=True):
    """An App Mesh VirtualNode by name."""

    name: str


class AppMeshNodeGroup(ApiStruct, frozen=True):
    """The VirtualNodes of the two versions."""

    canary_virtual_node_ref: AppMeshNodeRef
    stable_virtual_node_ref: AppMeshNodeRef


class AppMeshRouting(ApiStruct, frozen=True):
    """Weighted targets of App Mesh VirtualRouters."""

    virtual_service: AppMeshVirtualService | None = None
    virtual_node_group: AppMeshNodeGroup | None = None


class TraefikRouting(ApiStruct, frozen=True):
    """Weights of a TraefikService."""

    weighted_traefik_service_name: str


class ApisixRoute(ApiStruct, frozen=True):
    """An ApisixRoute and its rules."""

    name: str
    rules: tuple[str, ...] = ()


class ApisixRouting(ApiStruct, frozen=True):
    """Backend weights of an ApisixRoute."""

    route: ApisixRoute | None = None


class ManagedRoute(ApiStruct, frozen=True):
    """A route that belongs to the Rollout and is deleted with the update."""

    name: str


class TrafficRouting(ApiStruct, frozen=True):
    """Which layers split the traffic; several may be set at once."""

    istio: IstioRouting | None = None
    nginx: NginxRouting | None = None
    alb: AlbRouting | None = None
    smi: SmiRouting | None = None
    ambassador: AmbassadorRouting | None = None
    app_mesh: AppMeshRouting | None = None
    traefik: TraefikRouting | None = None
    apisix: ApisixRouting | None = None
    plugins: dict[str, AnyValue] = field(default_factory=dict)
    """The configuration of routers that are plugins, under their names."""
    managed_routes: tuple[ManagedRoute, ...] = ()
    """Routes that header and mirror steps may make, the first with the highest precedence."""
    max_traffic_weight: Int32 | None = None
    """The weight that means all traffic; 100 when absent."""
