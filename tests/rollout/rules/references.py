"""Rules about what a Rollout names: Services, its workload, and the objects of traffic layers."""

from typing import Any

import msgspec

from rollout.scenes import NAMESPACE, foreign, hash_of, rollout, service
from serinus.api import keys
from serinus.api.workload import Service
from serinus.plan import Created, Refused, Seen
from stories import manifests
from stories.manifests import CANARY, CANARY_INGRESS, INGRESS, STABLE, V1, routed, weight
from traffic.cases import objects

Manifest = dict[str, Any]

SERVICES = {name: service(name) for name in (STABLE, CANARY, "ping", "pong")}
PATH = "spec.strategy.canary"
ROUTING = f"{PATH}.trafficRouting"

ISTIO = {"istio": {"virtualService": {"name": "site", "routes": ["primary"]}}}
ALB = {"alb": {"ingress": INGRESS, "servicePort": 80}}
NGINX = {"nginx": {"stableIngress": INGRESS}}
AMBASSADOR = {"ambassador": {"mappings": ["site"]}}
MESH_API = "appmesh.k8s.aws/v1beta2"
MESH = {
    "appMesh": {
        "virtualService": {"name": "web"},
        "virtualNodeGroup": {"canaryVirtualNodeRef": {"name": "c"}, "stableVirtualNodeRef": {"name": "s"}},
    }
}


def named(**services: Service | None) -> Seen:
    """A routed Rollout whose Services are others; None for one that is not there."""
    changed = SERVICES | {{"stable": STABLE, "canary": CANARY}.get(name, name): item for name, item in services.items()}
    found = {name: item for name, item in changed.items() if item is not None}
    return Seen(rollout(routed((weight(10),))), services=found)


def strategy(**fields: Any) -> Seen:
    """A Rollout of another strategy, whose Services are not all there."""
    manifest = manifests.rollout()
    manifest["spec"]["strategy"] = fields
    return Seen(rollout(manifest), services=SERVICES)


def selecting(**labels: str) -> Service:
    manifest = manifests.service(STABLE)
    manifest["spec"]["selector"] = labels
    return msgspec.convert(manifest, Service)


def through(routing: Manifest, *found: Manifest) -> Seen:
    """A Rollout whose traffic layer has these objects."""
    item = rollout(routed((weight(10),), trafficRouting=routing))
    return Seen(item, services=SERVICES, objects=objects(found))


def made(api_version: str, kind: str, name: str, **spec: Any) -> Manifest:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": NAMESPACE}, "spec": spec}


def ingress(name: str) -> Manifest:
    """An Ingress that leads to a Service."""
    found = manifests.ingress()
    found["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["name"] = name
    return found


def virtual_service(*routes: Manifest) -> Manifest:
    return made("networking.istio.io/v1alpha3", "VirtualService", "site", **({"http": list(routes)} if routes else {}))


def route(*hosts: str, **fields: Any) -> Manifest:
    return fields | {"route": [{"destination": {"host": host}} for host in hosts]}


def in_mesh(*nodes: str) -> list[Manifest]:
    """Everything of App Mesh, with a route to some VirtualNodes."""
    reference = {"virtualRouter": {"virtualRouterRef": {"name": "router"}}}
    targets = [{"virtualNodeRef": {"name": name}, "weight": 1} for name in nodes]
    routes = [{"name": "all", "httpRoute": {"action": {"weightedTargets": targets}}}]
    return [
        made(MESH_API, "VirtualService", "web", provider=reference),
        made(MESH_API, "VirtualRouter", "router", routes=routes),
        made(MESH_API, "VirtualNode", "c"),
        made(MESH_API, "VirtualNode", "s"),
    ]


def referring(**reference: str) -> Seen:
    """A Rollout whose pods are another workload's."""
    manifest = manifests.rollout()
    del manifest["spec"]["template"], manifest["spec"]["selector"]
    manifest["spec"]["workloadRef"] = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"} | reference
    return Seen(rollout(manifest))


def with_both() -> Seen:
    manifest = manifests.rollout()
    manifest["spec"]["workloadRef"] = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    spec = {"selector": {"matchLabels": {"app": "myapp"}}, "template": manifests.template(V1)}
    return Seen(rollout(manifest), workload=foreign(made("apps/v1", "Deployment", "web", **spec)))


def refused(text: str) -> Seen:
    """A Rollout about whose pod template the API has said no."""
    return Seen(rollout(), answers={Created(f"{manifests.NAME}-{hash_of(V1)}"): Refused(text)})


def not_found(path: str, name: str) -> str:
    return f'spec.strategy.{path}: Invalid value: "{name}": service "{name}" not found'


NO_ROUTES = "Istio VirtualService has invalid HTTP routes. Error: {} Service '{}' not found in route"
SITE = f'{ROUTING}.istio.virtualService.name: Invalid value: "site": '
BLUE_GREEN = {"activeService": STABLE, "previewService": CANARY}

ROWS: dict[str, tuple[Seen, str]] = {
    "the canary Service exists": (named(canary=None), not_found("canary.canaryService", CANARY)),
    "the stable Service exists": (named(stable=None), not_found("canary.stableService", STABLE)),
    "the active Service exists": (
        strategy(blueGreen={"activeService": "gone"}),
        not_found("blueGreen.activeService", "gone"),
    ),
    "the preview Service exists": (
        strategy(blueGreen=BLUE_GREEN | {"previewService": "gone"}),
        not_found("blueGreen.previewService", "gone"),
    ),
    "the ping Service exists": (
        strategy(canary={"pingPong": {"pingService": "gone", "pongService": "pong"}}),
        not_found("canary.pingPong.pingService", "gone"),
    ),
    "the pong Service exists": (
        strategy(canary={"pingPong": {"pingService": "ping", "pongService": "gone"}}),
        not_found("canary.pingPong.pongService", "gone"),
    ),
    "a Service is of one Rollout": (
        named(stable=service(STABLE, V1, managed_by="other")),
        (f'{PATH}.stableService: Invalid value: "{STABLE}": Service "{STABLE}" is managed by another Rollout'),
    ),
    "a Service selects the pods": (
        named(stable=selecting(**{"app": "myapp", "tier": "db", keys.POD_TEMPLATE_HASH: "abc"})),
        f'{PATH}.stableService: Invalid value: "{STABLE}": Service "{STABLE}" has unmatch label "tier" in rollout',
    ),
    "the API takes the pod template": (
        refused('spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'),
        ('spec.template: spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'),
    ),
    "the workload exists": (
        referring(),
        'spec.workloadRef.name: Invalid value: "web": deployments.apps "web" not found',
    ),
    "the workload has a name": (
        referring(name=""),
        "spec.workloadRef.name: Required value: name the workload whose pods are wanted",
    ),
    "the workload has pods that are wanted": (
        referring(kind="DaemonSet"),
        (
            'spec.workloadRef: Invalid value: "apps/v1 DaemonSet": workload of this type is not supported: '
            "take one of apps/v1 Deployment, apps/v1 ReplicaSet, v1 PodTemplate"
        ),
    ),
    "pods are described once": (
        with_both(),
        "spec.template: Forbidden: template must be empty for workload reference rollout",
    ),
    "nginx: the Ingress exists": (
        through(NGINX),
        f'{ROUTING}.nginx: Invalid value: ingress "{INGRESS}" not found',
    ),
    "nginx: the Ingress leads to the stable Service": (
        through(NGINX, ingress("other")),
        f"{ROUTING}.nginx: Invalid value: ingress `{INGRESS}` has no rules using service {STABLE} backend",
    ),
    "nginx: the canary Ingress is nobody else's": (
        through(NGINX, ingress(STABLE), ingress(CANARY) | {"metadata": {"name": CANARY_INGRESS}}),
        f"{ROUTING}.nginx: Invalid value: canary ingress `{CANARY_INGRESS}` controlled by different object",
    ),
    "ALB: the Ingress exists": (
        through(ALB),
        (f'{ROUTING}.alb.ingress: Invalid value: "{INGRESS}": ingresses.networking.k8s.io "{INGRESS}" not found'),
    ),
    "ALB: the Ingress leads to the stable Service": (
        through(ALB, ingress("other")),
        (
            f'{ROUTING}.alb.ingress: Invalid value: "{INGRESS}": '
            f"ingress `{INGRESS}` has no rules using service {STABLE} backend"
        ),
    ),
    "ALB: the Ingress leads to the root Service": (
        through({"alb": ALB["alb"] | {"rootService": "root"}}, ingress(STABLE)),
        (
            f'{ROUTING}.alb.ingress: Invalid value: "{INGRESS}": '
            f"ingress `{INGRESS}` has no rules using service root backend"
        ),
    ),
    "Istio: the VirtualService exists": (
        through(ISTIO),
        f'{SITE}virtualservices.networking.istio.io "site" not found',
    ),
    "Istio: the VirtualService has routes": (
        through(ISTIO, virtual_service()),
        f"{SITE}Unable to get any of the HTTP, TCP or TLS routes for the Istio VirtualService",
    ),
    "Istio: the VirtualService has the named route": (
        through(ISTIO, virtual_service(route(STABLE, CANARY, name="other"))),
        (
            f"{SITE}Istio VirtualService has invalid HTTP routes. Error: "
            "HTTP Route 'primary' is not found in the defined Virtual Service."
        ),
    ),
    "Istio: the route leads to the canary": (
        through(ISTIO, virtual_service(route(STABLE, name="primary"))),
        f"{SITE}{NO_ROUTES.format('Canary', CANARY)}",
    ),
    "Istio: the route leads to the stable version": (
        through(ISTIO, virtual_service(route(CANARY, name="primary"))),
        f"{SITE}{NO_ROUTES.format('Stable', STABLE)}",
    ),
    "Ambassador: the Mapping exists": (
        through(AMBASSADOR),
        f'{ROUTING}.ambassador.mappings[0]: Invalid value: "site": mappings.getambassador.io "site" not found',
    ),
    "Ambassador: the Mapping carries no weight": (
        through(AMBASSADOR, made("getambassador.io/v2", "Mapping", "site", weight=20)),
        (f'{ROUTING}.ambassador.mappings[0]: Invalid value: "site": Ambassador mapping "site" can not define weight'),
    ),
    "App Mesh: the VirtualService exists": (
        through(MESH),
        (
            f'{ROUTING}.appMesh.virtualService.name: Invalid value: "web": '
            'virtualservices.appmesh.k8s.aws "web" not found'
        ),
    ),
    "App Mesh: routes have two targets": (
        through(MESH, *in_mesh("s")),
        (
            f"{ROUTING}.appMesh.virtualService.routes: Invalid value: []: "
            "route all needs exactly two weightedTargets: c and s"
        ),
    ),
    "Traefik: the TraefikService exists": (
        through({"traefik": {"weightedTraefikServiceName": "split"}}),
        (
            f'{ROUTING}.traefik.weightedTraefikServiceName: Invalid value: "split": '
            'traefikservices.traefik.io "split" not found'
        ),
    ),
    "APISIX: the route exists": (
        through({"apisix": {"route": {"name": "site"}}}),
        (f'{ROUTING}.apisix.route.name: Invalid value: "site": apisixroutes.apisix.apache.org "site" not found'),
    ),
}
