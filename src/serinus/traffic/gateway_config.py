"""What a Rollout says about its Gateway API routes.

The fields are those of the plugin that Argo Rollouts users have
(https://rollouts-plugin-trafficrouter-gatewayapi.readthedocs.io), so that their manifests work as they are;
``sessionAffinity`` is ours.
"""

from collections.abc import Collection, Iterator, Mapping

import msgspec

from serinus.api.kinds import Kind
from serinus.api.meta import ApiStruct, LabelSelector
from serinus.api.rollout import Rollout
from serinus.api.routing import SessionAffinity
from serinus.plan import Ref
from serinus.traffic.router import Found

PLUGIN = "argoproj-labs/gatewayAPI"
GROUP = "gateway.networking.k8s.io"


class NamedRoute(ApiStruct, frozen=True):
    """A route by name."""

    name: str
    use_header_routes: bool = False
    """Whether ``setHeaderRoute`` steps are for this route, too."""
    rule_name: str = ""
    """The one rule that is weighted; every rule with both Services when absent."""


class GatewayConfig(ApiStruct, frozen=True):
    """The configuration under ``trafficRouting.plugins``."""

    http_route: str = ""
    http_route_rule_name: str = ""
    http_routes: tuple[NamedRoute, ...] = ()
    grpc_route: str = ""
    grpc_route_rule_name: str = ""
    grpc_routes: tuple[NamedRoute, ...] = ()
    tcp_route: str = ""
    tcp_route_rule_name: str = ""
    tcp_routes: tuple[NamedRoute, ...] = ()
    tls_route: str = ""
    tls_route_rule_name: str = ""
    tls_routes: tuple[NamedRoute, ...] = ()
    namespace: str = ""
    """Where the routes are; beside the Rollout when absent."""
    http_route_selector: LabelSelector | None = None
    """Every route with these labels, besides those that are named; so for the other kinds."""
    grpc_route_selector: LabelSelector | None = None
    tcp_route_selector: LabelSelector | None = None
    tls_route_selector: LabelSelector | None = None
    disable_in_progress_label: bool = False
    in_progress_label_key: str = "rollouts.argoproj.io/gatewayapi-canary"
    in_progress_label_value: str = "in-progress"
    active_rollouts_annotation_key: str = "rollouts.argoproj.io/gatewayapi-active-rollouts"
    session_affinity: SessionAffinity | None = None

    @property
    def selectors(self) -> dict[str, LabelSelector]:
        """The selectors that are set, by kind."""
        given = {kind: getattr(self, f"{kind}_route_selector") for kind in ROUTE_KINDS}
        return {kind: selector for kind, selector in given.items() if selector is not None}

    def routes(self) -> Iterator[tuple[str, str, NamedRoute]]:
        """Each route with its kind (``http``, ``grpc``, ``tcp`` or ``tls``) and the field that names it."""
        for kind in ROUTE_KINDS:
            if name := getattr(self, f"{kind}_route"):
                rule = getattr(self, f"{kind}_route_rule_name")
                yield kind, f".{kind}Route", NamedRoute(name=name, use_header_routes=True, rule_name=rule)
            for index, route in enumerate(getattr(self, f"{kind}_routes")):
                yield kind, f".{kind}Routes[{index}].name", route


ROUTE_KINDS = ("http", "grpc", "tcp", "tls")


class Asked(msgspec.Struct, frozen=True):
    """One route that a Rollout names."""

    ref: Ref
    field: str
    """What names it, below the configuration."""
    rule_name: str = ""
    has_header_routes: bool = False

    @property
    def has_requests(self) -> bool:
        """Whether it routes requests, which have headers, and not streams of bytes."""
        return self.ref.kind.kind in {"HTTPRoute", "GRPCRoute"}

    @property
    def is_http(self) -> bool:
        """Whether it routes plain HTTP."""
        return self.ref.kind.kind == "HTTPRoute"


def config_of(rollout: Rollout) -> GatewayConfig:
    """The configuration as values; raise ``msgspec.ValidationError`` where it is none."""
    canary = rollout.spec.strategy.canary
    routing = canary.traffic_routing if canary else None
    return msgspec.convert((routing.plugins if routing else {}).get(PLUGIN) or {}, GatewayConfig)


def asked_routes(rollout: Rollout, kinds: Mapping[str, Kind], found: Found) -> list[Asked]:
    """The routes that a Rollout names or selects; none when its configuration cannot be read."""
    try:
        config = config_of(rollout)
    except msgspec.ValidationError:
        return []
    namespace = config.namespace or rollout.metadata.namespace
    named = [
        Asked(Ref(kinds[kind], namespace, route.name), field, route.rule_name, route.use_header_routes)
        for kind, field, route in config.routes()
    ]
    return [*named, *_selected(config, kinds, namespace, found, {item.ref for item in named})]


def selected_kinds(rollout: Rollout, kinds: Mapping[str, Kind]) -> list[Ref]:
    """The kinds of which a Rollout selects routes, as references to all objects of them."""
    try:
        config = config_of(rollout)
    except msgspec.ValidationError:
        return []
    return [Ref(kinds[kind], config.namespace or rollout.metadata.namespace, "") for kind in config.selectors]


def _selected(
    config: GatewayConfig, kinds: Mapping[str, Kind], namespace: str, found: Found, named: Collection[Ref]
) -> Iterator[Asked]:
    for kind, selector in config.selectors.items():
        there = [(ref, item) for ref, item in found.items() if (ref.kind, ref.namespace) == (kinds[kind], namespace)]
        for ref, item in sorted(there, key=lambda pair: pair[0].name):
            if ref not in named and not selector.is_empty and selector.matches(item.metadata.labels):
                yield Asked(ref, f".{kind}RouteSelector")
