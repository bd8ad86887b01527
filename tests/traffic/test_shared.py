"""Two Rollouts over one object of a user: each has its part, and what one writes the other leaves alone."""

from typing import Any

import pytest
from msgspec.structs import replace

from serinus.api.rollout import Rollout
from serinus.traffic.alb import Alb
from serinus.traffic.apisix import Apisix
from serinus.traffic.gateway import Gateway
from serinus.traffic.istio import Istio
from serinus.traffic.router import Router, Traffic
from traffic.cases import Manifest, Objects, apply, objects, rollout, traffic

PLUGIN = "argoproj-labs/gatewayAPI"
BOTH = ("web", "api")


def backend(name: str) -> Manifest:
    return {"service": {"name": name, "port": {"name": "use-annotation"}}}


def path(name: str) -> Manifest:
    return {"path": f"/{name}", "pathType": "Prefix", "backend": backend(name)}


def made(api_version: str, kind: str, **spec: Any) -> Manifest:
    meta = {"name": "site", "namespace": "shop", "annotations": {}}
    return {"apiVersion": api_version, "kind": kind, "metadata": meta, "spec": spec}


def istio_route(name: str) -> Manifest:
    entries = [{"destination": {"host": f"{name}{end}"}} for end in ("", "-canary")]
    return {"name": name, "match": [{"uri": {"prefix": f"/{name}"}}], "route": entries}


def gateway_rule(name: str) -> Manifest:
    return {"matches": [{"path": {"value": f"/{name}"}}], "backendRefs": [{"name": name}, {"name": f"{name}-canary"}]}


def apisix_rule(name: str) -> Manifest:
    backends = [{"serviceName": f"{name}{end}", "servicePort": 80} for end in ("", "-canary")]
    return {"name": name, "match": {"paths": [f"/{name}"]}, "backends": backends}


CASES: dict[str, tuple[Router, Any, Manifest]] = {
    "istio": (
        Istio(),
        lambda name: {"istio": {"virtualService": {"name": "site", "routes": [name]}, "sessionAffinity": {}}},
        made("networking.istio.io/v1alpha3", "VirtualService", http=[istio_route(name) for name in BOTH]),
    ),
    "alb": (
        Alb(),
        lambda name: {"alb": {"ingress": "site", "servicePort": 80, "rootService": name}},
        made("networking.k8s.io/v1", "Ingress", rules=[{"http": {"paths": [path(name) for name in BOTH]}}]),
    ),
    "gateway": (
        Gateway(),
        lambda name: {"plugins": {PLUGIN: {"httpRoute": "site", "sessionAffinity": {"cookieName": name}}}},
        made("gateway.networking.k8s.io/v1", "HTTPRoute", rules=[gateway_rule(name) for name in BOTH]),
    ),
    "apisix": (
        Apisix(),
        lambda name: {"apisix": {"route": {"name": "site", "rules": [name]}}},
        made("apisix.apache.org/v2", "ApisixRoute", http=[apisix_rule(name) for name in BOTH]),
    ),
}


def named(name: str, routing: Manifest) -> Rollout:
    """One of the two."""
    managed = {"managedRoutes": [{"name": f"{name}-testers"}, {"name": f"{name}-staff"}]}
    item = rollout(routing | managed, {"stableService": name, "canaryService": f"{name}-canary"})
    return replace(item, metadata=replace(item.metadata, name=name, uid=f"uid-of-{name}"))


def header(name: str) -> Manifest:
    return {"name": name, "match": [{"headerName": "X-Test", "headerValue": {"exact": name}}]}


def updating(item: Rollout, weight: int) -> Traffic:
    routes = [header(f"{item.name}-testers"), header(f"{item.name}-staff")]
    return traffic(item, weight=weight, header_routes=routes)


def settled(router: Router, decisions: list[Traffic], found: Objects) -> Objects:
    """The objects once nobody writes any more."""
    for _ in range(6):
        writes = 0
        for decision in decisions:
            found, count = apply(router, decision, found)
            writes += count
        if not writes:
            return found
    pytest.fail("they undo each other's work for ever")


@pytest.mark.parametrize("layer", CASES)
def test_two_updates_at_once_come_to_rest(layer: str) -> None:
    router, routing, site = CASES[layer]
    web, api = (named(name, routing(name)) for name in BOTH)
    both = settled(router, [updating(web, 20), updating(api, 70)], objects([site]))
    swapped = settled(router, [updating(api, 70), updating(web, 20)], objects([site]))
    assert set(both) == set(swapped)
    assert all(f"{name}-testers" in str(found) for name in BOTH for found in (both, swapped))


@pytest.mark.parametrize("layer", CASES)
def test_the_end_of_one_update_takes_nothing_from_the_other(layer: str) -> None:
    router, routing, site = CASES[layer]
    web, api = (named(name, routing(name)) for name in BOTH)
    found = settled(router, [updating(web, 20), updating(api, 70)], objects([site]))
    over = traffic(web, weight=0, over=True)
    found = settled(router, [over, updating(api, 70)], found)
    text = str([item.raw for item in found.values()])
    assert "api-testers" in text
    assert "web-testers" not in text
    assert "/web/canary" not in text
