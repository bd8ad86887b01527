"""From the whole snapshot to the whole routing: who answers under which name.

Of several VirtualServices for a host the oldest is tried first; routes of
Gateway API come before them, in the order of their specification. A Service that
no VirtualService and no route names is served directly to pods. What pods ask
for and nobody inside serves goes the way that requests from outside go.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime

import msgspec

from serinus.local.gateways.envoy import istio
from serinus.local.gateways.envoy.attachment import ACCEPTED, Attachment, Parents
from serinus.local.gateways.envoy.destinations import Destinations, Name, resolve
from serinus.local.gateways.envoy.gatewayapi import Grants, Rank, Rules
from serinus.local.gateways.envoy.httproute import Route as GatewayRoute
from serinus.local.gateways.envoy.istio import Where
from serinus.local.gateways.envoy.model import Forward, Host, Match, Mesh, Remark, Report, Route, Routing, Share, Stream
from serinus.local.gateways.envoy.streams import KINDS, Entrances, entrances_of, listeners_of
from serinus.local.gateways.envoy.text import UnservableError, domain
from serinus.local.gateways.envoy.virtualservice import VirtualService

BEGINNING = datetime.min.replace(tzinfo=UTC)
Ranked = list[tuple[Rank, Route]]


def route(mesh: Mesh, namespaces: Collection[str] = (), banned: Mapping[str, str] | None = None) -> Routing:
    """Say what all objects together ask for.

    `namespaces` are those whose pods opted in. `banned` maps an object
    ("Kind namespace/name") to the reason why it is left out although it looks
    right: Envoy itself refused what it says.
    """
    table = _Table(mesh, banned or {})
    table.attach("HTTPRoute", mesh.http_routes)
    table.attach("GRPCRoute", mesh.grpc_routes)
    table.attach("TCPRoute", mesh.tcp_routes)
    table.attach("TLSRoute", mesh.tls_routes)
    outside = tuple(table.outside())
    inside = tuple((namespace, tuple(table.inside(namespace, outside))) for namespace in sorted(namespaces))
    return table.routing(outside, inside)


class _Table:
    """Collects claims to names; filled once per snapshot."""

    def __init__(self, mesh: Mesh, banned: Mapping[str, str]) -> None:
        self._banned = banned
        self._destinations = Destinations(mesh)
        self._parents = Parents(mesh, self._destinations)
        self._grants = Grants(mesh.grants)
        self._remarks: list[Remark] = []
        self._left_out: dict[str, Remark] = {}
        self._reports: list[Report] = []
        self._attached: dict[str, int] = defaultdict(int)
        self._by_host: dict[str, Ranked] = defaultdict(list)
        self._by_service: dict[Name, Ranked] = defaultdict(list)
        self._virtual = [item for item in sorted(mesh.virtual_services, key=_age) if self._is_sound(item)]
        self._entrances = Entrances()
        for entrance in listeners_of(self._parents.gateways):
            self._entrances.open(entrance)
        for service in self._virtual:
            for entrance in entrances_of(service, self._destinations):
                self._entrances.open(entrance)

    def attach(self, kind: str, routes: Iterable[GatewayRoute]) -> None:
        """Read routes of Gateway API and put them where their parents are."""
        for one in sorted(routes, key=_age):
            parents = list(self._parents.of(one, kind))
            if not parents:
                continue
            key = f"{kind} {_path(one)}"
            rules = Rules(one, kind, self._destinations, self._grants)
            try:
                self._refuse_banned(key)
                if kind in KINDS:
                    self._lead(parents, Stream(key, rules.shares()))
                else:
                    self._place(parents, list(rules.read()))
            except UnservableError as refusal:
                self._left_out[key] = Remark(key, str(refusal))
                parents = [Attachment(each.parent, ("UnsupportedValue", str(refusal))) for each in parents]
            self._reports += [_report(kind, one, parent, rules.resolved) for parent in parents]

    def _place(self, attachments: Iterable[Attachment], ranked: Ranked) -> None:
        """Put the routes of requests where they are found."""
        for attachment in attachments:
            if attachment.service is not None:
                self._by_service[attachment.service] += ranked
            for host in attachment.hostnames:
                self._by_host[host] += ranked
            self._count(attachment)

    def _lead(self, attachments: Iterable[Attachment], stream: Stream) -> None:
        """Lead the connections of listeners."""
        for attachment in attachments:
            for listener, names in attachment.listeners:
                wanted = () if "*" in names else names
                self._entrances.lead(listener, msgspec.structs.replace(stream, names=wanted))
            self._count(attachment)

    def _count(self, attachment: Attachment) -> None:
        for listener, _ in attachment.listeners:
            self._attached[listener] += 1

    def outside(self) -> Iterator[Host]:
        """All names for clients that are no pods."""
        found: dict[str, list[Route]] = defaultdict(list)
        for host, ranked in self._by_host.items():
            found[host] += _in_order(ranked)
        where = Where()
        for service in self._virtual:
            if where.served_by(service.spec.gateways):
                routes = tuple(istio.routes_of(service, where, self._destinations))
                for host in dict.fromkeys(name for spoken in service.spec.hosts for name in _names(spoken, service)):
                    found[host] += routes
        for host, several in sorted(found.items()):
            yield Host((host,), tuple(dict.fromkeys(several)))

    def inside(self, namespace: str, outside: tuple[Host, ...]) -> Iterator[Host]:
        """All names for the pods of a namespace; none stands twice."""
        taken: set[str] = set()
        for host in (*self._services(namespace), *self._others(namespace), *self._from_outside(outside)):
            fresh = tuple(name for name in dict.fromkeys(host.domains) if name not in taken)
            taken.update(fresh)
            if fresh:
                yield Host(fresh, host.routes)

    def _services(self, namespace: str) -> Iterator[Host]:
        for name in sorted(self._destinations.services, key=lambda name: (name.namespace, name.name)):
            for port in self._destinations.ports(name):
                where = Where(namespace, port.port)
                yield Host(_domains(name, where), tuple(self._to_service(name, where)))

    def _to_service(self, name: Name, where: Where) -> Iterator[Route]:
        """The routes that hold for what pods send to a Service, or the direct way."""
        claimed = False
        if name in self._by_service:
            claimed = True
            yield from _in_order(self._by_service[name])
        for service in self._meshed(where):
            if any(resolve(host, service.metadata.namespace) == name for host in service.spec.hosts):
                claimed = claimed or bool(service.spec.http)
                yield from istio.routes_of(service, where, self._destinations)
        if not claimed:
            share = Share(self._destinations.cluster(name, where.port))
            yield Route(f"Service {name.namespace}/{name.name}", Match(), Forward(shares=(share,)))

    def _others(self, namespace: str) -> Iterator[Host]:
        """Names in VirtualServices behind which there is no Service."""
        where = Where(namespace)
        found: dict[str, list[Route]] = defaultdict(list)
        for service in self._meshed(where):
            for host in service.spec.hosts:
                if self._destinations.exists(host, service.metadata.namespace) is None:
                    found[host.lower()] += istio.routes_of(service, where, self._destinations)
        for host, routes in sorted(found.items()):
            yield Host(_any_port(host), tuple(routes))

    def _from_outside(self, outside: tuple[Host, ...]) -> Iterator[Host]:
        """The gateway's names for pods; those of Services mean the Services themselves here."""
        for host in outside:
            (name,) = host.domains
            if name == "*" or ("." in name and self._destinations.exists(name, "") is None):
                yield Host(_any_port(name), host.routes)

    def _meshed(self, where: Where) -> list[VirtualService]:
        return [service for service in self._virtual if where.served_by(service.spec.gateways)]

    def _is_sound(self, service: VirtualService) -> bool:
        """Check a VirtualService once; one that cannot be served is noted."""
        key = f"VirtualService {_path(service)}"
        try:
            self._refuse_banned(key)
            for host in service.spec.hosts:
                domain(host, "spec.hosts")
            for where in (Where(), Where(service.metadata.namespace)):
                list(istio.routes_of(service, where, self._destinations))
            list(entrances_of(service, self._destinations))
        except UnservableError as refusal:
            self._left_out[key] = Remark(key, str(refusal))
            return False
        self._remarks += [Remark(key, text) for text in istio.remarks_of(service)]
        return True

    def _refuse_banned(self, key: str) -> None:
        if key in self._banned:
            raise UnservableError(self._banned[key])

    def routing(self, outside: tuple[Host, ...], inside: tuple[tuple[str, tuple[Host, ...]], ...]) -> Routing:
        """Close the table."""
        return Routing(
            outside=outside,
            inside=inside,
            entrances=self._entrances.found,
            clusters=self._destinations.clusters,
            left_out=tuple(remark for _, remark in sorted(self._left_out.items())),
            remarks=(*self._remarks, *self._entrances.remarks),
            reports=tuple(self._reports),
            attached=tuple(sorted(self._attached.items())),
        )


def _in_order(ranked: Ranked) -> Iterator[Route]:
    return (route for _, route in sorted(ranked, key=lambda pair: pair[0]))


def _domains(name: Name, where: Where) -> tuple[str, ...]:
    """All that a pod may call a Service's port."""
    short = (name.name,) if name.namespace == where.namespace else ()
    names = (*short, f"{name.name}.{name.namespace}", f"{name.name}.{name.namespace}.svc", name.full)
    ported = tuple(f"{each}:{where.port}" for each in names)
    return (*names, *ported) if where.port == istio.HTTP_PORT else ported


def _names(host: str, service: VirtualService) -> tuple[str, ...]:
    """A VirtualService's host as clients from outside may say it."""
    name = resolve(host, service.metadata.namespace)
    return (host.lower(),) if name is None or "." in host else (host.lower(), name.full)


def _any_port(host: str) -> tuple[str, ...]:
    """A name with whatever port a client adds; a wildcard can only have the usual one."""
    if host == "*":
        return ("*",)
    return (host, f"{host}:{istio.HTTP_PORT}" if "*" in host else f"{host}:*")


def _report(kind: str, one: GatewayRoute, attachment: Attachment, resolved: tuple[str, str]) -> Report:
    meta, parent = one.metadata, attachment.parent
    spoken: dict[str, str | int] = {
        "group": parent.group,
        "kind": parent.kind,
        "name": parent.name,
        "namespace": parent.namespace,
        "sectionName": parent.section_name,
        "port": parent.port,
    }
    return Report(
        kind=kind,
        namespace=meta.namespace,
        name=meta.name,
        generation=meta.generation,
        parent={key: value for key, value in spoken.items() if value or key == "group"},
        accepted=attachment.verdict if attachment.verdict != ACCEPTED else ("Accepted", "served by Envoy"),
        resolved=resolved,
    )


def _path(one: VirtualService | GatewayRoute) -> str:
    return f"{one.metadata.namespace}/{one.metadata.name}"


def _age(one: VirtualService | GatewayRoute) -> tuple[datetime, str]:
    return one.metadata.creation_timestamp or BEGINNING, _path(one)
