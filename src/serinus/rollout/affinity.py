"""Anti-affinity between versions: new pods keep away from the nodes of the stable version, where its user wants that.

The rule stands in the template of the new ReplicaSet, and names the stable version. It is no part of the template that
names a version, and it goes when the new version is stable itself. Pods that exist stay where they are.
"""

from typing import Any

from serinus.api import keys
from serinus.api.canary import AntiAffinity
from serinus.api.patches import exact_difference
from serinus.api.rollout import Rollout
from serinus.api.scalar import Manifest
from serinus.api.workload import ReplicaSet
from serinus.rollout.injected import POD_ANTI_AFFINITY, PREFERRED, REQUIRED, without_anti_affinity

_NODE = "kubernetes.io/hostname"


def anti_affinity_of(rollout: Rollout) -> AntiAffinity | None:
    """What the user has chosen, with either strategy."""
    canary, blue_green = rollout.spec.strategy.canary, rollout.spec.strategy.blue_green
    chosen = blue_green or canary
    return chosen.anti_affinity if chosen else None


def kept_apart(template: Manifest, rollout: Rollout, hash_: str, stable: str) -> Manifest:
    """The template of a version with the rule that it needs beside a stable version, and with no other."""
    own, chosen = without_anti_affinity(template), anti_affinity_of(rollout)
    if chosen is None or not stable or stable == hash_:
        return own
    pod = dict(own.get("spec") or {})
    affinity = dict(pod.get("affinity") or {})
    rules = dict(affinity.get(POD_ANTI_AFFINITY) or {})
    name, rule = _rule(chosen, _term(rollout.metadata.namespace, stable))
    rules[name] = [*(rules.get(name) or []), rule]
    return own | {"spec": pod | {"affinity": affinity | {POD_ANTI_AFFINITY: rules}}}


def apart(manifest: Manifest, rollout: Rollout, stable: str) -> Manifest:
    """A new ReplicaSet with the rule that it needs beside a stable version."""
    hash_ = manifest["metadata"]["labels"][keys.POD_TEMPLATE_HASH]
    template = kept_apart(manifest["spec"]["template"], rollout, hash_, stable)
    return manifest | {"spec": manifest["spec"] | {"template": template}}


def change_of(item: ReplicaSet, rollout: Rollout, stable: str) -> Manifest:
    """The merge patch that brings the rule of the wanted version up to date; empty when it is."""
    found = item.spec.template.get("spec") or {}
    wanted = kept_apart(item.spec.template, rollout, item.hash, stable).get("spec") or {}
    body = exact_difference(found, wanted)
    return {"spec": {"template": {"spec": body}}} if body else {}


def _rule(chosen: AntiAffinity, term: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    preferred = chosen.preferred_during_scheduling_ignored_during_execution
    return (PREFERRED, {"weight": preferred.weight, "podAffinityTerm": term}) if preferred else (REQUIRED, term)


def _term(namespace: str, stable: str) -> dict[str, Any]:
    expression = {"key": keys.POD_TEMPLATE_HASH, "operator": "In", "values": [stable]}
    return {
        "labelSelector": {"matchExpressions": [expression]},
        "namespaces": [namespace],
        "topologyKey": _NODE,
    }
