"""The parts of Istio's objects that the gateway reads.

Source: istio.io/api, networking/v1. What is not named here is dropped while
decoding; fields that are named only to be told of are plain values.
"""

from typing import Any

from msgspec import field

from serinus.api.meta import ApiStruct, ObjectMeta


class StringMatch(ApiStruct, frozen=True):
    """How a text must look; nothing set means that it must only be there."""

    exact: str | None = None
    prefix: str | None = None
    regex: str | None = None


class PortSelector(ApiStruct, frozen=True):
    """A port by number."""

    number: int = 0


class Destination(ApiStruct, frozen=True):
    """A Service by host name, some of its pods by subset."""

    host: str
    subset: str = ""
    port: PortSelector | None = None


class HeaderOperations(ApiStruct, frozen=True):
    """Headers to set, add and remove."""

    set: dict[str, str] = field(default_factory=dict)
    add: dict[str, str] = field(default_factory=dict)
    remove: tuple[str, ...] = ()


class Headers(ApiStruct, frozen=True):
    """Changes of the headers of requests and replies."""

    request: HeaderOperations = HeaderOperations()
    response: HeaderOperations = HeaderOperations()


class RouteDestination(ApiStruct, frozen=True):
    """A destination and its weight among the others."""

    destination: Destination
    weight: int = 0
    headers: Headers = Headers()


class Percent(ApiStruct, frozen=True):
    """A percentage, from 0 to 100."""

    value: float = 0.0


class Mirror(ApiStruct, frozen=True):
    """A further destination that gets copies."""

    destination: Destination
    percentage: Percent | None = None


class HTTPMatch(ApiStruct, frozen=True):
    """Conditions that must all be met."""

    uri: StringMatch | None = None
    scheme: StringMatch | None = None
    method: StringMatch | None = None
    authority: StringMatch | None = None
    headers: dict[str, StringMatch] = field(default_factory=dict)
    without_headers: dict[str, StringMatch] = field(default_factory=dict)
    query_params: dict[str, StringMatch] = field(default_factory=dict)
    ignore_uri_case: bool = False
    port: int = 0
    source_namespace: str = ""
    source_labels: dict[str, str] = field(default_factory=dict)
    gateways: tuple[str, ...] = ()


class RegexRewrite(ApiStruct, frozen=True):
    """What a path becomes, by pattern."""

    match: str = ""
    rewrite: str = ""


class HTTPRewrite(ApiStruct, frozen=True):
    """What path and host become before a request goes on."""

    uri: str = ""
    authority: str = ""
    uri_regex_rewrite: RegexRewrite | None = None


class HTTPRedirect(ApiStruct, frozen=True):
    """Where a client is sent instead."""

    uri: str = ""
    authority: str = ""
    scheme: str = ""
    port: int = 0
    redirect_code: int = 301


class Body(ApiStruct, frozen=True):
    """The text of an answer."""

    string: str = ""


class DirectResponse(ApiStruct, frozen=True):
    """An answer without any backend."""

    status: int
    body: Body | None = None


class HTTPRetry(ApiStruct, frozen=True):
    """How often a failed request is tried again, and after which failures."""

    attempts: int = 0
    per_try_timeout: str = ""
    retry_on: str = ""
    backoff: str = ""
    retry_ignore_previous_hosts: bool = True


class HTTPRoute(ApiStruct, frozen=True):
    """One route of a VirtualService."""

    name: str = ""
    match: tuple[HTTPMatch, ...] = ()
    route: tuple[RouteDestination, ...] = ()
    redirect: HTTPRedirect | None = None
    direct_response: DirectResponse | None = None
    rewrite: HTTPRewrite | None = None
    timeout: str = ""
    retries: HTTPRetry | None = None
    headers: Headers = Headers()
    mirror: Destination | None = None
    mirrors: tuple[Mirror, ...] = ()
    mirror_percentage: Percent | None = None
    mirror_percent: int | None = None
    mirror_percent_old: int | None = field(default=None, name="mirror_percent")
    fault: dict[str, Any] | None = None
    cors_policy: dict[str, Any] | None = None
    delegate: dict[str, Any] | None = None


class L4Match(ApiStruct, frozen=True):
    """Conditions on a connection."""

    port: int = 0
    sni_hosts: tuple[str, ...] = ()
    destination_subnets: tuple[str, ...] = ()
    source_namespace: str = ""
    source_labels: dict[str, str] = field(default_factory=dict)
    gateways: tuple[str, ...] = ()


class L4Route(ApiStruct, frozen=True):
    """One tcp or tls route of a VirtualService."""

    match: tuple[L4Match, ...] = ()
    route: tuple[RouteDestination, ...] = ()


class VirtualServiceSpec(ApiStruct, frozen=True):
    """What a VirtualService wants."""

    hosts: tuple[str, ...] = ()
    gateways: tuple[str, ...] = ()
    http: tuple[HTTPRoute, ...] = ()
    tcp: tuple[L4Route, ...] = ()
    tls: tuple[L4Route, ...] = ()


class VirtualService(ApiStruct, frozen=True):
    """A VirtualService (networking.istio.io)."""

    metadata: ObjectMeta
    spec: VirtualServiceSpec = VirtualServiceSpec()
    status: dict[str, Any] = field(default_factory=dict)


class Subset(ApiStruct, frozen=True):
    """Some pods of a Service, by labels."""

    name: str
    labels: dict[str, str] = field(default_factory=dict)


class DestinationRuleSpec(ApiStruct, frozen=True):
    """The subsets of a host."""

    host: str = ""
    subsets: tuple[Subset, ...] = ()


class DestinationRule(ApiStruct, frozen=True):
    """A DestinationRule (networking.istio.io)."""

    metadata: ObjectMeta
    spec: DestinationRuleSpec = DestinationRuleSpec()
