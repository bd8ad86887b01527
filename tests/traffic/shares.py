"""What a split is, in the objects of each layer: (canary, stable), once for each place where it stands."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from traffic.cases import Objects

Split = tuple[int, int]
Reader = Callable[[Objects], list[Split]]

CANARY, STABLE = "web-canary", "web"


def _raw(found: Objects, kind: str) -> Iterator[dict[str, Any]]:
    return (item.raw for ref, item in found.items() if ref.kind.kind == kind)


def _pair(
    entries: list[dict[str, Any]], name: Callable[[dict[str, Any]], Any], weight: str = "weight"
) -> Iterator[Split]:
    """The split in a list of weighted entries; nothing where one of the two is not in it."""
    found = {name(entry): int(entry.get(weight, 0)) for entry in reversed(entries)}
    if CANARY in found and STABLE in found:
        yield found[CANARY], found[STABLE]


def nginx(found: Objects) -> list[Split]:
    notes = [item["metadata"].get("annotations", {}) for item in _raw(found, "Ingress")]
    weights = [note["nginx.ingress.kubernetes.io/canary-weight"] for note in notes if len(note) > 2]
    return [(int(weight), 100 - int(weight)) for weight in weights]


def istio(found: Objects) -> list[Split]:
    routes = [route for item in _raw(found, "VirtualService") for route in item["spec"]["http"]]
    return [split for route in routes for split in _pair(route["route"], lambda entry: entry["destination"]["host"])]


def gateway(found: Objects) -> list[Split]:
    rules = [rule for item in _raw(found, "HTTPRoute") for rule in item["spec"]["rules"]]
    named = [[entry for entry in rule["backendRefs"] if entry.get("kind", "Service") == "Service"] for rule in rules]
    return [split for entries in named for split in _pair(entries, lambda entry: entry["name"])]


def alb(found: Objects) -> list[Split]:
    notes = [item["metadata"].get("annotations", {}) for item in _raw(found, "Ingress")]
    actions = [json.loads(text) for note in notes for key, text in note.items() if "/actions." in key]
    groups = [action["ForwardConfig"]["TargetGroups"] for action in actions]
    return [split for entries in groups for split in _pair(entries, lambda entry: entry["ServiceName"], "Weight")]


def smi(found: Objects) -> list[Split]:
    lists = [item["spec"]["backends"] for item in _raw(found, "TrafficSplit")]
    return [split for entries in lists for split in _pair(entries, lambda entry: entry["service"])]


def traefik(found: Objects) -> list[Split]:
    lists = [item["spec"]["weighted"]["services"] for item in _raw(found, "TraefikService")]
    named = [[entry for entry in entries if "kind" not in entry] for entries in lists]
    return [split for entries in named for split in _pair(entries, lambda entry: entry["name"])]


def ambassador(found: Objects) -> list[Split]:
    weights = [item["spec"]["weight"] for item in _raw(found, "Mapping") if "weight" in item["spec"]]
    return [(weight, 100 - weight) for weight in weights]


def apisix(found: Objects) -> list[Split]:
    rules = [rule for item in _raw(found, "ApisixRoute") for rule in item["spec"]["http"]]
    return [split for rule in rules for split in _pair(rule["backends"], lambda entry: entry["serviceName"])]


def appmesh(found: Objects) -> list[Split]:
    roles = {"canary-node": CANARY, "stable-node": STABLE}
    routes = [route for item in _raw(found, "VirtualRouter") for route in item["spec"]["routes"]]
    rules = [rule for route in routes for rule in route.values() if isinstance(rule, dict)]
    targets = [rule["action"]["weightedTargets"] for rule in rules]
    return [split for each in targets for split in _pair(each, lambda entry: roles[entry["virtualNodeRef"]["name"]])]


def plugin(found: Objects) -> list[Split]:
    lines = "".join(item.get("data", {}).get("weights", "") for item in _raw(found, "ConfigMap")).splitlines()
    entries = [dict(zip(("name", "weight"), line.split(), strict=True)) for line in lines]
    return list(_pair(entries, lambda entry: entry["name"]))
