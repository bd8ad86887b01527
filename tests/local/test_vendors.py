"""Kinds of other projects."""

import asyncio
import json
from pathlib import Path

import pytest

from serinus.local.errors import LocalError
from serinus.local.vendors import MESH, VENDORS, definitions, known, modern, read_definitions

OLD = {
    "apiVersion": "apiextensions.k8s.io/v1beta1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "birds.test"},
    "spec": {"group": "test", "version": "v1", "scope": "Namespaced", "names": {"plural": "birds", "kind": "Bird"}},
}


def test_an_unknown_vendor_is_told_with_the_known_ones() -> None:
    known_ones = "argo-rollouts, contour, gateway-api, istio, smi, traefik"
    with pytest.raises(LocalError, match=f"unknown vendor 'linkerd'; known are {known_ones}"):
        known("linkerd")


def test_definitions_are_read_out_of_files_of_anything(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "kind: CustomResourceDefinition\napiVersion: apiextensions.k8s.io/v1\nmetadata: {name: x}\n---\n"
        "kind: ConfigMap\nmetadata: {name: y}\n---\n---\n- 1\n"
    )
    assert [one["metadata"]["name"] for one in read_definitions([tmp_path / "a.yaml"])] == ["x"]


def test_a_definition_of_the_old_form_becomes_one_of_today() -> None:
    found = modern(OLD)
    assert found["apiVersion"] == "apiextensions.k8s.io/v1"
    version = found["spec"]["versions"][0]
    assert (version["name"], version["served"], version["storage"]) == ("v1", True, True)
    assert version["schema"]["openAPIV3Schema"]["x-kubernetes-preserve-unknown-fields"]


def test_what_is_kept_is_not_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERINUS_CACHE", str(tmp_path))
    monkeypatch.setenv("PATH", "")
    kept = VENDORS["smi"].kept
    kept.parent.mkdir(parents=True)
    kept.write_text(json.dumps([modern(OLD)]))
    assert [one["metadata"]["name"] for one in _now(["smi", "smi"])] == ["birds.test"]
    kept.write_text("{")
    with pytest.raises(LocalError, match="is broken; remove it"):
        _now(["smi"])


def _now(names: list[str]) -> list[dict]:
    return asyncio.run(definitions(names))


@pytest.mark.parametrize(
    ("vendor", "wanted"),
    [
        ("istio", {"virtualservices.networking.istio.io", "destinationrules.networking.istio.io"}),
        ("gateway-api", {"httproutes.gateway.networking.k8s.io", "gateways.gateway.networking.k8s.io"}),
        ("contour", {"httpproxies.projectcontour.io"}),
        ("smi", {"trafficsplits.split.smi-spec.io"}),
        ("traefik", {"traefikservices.traefik.io"}),
    ],
)
async def test_the_modules_of_the_vendors_hold_their_kinds(vendor: str, wanted: set[str]) -> None:
    found = await definitions([vendor])
    assert wanted <= {one["metadata"]["name"] for one in found}
    assert {one["apiVersion"] for one in found} == {"apiextensions.k8s.io/v1"}


def test_the_mesh_serves_kinds_of_known_vendors() -> None:
    assert set(MESH) <= VENDORS.keys()


async def test_up_refuses_an_unknown_vendor_before_anything_starts(serinus) -> None:
    code, _, errors = await serinus.run("up", "--vendor", "linkerd")
    assert (code, "unknown vendor 'linkerd'; known are" in errors) == (1, True)
    assert serinus.left() == []
