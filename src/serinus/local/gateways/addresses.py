"""Which addresses answer for a Service.

Pods of the local cluster have virtual addresses that nobody dials. The kubelet
notes on each pod where its container ports are in truth, and this file
translates.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from ipaddress import ip_address

import msgspec

from serinus.local.gateways.objects import (
    BackendPort,
    Endpoint,
    EndpointPort,
    EndpointSlice,
    Found,
    Pod,
    Service,
    ServicePort,
)

LISTENS = "local.serinus.dev/listens"
"""Pod annotation: a JSON object from container port to loopback address."""

SERVICE_NAME = "kubernetes.io/service-name"
"""Label of an EndpointSlice: the Service that it belongs to."""


class Addresses:
    """Looks up the ready addresses of Services in one snapshot."""

    def __init__(self, found: Found) -> None:
        self._services = {_name(service): service for service in found.services}
        self._pods = {_name(pod): pod for pod in found.pods}
        self._slices: dict[tuple[str, str], list[EndpointSlice]] = defaultdict(list)
        for piece in found.slices:
            owner = piece.metadata.labels.get(SERVICE_NAME, "")
            self._slices[piece.metadata.namespace, owner].append(piece)

    def of(self, namespace: str, service: str, port: BackendPort) -> tuple[str, ...]:
        """Say where to send what is meant for a Service's port.

        The answer is sorted and without doubles, each as host:port. It is empty
        where the Service or the port does not exist, or nothing is ready.
        """
        offered = self._port(namespace, service, port)
        if offered is None:
            return ()
        pieces = self._slices.get((namespace, service), [])
        return tuple(sorted({address for piece in pieces for address in self._ready(piece, offered)}))

    def _port(self, namespace: str, service: str, wanted: BackendPort) -> ServicePort | None:
        """Find the port by number, target or name, in that order of the Service's list."""
        found = self._services.get((namespace, service))
        ports = (found.spec.ports or ()) if found else ()
        return next(
            (item for item in ports if str(wanted) in {str(item.port), str(item.target_port), item.name}),
            None,
        )

    def _ready(self, piece: EndpointSlice, offered: ServicePort) -> Iterator[str]:
        numbers = list(_numbers(piece.ports or (), offered))
        for endpoint in piece.endpoints or ():
            if endpoint.conditions.ready is not False:
                for number in numbers:
                    yield from self._dial(endpoint, number, piece.metadata.namespace)

    def _dial(self, endpoint: Endpoint, port: int, namespace: str) -> Iterator[str]:
        """Translate one endpoint: a pod to where it listens, anything else to itself."""
        target = endpoint.target_ref
        if target is not None and target.kind == "Pod":
            pod = self._pods.get((target.namespace or namespace, target.name))
            address = listens(pod).get(str(port)) if pod else None
            if address is not None:
                yield address
            return
        yield from (spelled for host in endpoint.addresses or () if (spelled := _spell(host, port)))


def listens(pod: Pod) -> dict[str, str]:
    """Read where a pod's container ports are in truth; nothing where the note is unreadable."""
    note = pod.metadata.annotations.get(LISTENS, "{}")
    try:
        ports = msgspec.json.decode(note, type=dict[str, str])
    except msgspec.MsgspecError:
        return {}
    return {port: address for port, text in ports.items() if (address := _parse(text))}


def _numbers(ports: Iterable[EndpointPort], offered: ServicePort) -> Iterator[int]:
    """The endpoints' port numbers that belong to a Service's port.

    They have the port's name, or any where it has none; else the port's target counts.
    """
    same = [
        port.port
        for port in ports
        if port.port and (port.protocol or "TCP") == offered.protocol and offered.name in {"", port.name}
    ]
    if same:
        yield from same
    elif isinstance(offered.target_port, int):
        yield offered.target_port


def _parse(text: str) -> str | None:
    """Check host:port; None where it is not an IP address and a port."""
    host, _, port = text.rpartition(":")
    return _spell(host.strip("[]"), int(port)) if re.fullmatch("[0-9]{1,5}", port) else None


def _spell(host: str, port: int) -> str | None:
    """Write host:port, with brackets around IPv6; None where either is invalid."""
    try:
        address = ip_address(host)
    except ValueError:
        return None
    if not 0 < port < 65536:
        return None
    return f"[{address.compressed}]:{port}" if address.version == 6 else f"{address}:{port}"


def _name(thing: Service | Pod) -> tuple[str, str]:
    return thing.metadata.namespace, thing.metadata.name
