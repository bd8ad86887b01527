"""The parts of Gateway API objects that the gateway reads.

Source: sigs.k8s.io/gateway-api, v1. GRPCRoutes are read by their own match and
share everything else; TCPRoutes and TLSRoutes have rules of backends alone.
"""

from typing import Any

from msgspec import field

from serinus.api.meta import ApiStruct, LabelSelector, ObjectMeta

GROUP = "gateway.networking.k8s.io"


class ParentRef(ApiStruct, frozen=True):
    """The Gateway, or Service, that a route wants to be attached to."""

    name: str
    group: str = GROUP
    kind: str = "Gateway"
    namespace: str = ""
    section_name: str = ""
    port: int = 0


class Value(ApiStruct, frozen=True):
    """A path, header or parameter to compare with."""

    value: str = ""
    type: str = ""
    name: str = ""


class RPC(ApiStruct, frozen=True):
    """A gRPC service and method."""

    type: str = "Exact"
    service: str = ""
    method: str = ""


class Header(ApiStruct, frozen=True):
    """A header with its value."""

    name: str
    value: str = ""


class HeaderFilter(ApiStruct, frozen=True):
    """Headers to set, add and remove."""

    set: tuple[Header, ...] = ()
    add: tuple[Header, ...] = ()
    remove: tuple[str, ...] = ()


class BackendRef(ApiStruct, frozen=True):
    """A Service and its weight among the others."""

    name: str
    group: str = ""
    kind: str = "Service"
    namespace: str = ""
    port: int = 0
    weight: int = 1
    filters: "tuple[Filter, ...]" = ()


class Fraction(ApiStruct, frozen=True):
    """A part of the whole."""

    numerator: int
    denominator: int = 100


class MirrorFilter(ApiStruct, frozen=True):
    """A further backend that gets copies."""

    backend_ref: BackendRef
    percent: int | None = None
    fraction: Fraction | None = None


class PathChange(ApiStruct, frozen=True):
    """What a path becomes."""

    type: str = ""
    replace_full_path: str = ""
    replace_prefix_match: str = ""


class RedirectFilter(ApiStruct, frozen=True):
    """Where a client is sent instead."""

    scheme: str = ""
    hostname: str = ""
    port: int = 0
    path: PathChange | None = None
    status_code: int = 302


class RewriteFilter(ApiStruct, frozen=True):
    """What path and host become before a request goes on."""

    hostname: str = ""
    path: PathChange | None = None


class Filter(ApiStruct, frozen=True):
    """One change of requests or replies; `type` says which."""

    type: str
    request_header_modifier: HeaderFilter = HeaderFilter()
    response_header_modifier: HeaderFilter = HeaderFilter()
    request_mirror: MirrorFilter | None = None
    request_redirect: RedirectFilter | None = None
    url_rewrite: RewriteFilter | None = None


class Timeouts(ApiStruct, frozen=True):
    """How long a request, and each try of it, may take."""

    request: str = ""
    backend_request: str = ""


class Retry(ApiStruct, frozen=True):
    """After which answers a request is tried again."""

    codes: tuple[int, ...] = ()
    attempts: int | None = None
    backoff: str = ""


class CookieConfig(ApiStruct, frozen=True):
    """How long a session's cookie lives."""

    lifetime_type: str = "Session"


class SessionPersistence(ApiStruct, frozen=True):
    """Keep a client on the backend that answered it first."""

    session_name: str = ""
    type: str = "Cookie"
    absolute_timeout: str = ""
    cookie_config: CookieConfig = CookieConfig()


class RouteMatch(ApiStruct, frozen=True):
    """Conditions that must all be met."""

    path: Value | None = None
    headers: tuple[Value, ...] = ()
    query_params: tuple[Value, ...] = ()
    method: str | RPC | None = None


class RouteRule(ApiStruct, frozen=True):
    """Matches of which one must be met, and what then happens."""

    name: str = ""
    matches: tuple[RouteMatch, ...] = ()
    filters: tuple[Filter, ...] = ()
    backend_refs: tuple[BackendRef, ...] = ()
    timeouts: Timeouts = Timeouts()
    retry: Retry | None = None
    session_persistence: SessionPersistence | None = None


class RouteSpec(ApiStruct, frozen=True):
    """What a route wants."""

    parent_refs: tuple[ParentRef, ...] = ()
    hostnames: tuple[str, ...] = ()
    rules: tuple[RouteRule, ...] = ()


class Route(ApiStruct, frozen=True):
    """A route of any kind; which one is the business of who holds it."""

    metadata: ObjectMeta
    spec: RouteSpec = RouteSpec()
    status: dict[str, Any] = field(default_factory=dict)


class NamespaceRule(ApiStruct, frozen=True):
    """From which namespaces routes may come."""

    from_: str = field(default="Same", name="from")
    selector: LabelSelector = LabelSelector()


class RouteKind(ApiStruct, frozen=True):
    """A kind of route."""

    kind: str
    group: str = GROUP


class AllowedRoutes(ApiStruct, frozen=True):
    """Which routes a listener takes."""

    namespaces: NamespaceRule = NamespaceRule()
    kinds: tuple[RouteKind, ...] = ()


class ListenerTLS(ApiStruct, frozen=True):
    """Who decrypts: the gateway, or the backend."""

    mode: str = "Terminate"


class Listener(ApiStruct, frozen=True):
    """One entrance of a Gateway."""

    name: str
    port: int
    protocol: str = "HTTP"
    hostname: str = ""
    tls: ListenerTLS = ListenerTLS()
    allowed_routes: AllowedRoutes = AllowedRoutes()


class GatewaySpec(ApiStruct, frozen=True):
    """What a Gateway wants."""

    gateway_class_name: str = ""
    listeners: tuple[Listener, ...] = ()


class Gateway(ApiStruct, frozen=True):
    """A Gateway."""

    metadata: ObjectMeta
    spec: GatewaySpec = GatewaySpec()
    status: dict[str, Any] = field(default_factory=dict)


class GatewayClassSpec(ApiStruct, frozen=True):
    """Who serves a class."""

    controller_name: str = ""


class GatewayClass(ApiStruct, frozen=True):
    """A GatewayClass."""

    metadata: ObjectMeta
    spec: GatewayClassSpec = GatewayClassSpec()
    status: dict[str, Any] = field(default_factory=dict)


class GrantSide(ApiStruct, frozen=True):
    """Who may refer, or to what."""

    group: str = ""
    kind: str = ""
    namespace: str = ""
    name: str = ""


class GrantSpec(ApiStruct, frozen=True):
    """Who may refer to what."""

    from_: tuple[GrantSide, ...] = field(default=(), name="from")
    to: tuple[GrantSide, ...] = ()


class ReferenceGrant(ApiStruct, frozen=True):
    """Lets routes of other namespaces name Services of this one."""

    metadata: ObjectMeta
    spec: GrantSpec = GrantSpec()


class Namespace(ApiStruct, frozen=True):
    """A namespace's labels."""

    metadata: ObjectMeta
