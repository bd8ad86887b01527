"""The objects of one Rollout behind one of the doors."""

from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.lossless.script import Cast
from serinus.api.keys import INGRESS_CLASS
from serinus.api.kinds import INGRESS, ROLLOUT, SERVICE, Kind

NAMESPACE = "lossless"
ISTIO = "networking.istio.io/v1"
GATEWAY_API = "gateway.networking.k8s.io/v1"
VIRTUAL_SERVICE = Kind(ISTIO, "VirtualService", "virtualservices")
DESTINATION_RULE = Kind(ISTIO, "DestinationRule", "destinationrules")
GATEWAY = Kind(GATEWAY_API, "Gateway", "gateways")
HTTP_ROUTE = Kind(GATEWAY_API, "HTTPRoute", "httproutes")

START_SECONDS = 2.0
"""A pod listens so many seconds after its start at the latest, at random."""
DRAIN_MS = 3000
"""A pod answers so long after it was told to end: longer than the word takes to the gateways."""
GRACE_SECONDS = 5

Manifest = dict[str, Any]


def image(name: str, version: int) -> str:
    """The image of a version; it tells whose it is."""
    return f"lossless:{name}-{version}"


def template(name: str, image: str) -> Manifest:
    """The pods of a version."""
    env = {"START_SECONDS": str(START_SECONDS), "DRAIN_MS": str(DRAIN_MS)}
    container = {
        "name": "app",
        "image": image,
        "ports": [{"containerPort": 80}],
        "env": [{"name": key, "value": value} for key, value in env.items()],
        "readinessProbe": {"httpGet": {"path": "/healthz", "port": 80}, "periodSeconds": 1, "timeoutSeconds": 5},
    }
    spec = {"terminationGracePeriodSeconds": GRACE_SECONDS, "containers": [container]}
    return {"metadata": {"labels": {"app": name}}, "spec": spec}


def gateway() -> tuple[str, Manifest]:
    """Where to post the Gateway that all HTTPRoutes name, and the Gateway."""
    listeners = [{"name": "http", "port": 80, "protocol": "HTTP"}]
    return _object(GATEWAY, "door", {"gatewayClassName": "serinus", "listeners": listeners})


def objects(member: Cast) -> Iterator[tuple[str, Manifest]]:
    """Where to post each object of a Rollout, and the object."""
    ports = [{"port": 80, "targetPort": 80}]
    for role in ("stable", "canary"):
        yield _object(SERVICE, f"{member.name}-{role}", {"selector": {"app": member.name}, "ports": ports})
    yield from DOORS[member.door](member)
    yield _object(ROLLOUT, member.name, _rollout(member))


def _object(kind: Kind, name: str, spec: Manifest) -> tuple[str, Manifest]:
    manifest = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {"name": name}, "spec": spec}
    return kind.path(NAMESPACE), manifest


def _rollout(member: Cast) -> Manifest:
    canary = {
        "stableService": f"{member.name}-stable",
        "canaryService": f"{member.name}-canary",
        "trafficRouting": ROUTING[member.door](member.name),
        "scaleDownDelaySeconds": 1,
        "abortScaleDownDelaySeconds": 1,
        "dynamicStableScale": member.dynamic,
        "steps": list(member.steps),
    }
    if member.dynamic:
        del canary["scaleDownDelaySeconds"]  # the two exclude each other
    return {
        "replicas": member.replicas,
        "revisionHistoryLimit": 3,
        "selector": {"matchLabels": {"app": member.name}},
        "template": template(member.name, image(member.name, 0)),
        "strategy": {"canary": canary},
    }


def _ingress(member: Cast) -> Iterator[tuple[str, Manifest]]:
    backend = {"service": {"name": f"{member.name}-stable", "port": {"number": 80}}}
    rule = {"host": member.host, "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
    path, manifest = _object(INGRESS, member.name, {"rules": [rule]})
    manifest["metadata"]["annotations"] = {INGRESS_CLASS: "nginx"}
    yield path, manifest


def _hosts(member: Cast) -> Iterator[tuple[str, Manifest]]:
    route = [
        {"destination": {"host": f"{member.name}-{role}"}, "weight": weight}
        for role, weight in (("stable", 100), ("canary", 0))
    ]
    yield _virtual_service(member, route)


def _subsets(member: Cast) -> Iterator[tuple[str, Manifest]]:
    yield _object(SERVICE, member.name, {"selector": {"app": member.name}, "ports": [{"port": 80, "targetPort": 80}]})
    subsets = [{"name": role, "labels": {"app": member.name}} for role in ("stable", "canary")]
    yield _object(DESTINATION_RULE, member.name, {"host": member.name, "subsets": subsets})
    route = [
        {"destination": {"host": member.name, "subset": role}, "weight": weight}
        for role, weight in (("stable", 100), ("canary", 0))
    ]
    yield _virtual_service(member, route)


def _virtual_service(member: Cast, route: list[Manifest]) -> tuple[str, Manifest]:
    return _object(VIRTUAL_SERVICE, member.name, {"hosts": [member.host], "http": [{"name": "main", "route": route}]})


def _http_route(member: Cast) -> Iterator[tuple[str, Manifest]]:
    refs = [
        {"name": f"{member.name}-{role}", "port": 80, "weight": weight}
        for role, weight in (("stable", 100), ("canary", 0))
    ]
    rules = [{"backendRefs": refs}]
    spec = {"parentRefs": [{"name": "door"}], "hostnames": [member.host], "rules": rules}
    yield _object(HTTP_ROUTE, member.name, spec)


def _istio(name: str) -> Manifest:
    return {"istio": {"virtualService": {"name": name, "routes": ["main"]}}}


def _istio_subsets(name: str) -> Manifest:
    rule = {"name": name, "canarySubsetName": "canary", "stableSubsetName": "stable"}
    return {"istio": {**_istio(name)["istio"], "destinationRule": rule}}


DOORS: dict[str, Callable[[Cast], Iterator[tuple[str, Manifest]]]] = {
    "nginx": _ingress,
    "istio": _hosts,
    "subsets": _subsets,
    "gateway": _http_route,
}
"""What leads to a Rollout besides its two Services."""
ROUTING: dict[str, Callable[[str], Manifest]] = {
    "nginx": lambda name: {"nginx": {"stableIngress": name}},
    "istio": _istio,
    "subsets": _istio_subsets,
    "gateway": lambda name: {"plugins": {"argoproj-labs/gatewayAPI": {"httpRoute": name, "namespace": NAMESPACE}}},
}
GATEWAYS = {"nginx": "nginx", "istio": "envoy", "subsets": "envoy", "gateway": "envoy"}
"""Which program serves a door."""
