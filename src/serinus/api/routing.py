"""Traffic routing of a canary: one field per traffic layer."""

from msgspec import field

from serinus.api.meta import ApiStruct
from serinus.api.scalar import AnyValue, Int32, Int64


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
    tls_routes: tuple[IstioTlsRoute, ...] = ()
    tcp_routes: tuple[IstioTcpRoute, ...] = ()


class IstioDestinationRule(ApiStruct, frozen=True):
    """A DestinationRule whose subsets follow the versions."""

    name: str
    canary_subset_name: str = ""
    stable_subset_name: str = ""
    additional_subset_names: tuple[str, ...] = ()


class IstioRouting(ApiStruct, frozen=True):
    """Route weights in VirtualServices."""

    virtual_service: IstioVirtualService | None = None
    virtual_services: tuple[IstioVirtualService, ...] = ()
    destination_rule: IstioDestinationRule | None = None


class NginxRouting(ApiStruct, frozen=True):
    """A canary Ingress beside the stable one."""

    annotation_prefix: str = ""
    stable_ingress: str = ""
    stable_ingresses: tuple[str, ...] = ()
    additional_ingress_annotations: dict[str, str] = field(default_factory=dict)
    canary_ingress_annotations: dict[str, str] = field(default_factory=dict)

    @property
    def ingresses(self) -> tuple[str, ...]:
        """The names of all stable Ingresses."""
        return self.stable_ingresses or ((self.stable_ingress,) if self.stable_ingress else ())


class AlbStickiness(ApiStruct, frozen=True):
    """Session stickiness of target groups."""

    enabled: bool = False
    duration_seconds: Int64 = 0


class AlbRouting(ApiStruct, frozen=True):
    """Forward actions of the AWS Load Balancer Controller."""

    ingress: str = ""
    ingresses: tuple[str, ...] = ()
    service_port: Int32 = 0
    root_service: str = ""
    annotation_prefix: str = ""
    stickiness_config: AlbStickiness | None = None


class SmiRouting(ApiStruct, frozen=True):
    """A TrafficSplit of the Service Mesh Interface."""

    root_service: str = ""
    traffic_split_name: str = ""


class AmbassadorRouting(ApiStruct, frozen=True):
    """Canary Mappings of Ambassador (Emissary)."""

    mappings: tuple[str, ...] = ()


class AppMeshVirtualService(ApiStruct, frozen=True):
    """An App Mesh VirtualService and its routes."""

    name: str
    routes: tuple[str, ...] = ()


class AppMeshNodeRef(ApiStruct, frozen=True):
    """An App Mesh VirtualNode by name."""

    name: str


class AppMeshNodeGroup(ApiStruct, frozen=True):
    """The VirtualNodes of the two versions."""

    canary_virtual_node_ref: AppMeshNodeRef | None = None
    stable_virtual_node_ref: AppMeshNodeRef | None = None


class AppMeshRouting(ApiStruct, frozen=True):
    """Weighted targets of App Mesh VirtualRouters."""

    virtual_service: AppMeshVirtualService | None = None
    virtual_node_group: AppMeshNodeGroup | None = None


class TraefikRouting(ApiStruct, frozen=True):
    """Weights of a TraefikService."""

    weighted_traefik_service_name: str = ""


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
    managed_routes: tuple[ManagedRoute, ...] = ()
    max_traffic_weight: Int32 | None = None
