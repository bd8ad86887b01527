"""The manifests of the stories: those of the article, and the same with less around them."""

from collections.abc import Sequence
from typing import Any

Manifest = dict[str, Any]
Step = dict[str, Any]

NAME = "myapp-rollout"
HOST = "myapp.example.com"
STABLE, CANARY, INGRESS = "myapp-stable-svc", "myapp-canary-svc", "myapp-ingress"
CANARY_INGRESS = f"{INGRESS}-{CANARY}"

VERDICTS = "http://verdicts.example.com"

V1, V2, V3 = "nginx:1.21.0", "nginx:1.22.0", "nginx:1.23.0"


def weight(number: int) -> Step:
    return {"setWeight": number}


def pause(duration: int | str | None = None) -> Step:
    return {"pause": {} if duration is None else {"duration": duration}}


def scale(**fields: Any) -> Step:
    return {"setCanaryScale": fields}


def rollout(steps: Sequence[Step] = (), *, replicas: int = 3, image: str = V1, **canary: Any) -> Manifest:
    """A Rollout without a traffic router: the ratio of pods is the ratio of traffic."""
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Rollout",
        "metadata": {"name": NAME, "labels": {"app": "myapp"}},
        "spec": {
            "replicas": replicas,
            "revisionHistoryLimit": 2,
            "selector": {"matchLabels": {"app": "myapp"}},
            "template": template(image),
            "strategy": {"canary": {"steps": list(steps), **canary}},
        },
    }


def routed(steps: Sequence[Step] = (), *, replicas: int = 3, image: str = V1, **canary: Any) -> Manifest:
    """A Rollout whose traffic nginx splits."""
    routing = {"nginx": {"stableIngress": INGRESS}}
    fields = {"stableService": STABLE, "canaryService": CANARY, "trafficRouting": routing} | canary
    return rollout(steps, replicas=replicas, image=image, **fields)


def template(image: str) -> Manifest:
    container = {
        "name": "nginx",
        "image": image,
        "ports": [{"containerPort": 80}],
        "resources": {"requests": {"memory": "64Mi", "cpu": "100m"}, "limits": {"memory": "128Mi", "cpu": "200m"}},
        # A machine with too much to do is slow to answer, and no reason to leave all pods out at once.
        "readinessProbe": {"httpGet": {"path": "/healthz", "port": 80}, "periodSeconds": 1, "timeoutSeconds": 5},
    }
    return {"metadata": {"labels": {"app": "myapp"}}, "spec": {"containers": [container]}}


def service(name: str) -> Manifest:
    spec = {"selector": {"app": "myapp"}, "ports": [{"port": 80, "targetPort": 80, "protocol": "TCP"}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


def ingress() -> Manifest:
    backend = {"service": {"name": STABLE, "port": {"number": 80}}}
    rule = {"host": HOST, "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": INGRESS, "annotations": {"kubernetes.io/ingress.class": "nginx"}},
        "spec": {"rules": [rule]},
    }


def analysis(name: str, **fields: Any) -> Manifest:
    """A template of one metric of the same name, measured once unless the fields say otherwise."""
    metric = {
        "name": name,
        "successCondition": 'result == "good"',
        "failureCondition": 'result == "bad"',
        "provider": {"web": {"url": f"{VERDICTS}/{name}", "jsonPath": "{$.verdict}"}},
    }
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AnalysisTemplate",
        "metadata": {"name": name},
        "spec": {"metrics": [metric | fields]},
    }


def analyse(*names: str) -> Step:
    return {"analysis": {"templates": [{"templateName": name} for name in names]}}


def around() -> list[Manifest]:
    """What a routed Rollout refers to."""
    return [service(STABLE), service(CANARY), ingress()]
