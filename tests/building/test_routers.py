"""A router is what the table of changes says: a file, an entry point, cases, and a page."""

import re
from pathlib import Path

import pytest

from serinus import plugins

ROOT = Path(__file__).parents[2]
PAGES = {"gateway": "gateway-api", "appmesh": "app-mesh"}
"""Those whose page has another name."""

BUILT_IN = {
    point.name: point for point in plugins.entry_points(group=plugins.ROUTERS) if point.value.startswith("serinus.")
}


def test_every_vendor_is_registered() -> None:
    files = {path.stem for path in (ROOT / "src/serinus/traffic").glob("*.py")}
    assert {point.module.rpartition(".")[2] for point in BUILT_IN.values()} <= files
    assert len(BUILT_IN) >= 9


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_router_touches_the_files_of_the_table_and_no_others(name: str) -> None:
    assert BUILT_IN[name].module == f"serinus.traffic.{name}"
    assert list((ROOT / "tests/traffic" / name).glob("*.yaml")), "given and wanted"
    for path in (ROOT / "src/serinus").rglob("*.py"):
        if path.parent.name != "traffic":
            assert f"serinus.traffic.{name}" not in path.read_text(), f"{path} knows a vendor"


@pytest.mark.parametrize("layer", ["ambassador", "apisix", "app_mesh", "smi", "traefik"])
def test_a_decision_about_a_rollout_names_no_layer_that_needs_no_word_of_its_own(layer: str) -> None:
    for room in ("rollout", "experiment", "view", "controller"):
        for path in (ROOT / "src/serinus" / room).glob("*.py"):
            assert re.search(rf"\b{layer}\b", path.read_text()) is None, f"{path} knows a vendor"


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_page_of_a_router_says_how_a_weight_is_known_to_be_in_effect(name: str) -> None:
    page = f"{PAGES.get(name, name)}.md"
    assert "**Weight in effect.**" in (ROOT / "docs/routers" / page).read_text()
    assert f"({page})" in (ROOT / "docs/routers/README.md").read_text()
