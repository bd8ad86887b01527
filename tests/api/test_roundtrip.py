"""What manifests say survives being read and written: every field, under its own name."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from serinus.api.analysis import AnalysisRun, AnalysisTemplate, ClusterAnalysisTemplate
from serinus.api.experiment import Experiment
from serinus.api.rollout import Rollout
from serinus.api.status import TrafficWeights, WeightDestination
from serinus.api.workload import ReplicaSet

MANIFESTS = sorted((Path(__file__).parent / "manifests").glob("*.yaml"))
TYPES = {
    type_.__name__: type_ for type_ in (AnalysisRun, AnalysisTemplate, ClusterAnalysisTemplate, Experiment, Rollout)
}


def load(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text())


def there_and_back(manifest: dict[str, Any]) -> dict[str, Any]:
    read = msgspec.json.decode(msgspec.json.encode(manifest), type=TYPES[manifest["kind"]])
    return msgspec.json.decode(msgspec.json.encode(read))


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.stem)
def test_a_manifest_comes_back_as_it_was(path: Path) -> None:
    manifest = load(path)
    back = there_and_back(manifest)
    for part in ("spec", "status"):
        if part in manifest:
            assert back[part] == manifest[part]


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.stem)
def test_unknown_fields_are_ignored_when_read_and_not_written(path: Path) -> None:
    manifest = load(path)
    known = there_and_back(manifest)
    manifest |= {"unknown": 1}
    manifest["spec"]["unknown"] = {"a": [1]}
    manifest.setdefault("status", {})["unknown"] = "x"
    back = there_and_back(manifest)
    assert back["spec"] == known["spec"]
    assert "unknown" not in back
    assert "unknown" not in back.get("status", {})


def test_a_weight_of_zero_is_written_because_its_definition_requires_it() -> None:
    weights = TrafficWeights(canary=WeightDestination(weight=0), stable=WeightDestination(weight=100))
    assert msgspec.to_builtins(weights) == {"canary": {"weight": 0}, "stable": {"weight": 100}}


def test_pause_conditions_that_a_user_set_to_null_are_none() -> None:
    rollout = msgspec.json.decode(b'{"metadata": {"name": "a"}, "status": {"pauseConditions": null}}', type=Rollout)
    assert rollout.status.pauses == ()


def test_a_replica_set_condition_needs_only_type_and_status() -> None:
    text = b'{"metadata": {"name": "a"}, "status": {"conditions": [{"type": "ReplicaFailure", "status": "True"}]}}'
    assert msgspec.json.decode(text, type=ReplicaSet).status.conditions[0].message == ""


def test_a_missing_field_is_an_error_that_names_it() -> None:
    text = b'{"metadata": {}, "spec": {"strategy": {"blueGreen": {}}}}'
    with pytest.raises(msgspec.ValidationError, match="activeService"):
        msgspec.json.decode(text, type=Rollout)
