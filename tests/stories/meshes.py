"""The manifests of stories whose traffic Istio or the Gateway API splits."""

from collections.abc import Sequence
from typing import Any

from stories.manifests import CANARY, HOST, STABLE, Manifest, Step, rollout, service

ISTIO = "networking.istio.io/v1"
GATEWAY = "gateway.networking.k8s.io/v1"
VIRTUAL_SERVICE, RULE, ROUTE = "myapp-vsvc", "myapp-rule", "myapp-route"
SUBSETS = ("stable", "canary")
TO_BOTH = {"istio": {"virtualService": {"name": VIRTUAL_SERVICE, "routes": ["primary"]}}}
NAMES = {"name": RULE, "canarySubsetName": "canary", "stableSubsetName": "stable"}
TO_SUBSETS = {"istio": TO_BOTH["istio"] | {"destinationRule": NAMES}}
FRONT = {
    "apiVersion": GATEWAY,
    "kind": "Gateway",
    "metadata": {"name": "door"},
    "spec": {"gatewayClassName": "serinus", "listeners": [{"name": "http", "port": 80, "protocol": "HTTP"}]},
}


def to(host: str, share: int, subset: str = "", **more: Any) -> Manifest:
    """A destination with its weight."""
    return {"destination": {"host": host, **({"subset": subset} if subset else {})}, "weight": share, **more}


TO_STABLE, TO_CANARY = to(STABLE, 100), to(CANARY, 0)
BOTH = (TO_STABLE, TO_CANARY)


def virtual_service(*entries: Manifest, hosts: Sequence[str] = (HOST,), others: Sequence[Manifest] = ()) -> Manifest:
    """One weighted route, to both Services unless entries are given, and others behind it."""
    http = [{"name": "primary", "retries": {"attempts": 2}, "route": list(entries or BOTH)}, *others]
    spec = {"hosts": list(hosts), "http": http}
    return {"apiVersion": ISTIO, "kind": "VirtualService", "metadata": {"name": VIRTUAL_SERVICE}, "spec": spec}


def destination_rule(*others: str) -> Manifest:
    """The subsets of both versions, and others."""
    subsets = [{"name": name, "labels": {"app": "myapp"}} for name in (*SUBSETS, *others)]
    spec = {"host": "myapp", "subsets": subsets}
    return {"apiVersion": ISTIO, "kind": "DestinationRule", "metadata": {"name": RULE}, "spec": spec}


def http_route() -> Manifest:
    refs = [{"name": STABLE, "port": 80, "weight": 100}, {"name": CANARY, "port": 80, "weight": 0}]
    spec = {"parentRefs": [{"name": "door"}], "hostnames": [HOST], "rules": [{"backendRefs": refs}]}
    return {"apiVersion": GATEWAY, "kind": "HTTPRoute", "metadata": {"name": ROUTE}, "spec": spec}


def meshed(steps: Sequence[Step] = (), routing: Manifest = TO_BOTH) -> Manifest:
    """A Rollout that tells its versions apart by two Services."""
    return rollout(steps, stableService=STABLE, canaryService=CANARY, trafficRouting=routing)


def services() -> list[Manifest]:
    return [service(STABLE), service(CANARY)]


def through_istio(*steps: Step, **fields: Any) -> list[Manifest]:
    """Everything of a Rollout whose traffic a VirtualService splits between two Services."""
    return [*services(), virtual_service(), meshed(steps, {"istio": TO_BOTH["istio"] | fields})]


def through_subsets(*steps: Step) -> list[Manifest]:
    """Everything of a Rollout whose traffic is split between the subsets of one Service."""
    entries = [to("myapp", share, name) for name, share in zip(SUBSETS, (100, 0), strict=True)]
    site = virtual_service(*entries, hosts=(HOST, "myapp"))
    return [service("myapp"), destination_rule(), site, rollout(steps, trafficRouting=TO_SUBSETS)]


def through_gateway(*steps: Step, managed: Sequence[str] = (), **fields: Any) -> list[Manifest]:
    """Everything of a Rollout whose traffic an HTTPRoute splits."""
    named = {"httpRoutes": [{"name": ROUTE, "useHeaderRoutes": True}], **fields}
    routing = {"plugins": {"argoproj-labs/gatewayAPI": named}, "managedRoutes": [{"name": name} for name in managed]}
    return [*services(), FRONT, http_route(), meshed(steps, routing)]
