"""A router is what the table of changes says: a file, an entry point, a folder of cases, and a page."""

import re
from pathlib import Path

import pytest

from serinus import plugins
from traffic.layers import BUILT_IN, folder, layer, point, reader

ROOT = Path(__file__).parents[2]
WITH_WORDS = {"alb", "gateway", "istio", "nginx"}
"""Those that a decision knows: rules about fields that they alone have, and what is theirs by another name."""
OF_ALL = (
    "building/test_routers.py",
    "controller/test_routers.py",
    "traffic/cases.py",
    "traffic/layers.py",
    "traffic/test_cases.py",
    "traffic/test_conformance.py",
    "traffic/test_in_the_world.py",
)
"""The tests that play with every router."""


def test_every_vendor_is_registered() -> None:
    files = {path.stem for path in (ROOT / "src/serinus/traffic").glob("*.py")}
    built_in = [one for one in plugins.entry_points(group=plugins.ROUTERS) if one.value.startswith("serinus.")]
    assert {one.module.rpartition(".")[2] for one in built_in} <= files
    assert len(built_in) >= 9


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_router_touches_the_files_of_the_table_and_no_others(name: str) -> None:
    assert point(name).module == f"serinus.traffic.{name}"
    for path in (ROOT / "src/serinus").rglob("*.py"):
        if path.parent.name != "traffic":
            assert f"serinus.traffic.{name}" not in path.read_text(), f"{path} knows a vendor"


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_folder_of_a_router_says_all_that_the_tests_of_every_router_play_with(name: str) -> None:
    found, where = layer(name), folder(name) / "layer.yaml"
    assert (folder(name) / found.sample).is_file(), f"{where}: sample: there is no case {found.sample}"
    assert callable(reader(name))
    assert bool(found.story) != bool(found.elsewhere), f"{where}: a story for the real cluster, or where it is told"
    assert (ROOT / found.elsewhere).exists(), f"{where}: elsewhere: there is no {found.elsewhere}"


@pytest.mark.parametrize("file", OF_ALL)
def test_the_tests_of_every_router_have_no_line_for_one(file: str) -> None:
    text = (ROOT / "tests" / file).read_text()
    for name in sorted({*BUILT_IN} - (WITH_WORDS if file.startswith("building/") else set())):
        assert f'"{name}"' not in text, f"tests/{file} has a line for {name}: its folder says what is its own"
        assert f"serinus.traffic.{name}" not in text, f"tests/{file} takes {name} from its file, not by its entry point"


@pytest.mark.parametrize("name", sorted({*BUILT_IN} - WITH_WORDS))
def test_a_decision_about_a_rollout_names_no_layer_that_needs_no_word_of_its_own(name: str) -> None:
    words = rf"\b({name}|{page(name).replace('-', '_')})\b"
    for room in ("rollout", "experiment", "view", "controller"):
        for path in (ROOT / "src/serinus" / room).glob("*.py"):
            assert re.search(words, path.read_text()) is None, f"{path} knows a vendor"


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_page_of_a_router_says_how_a_weight_is_known_to_be_in_effect(name: str) -> None:
    assert "**Weight in effect.**" in (ROOT / "docs/routers" / f"{page(name)}.md").read_text()
    assert f"({page(name)}.md)" in (ROOT / "docs/routers/README.md").read_text()


def page(name: str) -> str:
    return layer(name).page or name
