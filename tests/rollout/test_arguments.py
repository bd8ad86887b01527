"""Values that a Rollout hands to its analyses."""

from typing import Any

import msgspec
import pytest

from rollout.scenes import NAMESPACE, UID, rollout
from serinus.analysis.templates import BuildError
from serinus.api.analysis_ref import AnalysisRunArgument
from serinus.rollout.arguments import arguments, field_value
from stories.manifests import routed, weight


def shop() -> Any:
    manifest = routed((weight(20),))
    manifest["metadata"]["labels"]["tier"] = "web"
    manifest["metadata"]["annotations"] = {"example.com/owner": "blue"}
    return rollout(manifest, currentStepIndex=1, abort=False, promoteFull=True)


VALUES = [
    ("metadata.name", "myapp-rollout"),
    ("metadata.namespace", NAMESPACE),
    ("metadata.uid", UID),
    ("metadata.labels['tier']", "web"),
    ("metadata.annotations['example.com/owner']", "blue"),
    ("metadata.labels['gone']", ""),
    ("metadata.labels", 'app="myapp"\ntier="web"'),
    ("spec.replicas", "3"),
    ("spec.template.spec.containers[0].image", "nginx:1.21.0"),
    ("spec.strategy.canary.steps[0].setWeight", "20"),
    ("spec.template.metadata.labels['app']", "myapp"),
    ("status.currentStepIndex", "1"),
    ("status.promoteFull", "true"),
]


@pytest.mark.parametrize(("path", "value"), VALUES)
def test_a_field_is_read_by_its_path(path: str, value: str) -> None:
    assert field_value(shop(), path) == value


BAD = [
    ("metadata.finalizers", "unsupported fieldPath: metadata.finalizers"),
    ("spec.gone", "invalid path spec.gone in rollout"),
    ("spec.template", "invalid path spec.template in rollout"),
    ("spec.template.spec.containers[7].image", "invalid path spec.template.spec.containers[7].image in rollout"),
    ("", "invalid path  in rollout"),
]


@pytest.mark.parametrize(("path", "text"), BAD)
def test_a_path_that_leads_to_no_value_is_an_error(path: str, text: str) -> None:
    with pytest.raises(BuildError) as error:
        field_value(shop(), path)
    assert str(error.value) == text


def test_the_hashes_of_both_versions_can_be_handed_on() -> None:
    given = [
        {"name": "a", "value": "x"},
        {"name": "b", "valueFrom": {"podTemplateHashValue": "Latest"}},
        {"name": "c", "valueFrom": {"podTemplateHashValue": "Stable"}},
        {"name": "d", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
    ]
    args = msgspec.convert(given, list[AnalysisRunArgument])
    found = {arg.name: arg.value for arg in arguments(args, shop(), stable="old", latest="new")}
    assert found == {"a": "x", "b": "new", "c": "old", "d": "myapp-rollout"}
