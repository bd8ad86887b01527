"""The five definitions: names, scopes, subresources, columns, and the rule for selectors."""

from copy import deepcopy
from typing import Any

import pytest

from serinus.api.crds import manifests

BY_KIND = {manifest["spec"]["names"]["kind"]: manifest for manifest in manifests()}
NAMES = [
    ("AnalysisRun", "analysisruns", "ar", "Namespaced"),
    ("AnalysisTemplate", "analysistemplates", "at", "Namespaced"),
    ("ClusterAnalysisTemplate", "clusteranalysistemplates", "cat", "Cluster"),
    ("Experiment", "experiments", "exp", "Namespaced"),
    ("Rollout", "rollouts", "ro", "Namespaced"),
]
COLUMNS = {
    "AnalysisRun": [("Status", ".status.phase"), ("Age", ".metadata.creationTimestamp")],
    "AnalysisTemplate": [("Age", ".metadata.creationTimestamp")],
    "ClusterAnalysisTemplate": [("Age", ".metadata.creationTimestamp")],
    "Experiment": [("Status", ".status.phase"), ("Age", ".metadata.creationTimestamp")],
    "Rollout": [
        ("Desired", ".spec.replicas"),
        ("Current", ".status.replicas"),
        ("Up-to-date", ".status.updatedReplicas"),
        ("Available", ".status.availableReplicas"),
        ("Age", ".metadata.creationTimestamp"),
    ],
}


def version(kind: str) -> dict[str, Any]:
    (only,) = BY_KIND[kind]["spec"]["versions"]
    return only


def test_there_are_five_kinds() -> None:
    assert list(BY_KIND) == [kind for kind, *_ in NAMES]


@pytest.mark.parametrize(("kind", "plural", "short", "scope"), NAMES)
def test_a_kind_has_its_names_and_scope(kind: str, plural: str, short: str, scope: str) -> None:
    manifest = BY_KIND[kind]
    assert manifest["metadata"]["name"] == f"{plural}.argoproj.io"
    assert manifest["spec"]["group"] == "argoproj.io"
    assert manifest["spec"]["scope"] == scope
    assert manifest["spec"]["names"] == {
        "kind": kind,
        "listKind": f"{kind}List",
        "plural": plural,
        "singular": kind.lower(),
        "shortNames": [short],
    }


@pytest.mark.parametrize("kind", BY_KIND)
def test_the_one_version_is_served_and_stored(kind: str) -> None:
    assert version(kind)["name"] == "v1alpha1"
    assert version(kind)["served"]
    assert version(kind)["storage"]


@pytest.mark.parametrize("kind", BY_KIND)
def test_columns_are_those_that_people_know(kind: str) -> None:
    columns = version(kind)["additionalPrinterColumns"]
    assert [(column["name"], column["jsonPath"]) for column in columns] == COLUMNS[kind]


def test_only_a_rollout_has_subresources() -> None:
    assert {kind: version(kind)["subresources"] for kind in BY_KIND} == {
        "AnalysisRun": {},
        "AnalysisTemplate": {},
        "ClusterAnalysisTemplate": {},
        "Experiment": {},
        "Rollout": {
            "status": {},
            "scale": {
                "specReplicasPath": ".spec.replicas",
                "statusReplicasPath": ".status.HPAReplicas",
                "labelSelectorPath": ".status.selector",
            },
        },
    }


def test_the_selector_of_a_rollout_is_immutable() -> None:
    selector = version("Rollout")["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["selector"]
    (rule,) = selector["x-kubernetes-validations"]
    assert rule["rule"] == "self == oldSelf"
    assert "cannot be changed" in rule["message"]


def test_nothing_of_our_own_marks_is_left() -> None:
    assert "x-serinus" not in str(manifests())


def test_a_manifest_may_be_changed_by_whoever_asked_for_it() -> None:
    before, mine = deepcopy(manifests()), manifests()
    (rollout,) = mine[4]["spec"]["versions"]
    rollout["subresources"]["scale"]["specReplicasPath"] = "x"
    spec = rollout["schema"]["openAPIV3Schema"]["properties"]["spec"]
    spec["properties"]["selector"]["x-kubernetes-validations"][0]["rule"] = "x"
    assert manifests() == before
