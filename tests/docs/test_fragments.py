"""What pages show in YAML is what the controller reads: no field of another name, no value of another type."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from serinus.lint.check import check
from serinus.plugins import routers
from stories.manifests import rollout

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCED = re.compile(r"^```ya?ml\n(.*?)^```", re.DOTALL | re.MULTILINE)

TEMPLATE = {"apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisTemplate", "metadata": {"name": "shown"}}

Manifest = dict[str, Any]


def fragments() -> Iterator[Any]:
    for page in PAGES:
        for number, text in enumerate(FENCED.findall(page.read_text()), 1):
            yield pytest.param(yaml.safe_load(text), id=f"{page.name} {number}")


def whole(fragment: Manifest) -> Manifest:
    """The object that a fragment is a part of."""
    if "kind" in fragment:
        return fragment
    canary = {"trafficRouting", "steps", "pingPong", "stableService", "canaryService", "analysis"}
    if "strategy" in fragment:
        return _rollout(fragment)
    if fragment.keys() <= canary:
        return _rollout({"strategy": {"canary": fragment}})
    if "metrics" in fragment.get("spec", {}):
        return TEMPLATE | fragment
    if "spec" in fragment:
        return _rollout(fragment["spec"])
    return TEMPLATE | {"spec": {"metrics": [{"name": "shown", "provider": fragment}]}}


def _rollout(spec: Manifest) -> Manifest:
    around = rollout()
    return around | {"spec": around["spec"] | spec}


@pytest.mark.parametrize("fragment", list(fragments()))
def test_a_fragment_has_the_fields_that_there_are(fragment: Manifest) -> None:
    found = check({"page.yaml": yaml.safe_dump(whole(fragment))}, routers()).findings
    assert [str(item) for item in found if item.rule in {"unknown-field", "type", "required"}] == []


def test_examples_are_right() -> None:
    files = {str(path): path.read_text() for path in sorted((ROOT / "examples").rglob("*.yaml"))}
    assert files
    assert check(files, routers()).findings == ()
