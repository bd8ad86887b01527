"""What keeps a layer from splitting traffic: every case with its message."""

from typing import Any

import pytest

from serinus.traffic.alb import Alb
from serinus.traffic.ambassador import Ambassador
from serinus.traffic.apisix import Apisix
from serinus.traffic.appmesh import AppMesh
from serinus.traffic.gateway import Gateway
from serinus.traffic.router import Router
from serinus.traffic.smi import Smi
from serinus.traffic.traefik import Traefik
from traffic.cases import objects, rollout

THEIRS = [{"apiVersion": "v1", "kind": "Pod", "name": "other", "uid": "other", "controller": True}]
BACKENDS = [{"name": "web", "port": 80}, {"name": "web-canary", "port": 80}]


def made(api_version: str, kind: str, name: str, spec: dict[str, Any] | None = None, **metadata: Any) -> dict[str, Any]:
    head = {"name": name, "namespace": "shop"} | metadata
    return {"apiVersion": api_version, "kind": kind, "metadata": head, "spec": spec or {}}


def http_route(rules: list[dict[str, Any]] | None = None, name: str = "site", **metadata: Any) -> dict[str, Any]:
    spec = {"rules": [{"backendRefs": BACKENDS}] if rules is None else rules}
    return made("gateway.networking.k8s.io/v1", "HTTPRoute", name, spec, **metadata)


def gateway(**config: Any) -> dict[str, Any]:
    return {"plugins": {"argoproj-labs/gatewayAPI": config}}


def ingress(service: str) -> dict[str, Any]:
    paths = [{"path": "/*", "backend": {"service": {"name": service, "port": {"name": "use-annotation"}}}}]
    return made("networking.k8s.io/v1", "Ingress", "edge", {"rules": [{"http": {"paths": paths}}]})


def traefik_service(*names: str) -> dict[str, Any]:
    services = [{"name": name, "weight": 1} for name in names]
    return made("traefik.io/v1alpha1", "TraefikService", "split", {"weighted": {"services": services}})


def apisix_route(*services: str, name: str = "site", **metadata: Any) -> dict[str, Any]:
    rule = {"name": "site", "backends": [{"serviceName": service} for service in services]}
    return made("apisix.apache.org/v2", "ApisixRoute", name, {"http": [rule]}, **metadata)


def header(**value: str) -> dict[str, Any]:
    return {"setHeaderRoute": {"name": "testers", "match": [{"headerName": "x", "headerValue": value}]}}


def mirror(**match: Any) -> dict[str, Any]:
    return {"setMirrorRoute": {"name": "shadow", "match": [match]}}


MANAGED = {"managedRoutes": [{"name": "testers"}, {"name": "shadow"}]}
MESH = {
    "appMesh": {
        "virtualService": {"name": "web"},
        "virtualNodeGroup": {"canaryVirtualNodeRef": {"name": "c"}, "stableVirtualNodeRef": {"name": "s"}},
    }
}
MESH_API = "appmesh.k8s.aws/v1beta2"
TO_ROUTER = {"provider": {"virtualRouter": {"virtualRouterRef": {"name": "router"}}}}
TARGETS = [{"virtualNodeRef": {"name": "c"}, "weight": 0}, {"virtualNodeRef": {"name": "s"}, "weight": 100}]
ROUTES = {"routes": [{"name": "all", "httpRoute": {"action": {"weightedTargets": TARGETS}}}]}
IN_MESH = [made(MESH_API, "VirtualService", "web", TO_ROUTER), made(MESH_API, "VirtualRouter", "router", ROUTES)]
ALB = {"alb": {"ingress": "edge", "servicePort": 80}}
APISIX = {"apisix": {"route": {"name": "site"}}}
TRAEFIK = {"traefik": {"weightedTraefikServiceName": "split"}}

PROBLEMS: list[tuple[Router, dict[str, Any], list[dict[str, Any]], str]] = [
    (Gateway(), gateway(httpRoute=7), [], "Expected `str`, got `int` - at `$.httpRoute`"),
    (Gateway(), gateway(), [], "name at least one route in httpRoutes, grpcRoutes, tcpRoutes or tlsRoutes"),
    (
        Gateway(),
        gateway(httpRoute="site"),
        [],
        '.httpRoute: Invalid value: "site": httproutes.gateway.networking.k8s.io "site" not found in namespace shop',
    ),
    (
        Gateway(),
        gateway(httpRoutes=[{"name": "site"}, {"name": "site", "ruleName": "b"}]),
        [http_route()],
        '.httpRoutes[0].name: Invalid value: "site": is named twice: without ruleName, all its rules are weighted',
    ),
    (
        Gateway(),
        gateway(httpRoute="site"),
        [http_route([{"backendRefs": BACKENDS[:1]}])],
        '.httpRoute: Invalid value: "site": HTTPRoute `site` has no rule with backends web-canary and web',
    ),
    (
        Gateway(),
        gateway(httpRoute="site", httpRouteRuleName="other"),
        [http_route([{"name": "main", "backendRefs": BACKENDS}])],
        (
            '.httpRoute: Invalid value: "site": '
            "HTTPRoute `site` has no rule named `other` with backends web-canary and web"
        ),
    ),
    (
        Gateway(),
        gateway(httpRoute="site"),
        [http_route(), http_route(name="site-web-managed", ownerReferences=THEIRS)],
        '.httpRoute: Invalid value: "site": HTTPRoute `site-web-managed` controlled by different object',
    ),
    (
        Gateway(),
        gateway(httpRoutes=[{"name": "site"}]) | MANAGED | {"steps": [header(exact="y")]},
        [http_route()],
        ".httpRoutes: Invalid value: setHeaderRoute needs a route with useHeaderRoutes: true",
    ),
    (
        Gateway(),
        gateway(httpRoute="site") | MANAGED | {"steps": [mirror(path={"prefix": "/"})]},
        [http_route()],
        (
            ".httpRoutes: Invalid value: mirror route shadow asks for what weighted rules take themselves, "
            "or for what they never get: match a longer path, a method or a header"
        ),
    ),
    (
        Gateway(),
        gateway(httpRoute="site") | MANAGED | {"steps": [mirror(method={"regex": "G.*"})]},
        [http_route()],
        ".httpRoutes: Invalid value: mirror route shadow: a method is matched by exact only",
    ),
    (
        Gateway(),
        gateway(httpRoute="site", namespace="edge") | MANAGED | {"steps": [header(exact="y")]},
        [http_route(namespace="edge")],
        (
            ".namespace: Invalid value: header and mirror routes stand in a route that the Rollout owns, "
            "which must be in its own namespace"
        ),
    ),
    (
        Gateway(),
        gateway(httpRoute="site", sessionAffinity={"cookieName": "a b"}),
        [http_route()],
        '.sessionAffinity.cookieName: Invalid value: "a b": use letters, digits, - and _ only',
    ),
    (
        Gateway(),
        gateway(httpRoute="site", sessionAffinity={"maxAge": 0}),
        [http_route()],
        ".sessionAffinity.maxAge: Invalid value: 0: must be greater than 0 seconds",
    ),
    (Alb(), ALB, [], '.ingress: Invalid value: "edge": ingresses.networking.k8s.io "edge" not found'),
    (
        Alb(),
        ALB,
        [ingress("other")],
        '.ingress: Invalid value: "edge": ingress `edge` has no rules using service web backend',
    ),
    (
        Alb(),
        {"alb": {"ingress": "edge", "ingresses": ["edge"], "servicePort": 80}},
        [ingress("web")],
        '.ingress: Invalid value: "edge": set exactly one of ingress and ingresses',
    ),
    (
        Alb(),
        {"alb": ALB["alb"] | {"stickinessConfig": {"enabled": True, "durationSeconds": 604801}}},
        [ingress("web")],
        ".stickinessConfig.durationSeconds: Invalid value: 604801: must be from 1 to 604800 seconds (7 days)",
    ),
    (
        Alb(),
        ALB | MANAGED | {"steps": [header(prefix="y")]},
        [ingress("web")],
        "header route testers: an ALB compares headers by exact only",
    ),
    (
        Alb(),
        ALB | {"managedRoutes": [{"name": "web"}]},
        [ingress("web")],
        '.rootService: Invalid value: "web": a managed route has the same name, and both would be one action',
    ),
    (
        Smi(),
        {"smi": {}},
        [made("split.smi-spec.io/v1alpha1", "TrafficSplit", "web")],
        '.trafficSplitName: Invalid value: "web": Rollout does not own TrafficSplit `web`',
    ),
    (
        Traefik(),
        TRAEFIK,
        [],
        '.weightedTraefikServiceName: Invalid value: "split": traefikservices.traefik.io "split" not found',
    ),
    (
        Traefik(),
        TRAEFIK,
        [traefik_service("web")],
        (
            '.weightedTraefikServiceName: Invalid value: "split": '
            "traefik canary service was not found: spec.weighted.services has no web-canary"
        ),
    ),
    (Ambassador(), {"ambassador": {"mappings": []}}, [], ".mappings: Required value: name at least one Mapping"),
    (
        Ambassador(),
        {"ambassador": {"mappings": ["site"]}},
        [],
        '.mappings[0]: Invalid value: "site": mappings.getambassador.io "site" not found',
    ),
    (
        Ambassador(),
        {"ambassador": {"mappings": ["site"]}},
        [
            made("getambassador.io/v2", "Mapping", "site"),
            made("getambassador.io/v2", "Mapping", "site-canary", ownerReferences=THEIRS),
        ],
        '.mappings[0]: Invalid value: "site": Mapping `site-canary` controlled by different object',
    ),
    (
        Apisix(),
        APISIX,
        [],
        '.route.name: Invalid value: "site": apisixroutes.apisix.apache.org "site" not found',
    ),
    (
        Apisix(),
        APISIX,
        [apisix_route("web")],
        '.route.rules: Invalid value: "site": apisix route web-canary backend was not found',
    ),
    (
        Apisix(),
        APISIX | MANAGED,
        [apisix_route("web", "web-canary"), apisix_route(name="testers")],
        '.route.name: Invalid value: "site": duplicate ApisixRoute [testers] already exists',
    ),
    (
        AppMesh(),
        MESH,
        [],
        '.virtualService.name: Invalid value: "web": virtualservices.appmesh.k8s.aws "web" not found',
    ),
    (
        AppMesh(),
        MESH,
        [made(MESH_API, "VirtualService", "web")],
        '.virtualService.name: Invalid value: "web": Virtual-service is not associated with virtual-router',
    ),
    (
        AppMesh(),
        MESH,
        IN_MESH[:1],
        (
            '.virtualService.name: Invalid value: "web": '
            'virtualrouters.appmesh.k8s.aws "router" not found in namespace shop'
        ),
    ),
    (
        AppMesh(),
        MESH,
        IN_MESH,
        '.virtualNodeGroup.canaryVirtualNodeRef.name: Invalid value: "c": virtualnodes.appmesh.k8s.aws "c" not found',
    ),
    (
        AppMesh(),
        MESH,
        [
            *IN_MESH,
            made(MESH_API, "VirtualNode", "c", annotations={"argo-rollouts.argoproj.io/managed-by-rollouts": "api"}),
            made(MESH_API, "VirtualNode", "s"),
        ],
        (
            '.virtualNodeGroup.canaryVirtualNodeRef.name: Invalid value: "c": '
            "VirtualNode `c` is managed by another Rollout"
        ),
    ),
]


@pytest.mark.parametrize(("router", "routing", "given", "text"), PROBLEMS, ids=range(len(PROBLEMS)))
def test_it_is_said(router: Router, routing: dict[str, Any], given: list[dict[str, Any]], text: str) -> None:
    steps = routing.get("steps", [])
    item = rollout({key: value for key, value in routing.items() if key != "steps"}, {"steps": steps})
    assert router.problem(item, objects(given)) == text


def test_each_layer_is_content_with_what_it_needs() -> None:
    nodes = [made(MESH_API, "VirtualNode", "c"), made(MESH_API, "VirtualNode", "s")]
    for router, routing, given in (
        (Gateway(), gateway(httpRoute="site", sessionAffinity={}), [http_route()]),
        (Alb(), ALB, [ingress("web")]),
        (Smi(), {"smi": {}}, []),
        (Traefik(), TRAEFIK, [traefik_service("web", "web-canary")]),
        (Apisix(), APISIX | MANAGED, [apisix_route("web", "web-canary")]),
        (AppMesh(), MESH, [*IN_MESH, *nodes]),
    ):
        assert router.problem(rollout(routing), objects(given)) == ""
