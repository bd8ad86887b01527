"""Routers of third parties: found by name, named when they are not."""

from pathlib import Path

import pytest

from rollout.scenes import rollout, routed_scene
from serinus import plugins
from serinus.rollout.validate import problem
from stories import manifests

FIELD = "spec.strategy.canary.trafficRouting.plugins"
WEIGHTS = "example.com/weights"


def scene(**named: object):  # type: ignore[no-untyped-def]
    return routed_scene(rollout(manifests.routed((manifests.weight(10),), trafficRouting={"plugins": named})))


@pytest.mark.usefixtures("with_example")
def test_a_router_of_a_third_party_serves_under_its_name() -> None:
    routers = plugins.routers()
    assert WEIGHTS in [router.name for router in routers]
    assert problem(scene(**{WEIGHTS: {"configMap": "web"}}), routers) == ""


@pytest.mark.usefixtures("with_example")
def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    known = [router.name for router in plugins.routers() if "/" in router.name]
    assert len(known) > 1
    assert known[-1] == WEIGHTS
    assert problem(scene(**{"example.com/wieghts": {}}), plugins.routers()) == (
        f"{FIELD}[example.com/wieghts]: Forbidden: no such router is installed; there are: {', '.join(known)}"
    )


def test_without_its_package_it_is_unknown() -> None:
    assert problem(scene(**{WEIGHTS: {}}), plugins.routers()).startswith(f"{FIELD}[{WEIGHTS}]: Forbidden: no such")


def test_options_reach_the_router_that_they_name() -> None:
    (smi,) = (router for router in plugins.routers({"smi": {"api_version": "v1alpha3"}}) if router.name == "SMI")
    asked = rollout(manifests.routed((), trafficRouting={"smi": {}}))
    assert [ref.kind.api_version for ref in smi.reads(asked)] == ["split.smi-spec.io/v1alpha3"]


def test_a_name_that_two_packages_claim_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packaged(tmp_path, "smi = other.place:Smi")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(plugins.PluginError, match=r"smi of serinus.routers is claimed by .* and .*: uninstall one"):
        plugins.routers()


def test_a_package_that_is_broken_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packaged(tmp_path, "broken = nowhere.to.be.found:Router")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(
        plugins.PluginError, match=r"broken of serinus.routers \(nowhere.*\) cannot be loaded: No module"
    ):
        plugins.routers()


def packaged(folder: Path, entry_point: str) -> None:
    """A package that claims a name."""
    info = folder / "other-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 1\n")
    (info / "entry_points.txt").write_text(f"[serinus.routers]\n{entry_point}\n")
