"""What Prometheus scrapes, and the labels under which it keeps it.

A pod is a target once for each Service that it belongs to, as it is with the
Services of any cluster. But a pod cannot tell through which Service a request
came. Where gateways send requests to some of its Services only, the requests
came through those, and the pod counts for those alone: for a canary Service
without traffic nothing is counted, although it selects the stable pods.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import NamedTuple

from msgspec import Struct

from serinus.local.gateways.addresses import SERVICE_NAME, listens
from serinus.local.gateways.objects import EndpointSlice, Found, Pod
from serinus.local.gateways.routing import Receiver

HASH = "rollouts-pod-template-hash"
WISHES = "prometheus.io"
"""Prefix of the annotations by which a pod says how it wants to be scraped."""


class Target(Struct, frozen=True):
    """Addresses with the same labels, in the words of Prometheus' file_sd."""

    targets: tuple[str, ...]
    labels: dict[str, str]


class Seen(NamedTuple):
    """A pod's port as a Service offers it; without a name as the pod itself does."""

    service: str
    port: str


def targets(found: Found, receivers: Collection[Receiver] = ()) -> list[Target]:
    """List what is to be scraped, in a fixed order.

    `receivers` are the Services that gateways send requests to.
    """
    offered = _offered(found.slices)
    pods = sorted(found.pods, key=_name)
    return [target for pod in pods for target in _of(pod, offered[_name(pod)], receivers)]


def _offered(slices: tuple[EndpointSlice, ...]) -> dict[Receiver, set[Seen]]:
    """The ports of each pod, by the Services that offer them."""
    offered: dict[Receiver, set[Seen]] = defaultdict(set)
    for piece in slices:
        service = piece.metadata.labels.get(SERVICE_NAME, "")
        ports = [str(port.port) for port in piece.ports or () if (port.protocol or "TCP") == "TCP"]
        for endpoint in piece.endpoints or ():
            if service and endpoint.target_ref is not None and endpoint.target_ref.kind == "Pod":
                pod = endpoint.target_ref.namespace or piece.metadata.namespace, endpoint.target_ref.name
                offered[pod].update(Seen(service, port) for port in ports)
    return offered


def _of(pod: Pod, offered: Collection[Seen], receivers: Collection[Receiver]) -> Iterator[Target]:
    """Write a pod's targets; none where it does not want any."""
    wishes, addresses = pod.metadata.annotations, listens(pod)
    if wishes.get(f"{WISHES}/scrape") == "false":
        return
    namespace, name = _name(pod)
    used = [seen for seen in offered if (namespace, seen.service) in receivers] or offered
    wanted = wishes.get(f"{WISHES}/port")
    for seen in sorted({Seen(seen.service, wanted or seen.port) for seen in used} or _own(addresses, wanted)):
        if address := addresses.get(seen.port):
            labels = {
                "namespace": namespace,
                "pod": name,
                "service": seen.service,
                "rollouts_pod_template_hash": pod.metadata.labels.get(HASH, ""),
                "instance": f"{name}:{seen.port}",
                "__metrics_path__": wishes.get(f"{WISHES}/path", ""),
            }
            yield Target((address,), {label: value for label, value in labels.items() if value})


def _own(addresses: Collection[str], wanted: str | None) -> set[Seen]:
    """The ports of a pod that belongs to no Service."""
    return {Seen("", port) for port in ([wanted] if wanted else addresses)}


def _name(pod: Pod) -> tuple[str, str]:
    return pod.metadata.namespace, pod.metadata.name
