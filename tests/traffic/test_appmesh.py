"""What only the App Mesh router has: VirtualNodes that follow the versions."""

from pathlib import Path
from typing import Any

import pytest

from serinus.traffic.appmesh import AppMesh
from traffic.cases import Objects, apply, load, objects, rollout, traffic

CASE = load(Path(__file__).parent / "appmesh" / "weights.yaml")
ALL = ["old", "new"]


def given(weight: int, stable: str, canary: str) -> Objects:
    """The mesh after a look at which that was decided."""
    found, _ = apply(AppMesh(), decided(weight=0, stable_hash=stable, canary_hash=canary), objects(CASE.given))
    return apply(AppMesh(), decided(weight=weight, stable_hash=stable, canary_hash=canary), found)[0]


def decided(**fields: Any) -> Any:
    return traffic(rollout(CASE.routing), **{"weight": 0, "serving": ALL, "whole": ALL} | fields)


def selected(found: Objects) -> dict[str, str]:
    """By VirtualNode: which version it selects."""
    nodes = [item.raw for ref, item in found.items() if ref.kind.kind == "VirtualNode"]
    labels = {node["metadata"]["name"]: node["spec"]["podSelector"]["matchLabels"] for node in nodes}
    return {name: each["rollouts-pod-template-hash"] for name, each in labels.items()}


@pytest.mark.parametrize(
    ("before", "fields", "wanted"),
    [
        ((20, "old", "new"), {"weight": 50}, ("old", "new")),
        ((0, "old", "old"), {"canary_hash": "new", "serving": ["old"]}, ("old", "canary-hash")),
        ((0, "old", "old"), {"canary_hash": "new"}, ("old", "new")),
        ((100, "old", "new"), {"stable_hash": "new", "weight": 100, "is_settling": True}, ("new", "new")),
        ((100, "old", "new"), {"stable_hash": "new", "over": True}, ("new", "new")),
        ((0, "old", "new"), {"stable_hash": "new", "over": True}, ("new", "canary-hash")),
        ((20, "old", "new"), {"canary_hash": "newer", "serving": ["old", "new", "newer"]}, ("old", "new")),
    ],
)
def test_a_node_moves_when_its_version_serves_and_the_canarys_only_without_weight(
    before: tuple[int, str, str], fields: dict[str, Any], wanted: tuple[str, str]
) -> None:
    values = {"stable_hash": "old", "canary_hash": "new"} | fields
    found, _ = apply(AppMesh(), decided(**values), given(*before))
    assert selected(found) == dict(zip(("stable-node", "canary-node"), wanted, strict=True))
