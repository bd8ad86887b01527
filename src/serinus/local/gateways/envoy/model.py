"""The routing model: what Envoy serves, free of Envoy's language.

Times are in seconds, shares in whole weights whose sum may be anything.
"""

from typing import Literal

from msgspec import Struct

from serinus.local.gateways.envoy.httproute import Gateway, GatewayClass, Namespace, ReferenceGrant
from serinus.local.gateways.envoy.httproute import Route as GatewayRoute
from serinus.local.gateways.envoy.virtualservice import DestinationRule, VirtualService
from serinus.local.gateways.objects import Found


class Mesh(Struct, frozen=True, kw_only=True):
    """All that routing depends on, as it stood at one moment."""

    found: Found = Found()
    virtual_services: tuple[VirtualService, ...] = ()
    destination_rules: tuple[DestinationRule, ...] = ()
    classes: tuple[GatewayClass, ...] = ()
    gateways: tuple[Gateway, ...] = ()
    http_routes: tuple[GatewayRoute, ...] = ()
    grpc_routes: tuple[GatewayRoute, ...] = ()
    tcp_routes: tuple[GatewayRoute, ...] = ()
    tls_routes: tuple[GatewayRoute, ...] = ()
    grants: tuple[ReferenceGrant, ...] = ()
    namespaces: tuple[Namespace, ...] = ()


Kind = Literal["exact", "prefix", "element", "regex", "present"]
"""How texts are compared; `element` is a prefix of whole path elements."""


class Text(Struct, frozen=True):
    """A text to compare with."""

    kind: Kind
    value: str = ""
    absent: bool = False
    """Whether the opposite is meant."""


class Match(Struct, frozen=True, kw_only=True):
    """Conditions that must all be met."""

    path: Text = Text("prefix", "/")
    ignore_case: bool = False
    headers: tuple[tuple[str, Text], ...] = ()
    queries: tuple[tuple[str, Text], ...] = ()


class Changes(Struct, frozen=True, kw_only=True):
    """Changes of the headers of requests and replies."""

    set_request: tuple[tuple[str, str], ...] = ()
    add_request: tuple[tuple[str, str], ...] = ()
    drop_request: tuple[str, ...] = ()
    set_response: tuple[tuple[str, str], ...] = ()
    add_response: tuple[tuple[str, str], ...] = ()
    drop_response: tuple[str, ...] = ()


class Share(Struct, frozen=True):
    """A cluster and its weight; a cluster that does not exist is a mistake of the user's."""

    cluster: str
    weight: int = 1
    changes: Changes = Changes()


class Copy(Struct, frozen=True):
    """A cluster that gets copies of so many percent of the requests."""

    cluster: str
    percent: float = 100.0


class Again(Struct, frozen=True, kw_only=True):
    """When a failed request is tried again. The values are Istio's default."""

    on: str = "connect-failure,refused-stream,unavailable,cancelled"
    attempts: int = 2
    codes: tuple[int, ...] = ()
    per_try: float = 0.0
    pause: float = 0.0
    elsewhere: bool = True
    """Whether a backend that was tried is avoided."""


class Rewrite(Struct, frozen=True, kw_only=True):
    """What a path or host becomes."""

    prefix: str | None = None
    path: str | None = None
    pattern: str | None = None
    """Regular expression whose match `by` replaces."""
    by: str = ""
    host: str = ""


class Sticky(Struct, frozen=True):
    """The cookie that keeps a client on one version; without seconds it ends with the browser."""

    cookie: str
    seconds: float = 0.0


class Forward(Struct, frozen=True, kw_only=True):
    """Send the request to one of some clusters, by chance."""

    shares: tuple[Share, ...]
    copies: tuple[Copy, ...] = ()
    timeout: float = 0.0
    again: Again | None = Again()
    rewrite: Rewrite = Rewrite()
    sticky: Sticky | None = None
    lost: Literal[500, 503] = 503
    """The answer where the chosen cluster does not exist."""


class Redirect(Struct, frozen=True, kw_only=True):
    """Send the client elsewhere."""

    code: int
    scheme: str = ""
    host: str = ""
    port: int = 0
    rewrite: Rewrite = Rewrite()


class Answer(Struct, frozen=True):
    """Answer without any backend."""

    status: int
    body: str = ""


class Route(Struct, frozen=True):
    """What happens to requests that match."""

    owner: str
    match: Match
    action: Forward | Redirect | Answer
    changes: Changes = Changes()


class Host(Struct, frozen=True):
    """Names under which routes are found, and the routes in order."""

    domains: tuple[str, ...]
    routes: tuple[Route, ...]


class Stream(Struct, frozen=True):
    """What happens to connections, whatever is said on them."""

    owner: str
    shares: tuple[Share, ...]
    names: tuple[str, ...] = ()
    """Names that clients say in their TLS hello; empty for all connections."""


class Entrance(Struct, frozen=True):
    """A port of its own for connections that carry no HTTP, or that stay encrypted."""

    door: str
    protocol: Literal["tcp", "tls"]
    number: int
    """The port that it stands for in the cluster."""
    streams: tuple[Stream, ...] = ()


class Cluster(Struct, frozen=True):
    """Where to send what is meant for a Service's port, or for a subset of it."""

    name: str
    addresses: tuple[str, ...] = ()
    http2: bool = False


class Remark(Struct, frozen=True):
    """Something that the owner of an object should know."""

    owner: str
    text: str


class Report(Struct, frozen=True):
    """What a route's status shall say about one of its parents."""

    kind: str
    namespace: str
    name: str
    generation: int
    parent: dict[str, str | int]
    accepted: tuple[str, str]
    """Reason and message; `Accepted` stands for success."""
    resolved: tuple[str, str]
    """Reason and message; `ResolvedRefs` stands for success."""


class Routing(Struct, frozen=True, kw_only=True):
    """All that is served, and what is not and why."""

    outside: tuple[Host, ...] = ()
    inside: tuple[tuple[str, tuple[Host, ...]], ...] = ()
    """Per namespace, in alphabetical order."""
    entrances: tuple[Entrance, ...] = ()
    clusters: tuple[Cluster, ...] = ()
    left_out: tuple[Remark, ...] = ()
    remarks: tuple[Remark, ...] = ()
    reports: tuple[Report, ...] = ()
    attached: tuple[tuple[str, int], ...] = ()
    """Per listener, as "namespace/gateway/listener", the number of its routes."""
