"""The parts of Kubernetes objects that gateways read.

Lists that the API may send as null are optional here; everything else that a
gateway does not read is dropped while decoding.
"""

from typing import Any

from msgspec import Struct, field

from serinus.api.meta import ApiStruct, ObjectMeta


class Pod(ApiStruct, frozen=True):
    """A pod's metadata: its name, and where it listens in truth."""

    metadata: ObjectMeta


class ServicePort(ApiStruct, frozen=True):
    """One port that a Service offers."""

    port: int
    name: str = ""
    protocol: str = "TCP"
    target_port: int | str = 0


class ServiceSpec(ApiStruct, frozen=True):
    """The ports of a Service."""

    ports: tuple[ServicePort, ...] | None = ()


class Service(ApiStruct, frozen=True):
    """A Service (core/v1)."""

    metadata: ObjectMeta
    spec: ServiceSpec = ServiceSpec()


class EndpointPort(ApiStruct, frozen=True):
    """A port at which all endpoints of a slice listen."""

    name: str | None = ""
    protocol: str | None = "TCP"
    port: int | None = None


class EndpointConditions(ApiStruct, frozen=True):
    """Whether an endpoint may get traffic; unknown means ready."""

    ready: bool | None = None


class Target(ApiStruct, frozen=True):
    """The object behind an endpoint."""

    kind: str = ""
    namespace: str = ""
    name: str = ""


class Endpoint(ApiStruct, frozen=True):
    """One backend of a Service."""

    addresses: tuple[str, ...] | None = ()
    conditions: EndpointConditions = EndpointConditions()
    target_ref: Target | None = None


class EndpointSlice(ApiStruct, frozen=True):
    """Some of a Service's endpoints (discovery.k8s.io/v1)."""

    metadata: ObjectMeta
    endpoints: tuple[Endpoint, ...] | None = ()
    ports: tuple[EndpointPort, ...] | None = ()


class BackendPort(ApiStruct, frozen=True):
    """A Service's port, by name or by number."""

    name: str = ""
    number: int = 0

    def __str__(self) -> str:
        """The name where there is one, else the number."""
        return self.name or str(self.number)


class BackendService(ApiStruct, frozen=True):
    """The Service that an Ingress points at."""

    name: str
    port: BackendPort = BackendPort()


class IngressBackend(ApiStruct, frozen=True):
    """A Service, or some other resource, which no gateway of ours serves."""

    service: BackendService | None = None
    resource: dict[str, Any] | None = None


class IngressPath(ApiStruct, frozen=True):
    """One path of a rule."""

    backend: IngressBackend
    path: str = ""
    path_type: str = "ImplementationSpecific"


class IngressHTTP(ApiStruct, frozen=True):
    """The paths of a rule."""

    paths: tuple[IngressPath, ...] = ()


class IngressRule(ApiStruct, frozen=True):
    """The paths of a host; without a host, of all hosts that nobody else names."""

    host: str = ""
    http: IngressHTTP | None = None


class IngressSpec(ApiStruct, frozen=True):
    """What an Ingress wants."""

    ingress_class_name: str | None = None
    default_backend: IngressBackend | None = None
    rules: tuple[IngressRule, ...] | None = ()


class Ingress(ApiStruct, frozen=True):
    """An Ingress (networking.k8s.io/v1)."""

    metadata: ObjectMeta
    spec: IngressSpec = IngressSpec()

    @property
    def key(self) -> str:
        """Namespace and name, as users write them."""
        return f"{self.metadata.namespace}/{self.metadata.name}"


class IngressClassSpec(ApiStruct, frozen=True):
    """Who serves a class."""

    controller: str = ""


class IngressClass(ApiStruct, frozen=True):
    """An IngressClass (networking.k8s.io/v1)."""

    metadata: ObjectMeta
    spec: IngressClassSpec = IngressClassSpec()


class Found(Struct, frozen=True, kw_only=True):
    """All that routing depends on, as it stood at one moment."""

    ingresses: tuple[Ingress, ...] = ()
    services: tuple[Service, ...] = ()
    slices: tuple[EndpointSlice, ...] = ()
    pods: tuple[Pod, ...] = ()
    classes: tuple[IngressClass, ...] = field(default=())
