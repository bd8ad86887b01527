"""The rule that keeps versions on different nodes."""

import copy
from typing import Any

import pytest

from rollout.scenes import NAMESPACE, replica_set, rollout
from serinus.api import keys
from serinus.api.podhash import template_hash
from serinus.rollout.affinity import change_of, kept_apart
from serinus.rollout.injected import PREFERRED, REQUIRED, without_anti_affinity
from stories import manifests
from stories.manifests import V1

Manifest = dict[str, Any]

THEIRS = {"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": "db"}}}
NODES = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": []}}


def term(stable: str) -> Manifest:
    expression = {"key": keys.POD_TEMPLATE_HASH, "operator": "In", "values": [stable]}
    return {
        "labelSelector": {"matchExpressions": [expression]},
        "namespaces": [NAMESPACE],
        "topologyKey": "kubernetes.io/hostname",
    }


def preferred(stable: str) -> Manifest:
    return {"weight": 30, "podAffinityTerm": term(stable)}


def template(affinity: Manifest | None = None) -> Manifest:
    found = manifests.template(V1)
    return found if affinity is None else found | {"spec": found["spec"] | {"affinity": affinity}}


CHOSEN = {"required": {REQUIRED: {}}, "preferred": {PREFERRED: {"weight": 30}}}


@pytest.mark.parametrize(
    ("chosen", "affinity", "expected"),
    [
        ("required", None, {"podAntiAffinity": {REQUIRED: [term("old")]}}),
        ("preferred", None, {"podAntiAffinity": {PREFERRED: [preferred("old")]}}),
        (
            "required",
            {"nodeAffinity": NODES, "podAntiAffinity": {REQUIRED: [THEIRS]}},
            {"nodeAffinity": NODES, "podAntiAffinity": {REQUIRED: [THEIRS, term("old")]}},
        ),
        (
            "preferred",
            {"podAntiAffinity": {REQUIRED: [THEIRS]}},
            {"podAntiAffinity": {REQUIRED: [THEIRS], PREFERRED: [preferred("old")]}},
        ),
        ("required", {"podAntiAffinity": {REQUIRED: [term("older")]}}, {"podAntiAffinity": {REQUIRED: [term("old")]}}),
        (
            "required",
            {"podAntiAffinity": {PREFERRED: [preferred("old")]}},
            {"podAntiAffinity": {REQUIRED: [term("old")]}},
        ),
    ],
)
def test_the_rule_joins_what_the_user_has(chosen: str, affinity: Manifest | None, expected: Manifest) -> None:
    owner = rollout(manifests.rollout(antiAffinity=CHOSEN[chosen]))
    before = copy.deepcopy(given := template(affinity))
    assert kept_apart(given, owner, "new", "old")["spec"]["affinity"] == expected
    assert given == before


@pytest.mark.parametrize(("hash_", "stable"), [("new", ""), ("new", "new")])
def test_without_another_stable_version_there_is_no_rule(hash_: str, stable: str) -> None:
    owner = rollout(manifests.rollout(antiAffinity=CHOSEN["required"]))
    assert kept_apart(template({"podAntiAffinity": {REQUIRED: [term("old")]}}), owner, hash_, stable) == template()


@pytest.mark.parametrize("chosen", ["required", "preferred"])
@pytest.mark.parametrize("affinity", [None, {"nodeAffinity": NODES}, {"podAntiAffinity": {REQUIRED: [THEIRS]}}])
def test_the_name_of_a_version_does_not_depend_on_it(chosen: str, affinity: Manifest | None) -> None:
    owner = rollout(manifests.rollout(antiAffinity=CHOSEN[chosen]))
    injected = kept_apart(template(affinity), owner, "new", "old")
    assert injected != template(affinity)
    assert template_hash(without_anti_affinity(injected)) == template_hash(template(affinity))


def test_a_rule_that_names_an_old_stable_version_is_renewed_and_then_left_alone() -> None:
    owner = rollout(manifests.rollout(antiAffinity=CHOSEN["required"]))
    item = replica_set(V1, 1)
    body = change_of(item, owner, "old")
    assert body == {"spec": {"template": {"spec": {"affinity": {"podAntiAffinity": {REQUIRED: [term("old")]}}}}}}
    item.spec.template["spec"]["affinity"] = body["spec"]["template"]["spec"]["affinity"]
    assert change_of(item, owner, "old") == {}
    assert change_of(item, owner, item.hash) == {"spec": {"template": {"spec": {"affinity": None}}}}
    assert change_of(item, rollout(), "old") == {"spec": {"template": {"spec": {"affinity": None}}}}
