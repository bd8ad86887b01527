"""Rules about strategies, steps and what routers can do."""

from collections.abc import Callable
from typing import Any

from serinus import plugins
from stories.manifests import CANARY, INGRESS, STABLE

Manifest = dict[str, Any]
Change = Callable[[Manifest], object]

ISTIO = {"istio": {"virtualService": {"name": "v"}}}
ALB = {"alb": {"ingress": INGRESS, "servicePort": 80}}
MANAGED = {"managedRoutes": [{"name": "r"}]}
PATH = "spec.strategy.canary"
STEP = f"{PATH}.steps[0]"
ROUTING = f"{PATH}.trafficRouting"
INSTALLED = ", ".join(router.name for router in plugins.routers() if "/" in router.name)


def blue_green(**fields: Any) -> Change:
    strategy = {"activeService": STABLE, "previewService": CANARY} | fields
    return lambda spec: spec.update(strategy={"blueGreen": strategy})


def canary(routing: Manifest | None = None, step: Manifest | None = None, **fields: Any) -> Change:
    """A canary with other routing, another first step, or other fields."""
    changed = fields | ({"trafficRouting": routing} if routing is not None else {})
    return lambda spec: spec["strategy"]["canary"].update(changed | ({"steps": [step]} if step else {}))


def unserved(routing: Manifest) -> Change:
    """A layer that tells versions apart by Services, and has none."""
    return canary(routing, stableService="", canaryService="")


def ping_pong(routing: Manifest, ping: str, pong: str) -> Change:
    return canary(routing, pingPong={"pingService": ping, "pongService": pong})


def header(name: str = "r", **value: str) -> Manifest:
    return {"setHeaderRoute": {"name": name, "match": [{"headerName": "x", "headerValue": value}]}}


def mirror(**fields: Any) -> Manifest:
    return {"setMirrorRoute": {"name": "r"} | fields}


NGINX = {"nginx": {"stableIngress": INGRESS}}
NO_SERVICES = f"{PATH}.stableService: Required value: trafficRouting needs stableService and canaryService"
NO_ROUTES = f"{ROUTING}.managedRoutes: Required value: Step requires {ROUTING}.managedRoutes"
EXPERIMENT = {"experiment": {"templates": [{"name": "a", "specRef": "canary", "weight": 5}]}}

ROWS: dict[str, tuple[Change, str]] = {
    "active and preview Services differ": (
        blue_green(previewService=STABLE),
        (
            'spec.strategy.blueGreen.activeService: Invalid value: "myapp-stable-svc": active and '
            "preview need two different Services"
        ),
    ),
    "an active Service is named": (
        blue_green(activeService=""),
        ("spec.strategy.blueGreen.activeService: Required value: blue-green needs the Service that it switches"),
    ),
    "delays of old versions are within the history": (
        blue_green(scaleDownDelayRevisionLimit=3),
        (
            "spec.strategy.blueGreen.scaleDownDelayRevisionLimit: Invalid value: 3: must not be "
            "greater than revisionHistoryLimit"
        ),
    ),
    "ALB needs Services": (unserved(ALB), NO_SERVICES),
    "Istio without a DestinationRule needs Services": (unserved(ISTIO), NO_SERVICES),
    "SMI needs Services": (unserved({"smi": {}}), NO_SERVICES),
    "APISIX needs Services": (unserved({"apisix": {"route": {"name": "r"}}}), NO_SERVICES),
    "Ambassador needs Services": (unserved({"ambassador": {"mappings": ["m"]}}), NO_SERVICES),
    "App Mesh needs Services": (unserved({"appMesh": {"virtualService": {"name": "v"}}}), NO_SERVICES),
    "Traefik needs Services": (unserved({"traefik": {"weightedTraefikServiceName": "t"}}), NO_SERVICES),
    "nginx needs Services": (unserved(NGINX), NO_SERVICES),
    "ping-pong needs a router that can": (
        ping_pong(NGINX, "ping", "pong"),
        (
            f'{PATH}.pingPong: Invalid value: {{"pingService":"ping","pongService":"pong"}}: Ping-pong '
            "feature works with these traffic routers only: ALB, argoproj-labs/gatewayAPI, Istio"
        ),
    ),
    "ping-pong needs both Services": (
        ping_pong(ISTIO, "ping", ""),
        (
            f'{PATH}.pingPong.pingService: Invalid value: "ping": Ping service and Pong service must to '
            "be set to use Ping-Pong feature"
        ),
    ),
    "ping and pong differ": (
        ping_pong(ISTIO, "ping", "ping"),
        (
            f'{PATH}.pingPong.pingService: Invalid value: "ping": This rollout uses the same service '
            "for the ping and pong services, but two different ones are required."
        ),
    ),
    "ping-pong with ALB needs a root Service": (
        ping_pong(ALB, STABLE, CANARY),
        f"{ROUTING}.alb.rootService: Required value: pingPong needs a Service that stays the same",
    ),
    "weights above 100 need a router that can": (
        canary(ISTIO | {"maxTrafficWeight": 1000}),
        f"{ROUTING}.maxTrafficWeight: Invalid value: 1000: needs nginx or a plugin",
    ),
    "header routes need a router that can": (
        canary(NGINX | MANAGED, header(exact="1")),
        (
            f"{STEP}.setHeaderRoute: Invalid value: "
            f'{{"name":"r","match":[{{"headerName":"x","headerValue":{{"exact":"1"}}}}]}}: '
            "SetHeaderRoute requires TrafficRouting, supports ALB, Apisix, argoproj-labs/gatewayAPI, Istio"
        ),
    ),
    "headers are compared in one way": (
        canary(ISTIO | MANAGED, header(exact="1", prefix="2")),
        (
            f'{STEP}.setHeaderRoute.match[0].headerValue: Invalid value: {{"exact":"1","prefix":"2"}}: '
            "set exactly one of exact, prefix and regex"
        ),
    ),
    "an ALB compares headers exactly": (
        canary(ALB | MANAGED, header(prefix="1")),
        f"{ROUTING}.alb: Invalid value: header route r: an ALB compares headers by exact only",
    ),
    "header routes need managed routes": (canary(ISTIO, header(exact="1")), NO_ROUTES),
    "header routes are managed routes": (
        canary(ISTIO | MANAGED, header("other", exact="1")),
        f'{STEP}.setHeaderRoute.name: Invalid value: "other": is not in {ROUTING}.managedRoutes: r',
    ),
    "mirrors need a router that can": (
        canary(NGINX | MANAGED, mirror()),
        (
            f'{STEP}.setMirrorRoute: Invalid value: {{"name":"r"}}: SetMirrorRoute requires '
            "TrafficRouting, supports argoproj-labs/gatewayAPI, Istio"
        ),
    ),
    "mirrors need managed routes": (canary(ISTIO, mirror()), NO_ROUTES),
    "mirrors copy a share": (
        canary(ISTIO | MANAGED, mirror(percentage=101)),
        f"{STEP}.setMirrorRoute.percentage: Invalid value: 101: needs to be between 0 and 100",
    ),
    "weights of experiments need a router that can": (
        canary(NGINX, EXPERIMENT),
        (
            f"{STEP}.experiment.templates[0].weight: Invalid value: 5: Experiment template weight "
            "requires TrafficRouting, supports ALB, argoproj-labs/gatewayAPI, Istio, SMI"
        ),
    ),
    "experiments take the pods of a version": (
        canary(ISTIO, {"experiment": {"templates": [{"name": "a", "specRef": "old"}]}}),
        f"{STEP}.experiment.templates[0].specRef: Invalid value: \"old\": must be 'canary' or 'stable'",
    ),
    "nginx has one list of Ingresses": (
        canary({"nginx": {}}),
        f'{ROUTING}.nginx: Invalid value: "": set exactly one of stableIngress and stableIngresses',
    ),
    "Istio has a VirtualService": (
        canary({"istio": {}}),
        (f"{ROUTING}.istio.virtualService: Invalid value: set exactly one of virtualService and virtualServices"),
    ),
    "Istio has one list of VirtualServices": (
        canary({"istio": ISTIO["istio"] | {"virtualServices": [{"name": "w"}]}}),
        (f"{ROUTING}.istio.virtualService: Invalid value: set exactly one of virtualService and virtualServices"),
    ),
    "ALB has an Ingress": (
        canary({"alb": {"servicePort": 80}}),
        f'{ROUTING}.alb.ingress: Invalid value: "": set exactly one of ingress and ingresses',
    ),
    "ALB has one list of Ingresses": (
        canary({"alb": ALB["alb"] | {"ingresses": ["j"]}}),
        f'{ROUTING}.alb.ingress: Invalid value: "myapp-ingress": set exactly one of ingress and ingresses',
    ),
    "routers of plugins are installed": (
        canary({"plugins": {"acme/mesh": {}}}),
        f"{ROUTING}.plugins[acme/mesh]: Forbidden: no such router is installed; there are: {INSTALLED}",
    ),
    "a step is one thing": (
        canary(step={"analysis": {"templates": []}, "pause": {}}),
        (
            f'{STEP}: Invalid value: {{"pause":{{}},"analysis":{{}}}}: a step sets one thing only: make '
            "several steps of it"
        ),
    ),
}
