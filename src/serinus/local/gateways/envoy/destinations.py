"""From host names to clusters.

A name without dots means a Service of the namespace where it is written;
`web.shop`, `web.shop.svc` and `web.shop.svc.cluster.local` mean the Service
`web` of the namespace `shop`. Whatever else it is, it is no Service.
"""

import re
from collections import defaultdict

import msgspec
from msgspec import Struct

from serinus.local.gateways.addresses import Addresses
from serinus.local.gateways.envoy.model import Cluster, Mesh
from serinus.local.gateways.envoy.virtualservice import DestinationRule, Subset
from serinus.local.gateways.objects import BackendPort, EndpointSlice, Found, Service, ServicePort

SUFFIX = ".svc.cluster.local"
SUBSET = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,61}[A-Za-z0-9])?")
NOWHERE = "_nowhere"
"""The name of a cluster that never exists."""


class Name(Struct, frozen=True):
    """A Service by namespace and name."""

    namespace: str
    name: str

    @property
    def full(self) -> str:
        """The name that is valid everywhere in the cluster."""
        return f"{self.name}.{self.namespace}{SUFFIX}"


def resolve(host: str, namespace: str) -> Name | None:
    """Say which Service a host name means; None where it has not the form of one."""
    parts = host.lower().removesuffix(SUFFIX).removesuffix(".svc").split(".")
    if "*" in host or not all(parts):
        return None
    match parts:
        case [name]:
            return Name(namespace, name)
        case [name, space]:
            return Name(space, name)
        case _:
            return None


class Destinations:
    """Finds clusters, and remembers which ones are needed."""

    def __init__(self, mesh: Mesh) -> None:
        self.services: dict[Name, Service] = {
            Name(service.metadata.namespace, service.metadata.name): service for service in mesh.found.services
        }
        self._found = mesh.found
        self._addresses: dict[tuple[tuple[str, str], ...], Addresses] = {(): Addresses(mesh.found)}
        self._rules = _rules_by_name(mesh.destination_rules)
        self._clusters: dict[str, Cluster] = {}

    @property
    def clusters(self) -> tuple[Cluster, ...]:
        """All that were asked for, by name."""
        return tuple(cluster for _, cluster in sorted(self._clusters.items()))

    def exists(self, host: str, namespace: str) -> Name | None:
        """The Service that a host name means, if there is one."""
        name = resolve(host, namespace)
        return name if name in self.services else None

    def ports(self, name: Name) -> tuple[ServicePort, ...]:
        """The TCP ports that a Service offers; none where it does not exist."""
        service = self.services.get(name)
        return tuple(port for port in (service.spec.ports or ()) if port.protocol == "TCP") if service else ()

    def cluster(self, name: Name, port: int, subset: str = "", *, http2: bool = False) -> str:
        """Name the cluster of a Service's port; NOWHERE where Service, port or subset do not exist."""
        offered = next((item for item in self.ports(name) if item.port == port), None)
        labels = self._labels(name, subset)
        if offered is None or labels is None:
            return NOWHERE
        http2 = http2 or offered.name.split("-")[0] in {"grpc", "http2"}
        key = f"{name.namespace}_{name.name}_{port}" + (f"_{subset}" if subset else "") + ("_h2" if http2 else "")
        if key not in self._clusters:
            ready = self._of(labels).of(name.namespace, name.name, BackendPort(number=port))
            self._clusters[key] = Cluster(key, ready, http2)
        return key

    def _labels(self, name: Name, subset: str) -> tuple[tuple[str, str], ...] | None:
        """The labels of a subset's pods; None where nobody defines it."""
        if not subset:
            return ()
        if not SUBSET.fullmatch(subset):
            return None
        defined = (item for rule in self._rules[name] for item in rule.spec.subsets)
        return next((_sorted(item) for item in defined if item.name == subset), None)

    def _of(self, labels: tuple[tuple[str, str], ...]) -> Addresses:
        if labels not in self._addresses:
            self._addresses[labels] = Addresses(_only(self._found, dict(labels)))
        return self._addresses[labels]


def _rules_by_name(rules: tuple[DestinationRule, ...]) -> dict[Name, list[DestinationRule]]:
    """Sort rules by their Service: those of its own namespace first, then by name."""
    found: dict[Name, list[DestinationRule]] = defaultdict(list)
    for rule in rules:
        if name := resolve(rule.spec.host, rule.metadata.namespace):
            found[name].append(rule)
    for name, several in found.items():
        several.sort(key=lambda rule: (rule.metadata.namespace != name.namespace, rule.metadata.name))
    return found


def _sorted(subset: Subset) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(subset.labels.items()))


def _only(found: Found, labels: dict[str, str]) -> Found:
    """Keep the pods with these labels; endpoints without a pod have none."""
    pods = tuple(pod for pod in found.pods if labels.items() <= pod.metadata.labels.items())
    return msgspec.structs.replace(found, pods=pods, slices=tuple(_of_pods(piece) for piece in found.slices))


def _of_pods(piece: EndpointSlice) -> EndpointSlice:
    endpoints = tuple(one for one in piece.endpoints or () if one.target_ref and one.target_ref.kind == "Pod")
    return msgspec.structs.replace(piece, endpoints=endpoints)
