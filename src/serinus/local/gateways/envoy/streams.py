"""Which connections go where, whatever is said on them.

A connection names no host. So a tcp route has a port of its own, and tls routes
share one by the name that a client says in its hello: nobody decrypts anything.
Only clients outside are served: what pods send through the mesh is HTTP.
"""

from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

from serinus.local.gateways.envoy import virtualservice as vs
from serinus.local.gateways.envoy.attachment import kinds_of
from serinus.local.gateways.envoy.destinations import Destinations, resolve
from serinus.local.gateways.envoy.httproute import Gateway, Listener
from serinus.local.gateways.envoy.istio import Reader, Where
from serinus.local.gateways.envoy.model import Entrance, Remark, Stream
from serinus.local.gateways.envoy.text import UnservableError, domain

KINDS = frozenset({"TCPRoute", "TLSRoute"})
PROTOCOLS: Mapping[str, Literal["tcp", "tls"]] = {"TCP": "tcp", "TLS": "tls"}
HTTPS_PORT = 443


class Entrances:
    """Collects claims to ports; of two claims to the same connections the first counts."""

    def __init__(self) -> None:
        self._found: dict[str, Entrance] = {}
        self.remarks: list[Remark] = []

    @property
    def found(self) -> tuple[Entrance, ...]:
        """All ports with what happens at them, in the order of their names."""
        return tuple(entrance for _, entrance in sorted(self._found.items()))

    def open(self, entrance: Entrance) -> None:
        """Claim a port, and for each of its streams the connections that nobody has yet."""
        known = self._found.setdefault(entrance.door, msgspec.structs.replace(entrance, streams=()))
        for stream in entrance.streams:
            if (fresh := self._fresh(known, stream)) is not None:
                known = msgspec.structs.replace(known, streams=(*known.streams, fresh))
        self._found[entrance.door] = known

    def lead(self, door: str, stream: Stream) -> None:
        """Say what happens at a port that is open."""
        self.open(msgspec.structs.replace(self._found[door], streams=(stream,)))

    def _fresh(self, known: Entrance, stream: Stream) -> Stream | None:
        """Keep the names that are free; None, and a remark, where none is."""
        wanted = stream.names or ("*",)
        taken = {name: other.owner for other in known.streams for name in other.names or ("*",)}
        for name in wanted:
            if taken.get(name, stream.owner) != stream.owner:
                text = f"{known.protocol} port {known.number}, {name}: the {taken[name]} is served there"
                self.remarks.append(Remark(stream.owner, text))
        free = tuple(name for name in wanted if name not in taken)
        if not free:
            return None
        return msgspec.structs.replace(stream, names=() if "*" in free else free)


def listeners_of(gateways: Mapping[tuple[str, str], Gateway]) -> Iterator[Entrance]:
    """Yield the listeners of Gateways that are ports of their own."""
    for (namespace, name), gateway in gateways.items():
        for listener in gateway.spec.listeners:
            if KINDS & set(kinds_of(listener)):
                yield _listener(f"{namespace}/{name}", listener)


def _listener(gateway: str, listener: Listener) -> Entrance:
    return Entrance(f"{gateway}/{listener.name}", PROTOCOLS[listener.protocol], listener.port)


def entrances_of(service: vs.VirtualService, destinations: Destinations) -> Iterator[Entrance]:
    """Yield a VirtualService's tls and tcp routes; raises UnservableError at the first bad field."""
    reader = _Streams(service, destinations)
    for number, route in enumerate(service.spec.tls):
        yield from reader.tls(route, f"spec.tls[{number}]")
    for number, route in enumerate(service.spec.tcp):
        yield from reader.tcp(route, f"spec.tcp[{number}]")


class _Streams:
    """Reads the streams of one VirtualService."""

    def __init__(self, service: vs.VirtualService, destinations: Destinations) -> None:
        self._service = service
        self._destinations = destinations
        self._path = f"{service.metadata.namespace}.{service.metadata.name}"

    def tls(self, route: vs.L4Route, at: str) -> Iterator[Entrance]:
        """Yield a port that is shared with others, once per match."""
        if not route.match:
            raise UnservableError(f"{at}.match: say for which sniHosts it is")
        for number, match in enumerate(route.match):
            names = tuple(domain(name, f"{at}.match[{number}].sniHosts") for name in match.sni_hosts)
            if not names:
                raise UnservableError(f"{at}.match[{number}].sniHosts: name at least one")
            port = match.port or HTTPS_PORT
            stream = self._stream(route, port, at, () if "*" in names else names)
            if self._concerns(match, at):
                yield Entrance(f"tls-{port}", "tls", port, (stream,))

    def tcp(self, route: vs.L4Route, at: str) -> Iterator[Entrance]:
        """Yield a port that is the VirtualService's own, once per match."""
        for match in route.match or (vs.L4Match(),):
            port = match.port or self._only_port(route)
            if not port:
                raise UnservableError(f"{at}.match: say which port; the destination has not just one")
            stream = self._stream(route, port, at)
            if self._concerns(match, at):
                yield Entrance(f"tcp-{port}-{self._path}", "tcp", port, (stream,))

    def _stream(self, route: vs.L4Route, port: int, at: str, names: tuple[str, ...] = ()) -> Stream:
        reader = Reader(self._service, Where(port=port), self._destinations)
        return Stream(reader.owner, tuple(reader.shares(route.route, at)), names)

    def _concerns(self, match: vs.L4Match, at: str) -> bool:
        """Whether clients outside are meant."""
        if match.source_labels or match.destination_subnets:
            raise UnservableError(f"{at}.match: neither sourceLabels nor destinationSubnets are served")
        where = Where()
        return where.served_by(match.gateways) and where.served_by(self._service.spec.gateways)

    def _only_port(self, route: vs.L4Route) -> int:
        """The port of the first destination; 0 where it has several, or none."""
        if not route.route:
            return 0
        first = route.route[0].destination
        if first.port is not None:
            return first.port.number
        name = resolve(first.host, self._service.metadata.namespace)
        ports = self._destinations.ports(name) if name else ()
        return ports[0].port if len(ports) == 1 else 0
