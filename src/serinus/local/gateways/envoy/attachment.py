"""Which routes of Gateway API are attached to what, and under which names.

A route is attached to the listeners of our Gateways that allow it and share a
host name with it, or to a Service: then it holds for the HTTP requests that pods
send there.
"""

from collections.abc import Iterator

from msgspec import Struct

from serinus.local.gateways.envoy.destinations import Destinations, Name
from serinus.local.gateways.envoy.httproute import GROUP, Gateway, Listener, ParentRef, Route
from serinus.local.gateways.envoy.model import Mesh

CLASS = "serinus"
CONTROLLER = "local.serinus.dev/envoy"
PROTOCOLS = {"HTTP": ("HTTPRoute", "GRPCRoute"), "TCP": ("TCPRoute",), "TLS": ("TLSRoute",)}
"""Per protocol of a listener that is served, the kinds of routes that it takes."""

ACCEPTED = ("Accepted", "")


class Attachment(Struct, frozen=True):
    """What became of one parent of a route."""

    parent: ParentRef
    verdict: tuple[str, str] = ACCEPTED
    """Reason and message; `Accepted` stands for success."""
    service: Name | None = None
    listeners: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Per listener, as "namespace/gateway/listener", the host names that it shares with the route."""

    @property
    def hostnames(self) -> tuple[str, ...]:
        """The names under which the route is served at all."""
        return tuple(dict.fromkeys(name for _, names in self.listeners for name in names))


class Parents:
    """Finds the parents of routes in one snapshot."""

    def __init__(self, mesh: Mesh, destinations: Destinations) -> None:
        self._destinations = destinations
        self._labels = {space.metadata.name: space.metadata.labels for space in mesh.namespaces}
        self.gateways = {
            (gateway.metadata.namespace, gateway.metadata.name): gateway
            for gateway in mesh.gateways
            if is_ours(gateway, mesh)
        }

    def of(self, route: Route, kind: str) -> Iterator[Attachment]:
        """Judge the parents of a route that are ours to judge."""
        for parent in route.spec.parent_refs:
            namespace = parent.namespace or route.metadata.namespace
            if (parent.group, parent.kind) == ("", "Service"):
                yield self._to_service(parent, Name(namespace, parent.name), kind)
            elif (parent.group, parent.kind) == (GROUP, "Gateway") and (namespace, parent.name) in self.gateways:
                yield self._to_gateway(parent, self.gateways[namespace, parent.name], (route, kind))

    def _to_service(self, parent: ParentRef, name: Name, kind: str) -> Attachment:
        if kind not in PROTOCOLS["HTTP"]:
            return Attachment(parent, ("NotAllowedByListeners", "between pods only HTTP is routed"))
        if name not in self._destinations.services:
            return Attachment(parent, ("NoMatchingParent", f"there is no Service {name.namespace}/{name.name}"))
        return Attachment(parent, service=name)

    def _to_gateway(self, parent: ParentRef, gateway: Gateway, what: tuple[Route, str]) -> Attachment:
        route, kind = what
        named = [
            listener
            for listener in gateway.spec.listeners
            if parent.section_name in {"", listener.name} and parent.port in {0, listener.port}
        ]
        if not named:
            return Attachment(parent, ("NoMatchingParent", "the Gateway has no such listener"))
        open_to = [one for one in named if kind in kinds_of(one) and self._allows(one, gateway, route)]
        if not open_to:
            return Attachment(parent, ("NotAllowedByListeners", "no listener allows routes of this kind from here"))
        shared = {one.name: names for one in open_to if (names := _shared(one.hostname, route.spec.hostnames))}
        if not shared:
            return Attachment(parent, ("NoMatchingListenerHostname", "no listener shares a host name with the route"))
        path = f"{gateway.metadata.namespace}/{gateway.metadata.name}"
        return Attachment(parent, listeners=tuple((f"{path}/{name}", names) for name, names in shared.items()))

    def _allows(self, listener: Listener, gateway: Gateway, route: Route) -> bool:
        rule = listener.allowed_routes.namespaces
        match rule.from_:
            case "All":
                return True
            case "Selector":
                return rule.selector.matches(self._labels.get(route.metadata.namespace, {}))
            case _:
                return gateway.metadata.namespace == route.metadata.namespace


def is_ours(gateway: Gateway, mesh: Mesh) -> bool:
    """Whether a Gateway is of a class that we serve."""
    wanted = gateway.spec.gateway_class_name
    return any(one.metadata.name == wanted and one.spec.controller_name == CONTROLLER for one in mesh.classes)


def kinds_of(listener: Listener) -> tuple[str, ...]:
    """The kinds of routes that a listener takes; none where its protocol is not served."""
    if listener.protocol == "TLS" and listener.tls.mode != "Passthrough":
        return ()
    served = PROTOCOLS.get(listener.protocol, ())
    wanted = {kind.kind for kind in listener.allowed_routes.kinds if kind.group == GROUP}
    return tuple(kind for kind in served if kind in wanted or not listener.allowed_routes.kinds)


def _shared(listener: str, hostnames: tuple[str, ...]) -> tuple[str, ...]:
    """The names that a listener and a route have in common; `*` where neither names any."""
    if not hostnames:
        return (listener or "*",)
    both = (_narrower(listener, name) for name in hostnames)
    return tuple(dict.fromkeys(name.lower() for name in both if name))


def _narrower(one: str, other: str) -> str:
    """The more specific of two host names; empty where they have nothing in common."""
    if not one or one == other:
        return other
    if _covers(one, other):
        return other
    return one if _covers(other, one) else ""


def _covers(wide: str, narrow: str) -> bool:
    return wide.startswith("*.") and narrow.removeprefix("*").endswith(wide[1:]) and narrow != wide[2:]
