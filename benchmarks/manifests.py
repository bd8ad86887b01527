"""The objects of one canary behind nginx."""

from collections.abc import Iterator
from typing import Any

from serinus.api.keys import INGRESS_CLASS
from serinus.api.kinds import ANALYSIS_TEMPLATE, INGRESS, NAMESPACE, ROLLOUT, SERVICE, Kind

FLEET_STEPS: tuple[dict[str, Any], ...] = (
    {"setWeight": 10},
    {"pause": {"duration": 1}},
    {"setWeight": 30},
    {"pause": {"duration": 1}},
    {"setWeight": 60},
)
"""Five steps that need nobody."""
PROMOTED_STEPS: tuple[dict[str, Any], ...] = (
    {"setWeight": 20},
    {"pause": {}},
    {"setWeight": 40},
    {"pause": {}},
    {"setWeight": 60},
)
"""Five steps that wait for a person."""

Manifest = dict[str, Any]


def image(version: str) -> str:
    """The image of a version."""
    return f"nginx:{version}"


def namespace(name: str) -> tuple[str, Manifest]:
    """Where to post a namespace, and the namespace."""
    return NAMESPACE.path(), {"metadata": {"name": name}}


def canary(namespace: str, name: str, version: str, steps: tuple[Manifest, ...]) -> Iterator[tuple[str, Manifest]]:
    """Where to post each object of a Rollout with two pods, and the object."""
    for role in ("stable", "canary"):
        yield SERVICE.path(namespace), _service(f"{name}-{role}", name)
    yield INGRESS.path(namespace), _ingress(name)
    yield ROLLOUT.path(namespace), _rollout(name, version, steps)


def update(version: str) -> Manifest:
    """The merge patch that gives a Rollout a new version."""
    return {"spec": {"template": _template(version)}}


def analysis_template(namespace: str, name: str, url: str) -> tuple[str, Manifest]:
    """Where to post the template of an analysis that measures each second, and the template."""
    metric = {
        "name": "verdict",
        "interval": "1s",
        "successCondition": 'result == "good"',
        "provider": {"web": {"url": url, "jsonPath": "{$.verdict}"}},
    }
    return ANALYSIS_TEMPLATE.path(namespace), _object(ANALYSIS_TEMPLATE, name, {"metrics": [metric]})


def analysed(template: str) -> Manifest:
    """The merge patch that has a Rollout's updates measured in the background."""
    return {"spec": {"strategy": {"canary": {"analysis": {"templates": [{"templateName": template}]}}}}}


def _template(version: str) -> Manifest:
    return {"spec": {"containers": [{"name": "c", "image": image(version)}], "terminationGracePeriodSeconds": 0}}


def _object(kind: Kind, name: str, spec: Manifest) -> Manifest:
    return {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {"name": name}, "spec": spec}


def _service(name: str, app: str) -> Manifest:
    return _object(SERVICE, name, {"clusterIP": "None", "selector": {"app": app}, "ports": [{"port": 80}]})


def _ingress(name: str) -> Manifest:
    backend = {"service": {"name": f"{name}-stable", "port": {"number": 80}}}
    paths = [{"path": "/", "pathType": "Prefix", "backend": backend}]
    manifest = _object(INGRESS, name, {"rules": [{"host": f"{name}.example.com", "http": {"paths": paths}}]})
    manifest["metadata"]["annotations"] = {INGRESS_CLASS: "nginx"}
    return manifest


def _rollout(name: str, version: str, steps: tuple[Manifest, ...]) -> Manifest:
    spec = {
        "replicas": 2,
        "revisionHistoryLimit": 1,
        "selector": {"matchLabels": {"app": name}},
        "template": {"metadata": {"labels": {"app": name}}, **_template(version)},
        "strategy": {
            "canary": {
                "stableService": f"{name}-stable",
                "canaryService": f"{name}-canary",
                "trafficRouting": {"nginx": {"stableIngress": name}},
                "scaleDownDelaySeconds": 1,
                "steps": list(steps),
            }
        },
    }
    return _object(ROLLOUT, name, spec)
