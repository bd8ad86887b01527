"""``serinus crds``: the definitions on standard output."""

import json

import pytest
import yaml
from click.testing import CliRunner

from serinus.api.crds import manifests
from serinus.cli.crds import crds


def output(*args: str) -> str:
    result = CliRunner().invoke(crds, args)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_yaml_holds_one_document_for_each_kind() -> None:
    assert list(yaml.safe_load_all(output())) == manifests()


def test_yaml_has_no_anchors() -> None:
    assert "&id" not in output()


def test_json_is_a_list_that_kubectl_reads() -> None:
    assert json.loads(output("-o", "json")) == {"apiVersion": "v1", "kind": "List", "items": manifests()}


def test_compatible_ones_hold_no_field_of_our_own() -> None:
    assert list(yaml.safe_load_all(output("--compatible"))) == manifests(own_fields=False) != manifests()


@pytest.mark.parametrize("name", ["Rollout", "rollouts", "rollout", "ro", "RO"])
def test_a_kind_is_found_by_any_of_its_names(name: str) -> None:
    assert json.loads(output(name, "-o", "json"))["metadata"]["name"] == "rollouts.argoproj.io"


def test_several_kinds_come_in_the_order_of_the_command() -> None:
    names = [manifest["metadata"]["name"] for manifest in yaml.safe_load_all(output("exp", "ar"))]
    assert names == ["experiments.argoproj.io", "analysisruns.argoproj.io"]


def test_an_unknown_kind_is_a_usage_error_that_lists_the_known_ones() -> None:
    result = CliRunner().invoke(crds, ["deployment"])
    assert result.exit_code == 2
    assert "'deployment'" in result.stderr
    for kind in ("AnalysisRun", "AnalysisTemplate", "ClusterAnalysisTemplate", "Experiment", "Rollout"):
        assert kind in result.stderr
