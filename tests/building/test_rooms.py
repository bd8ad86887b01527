"""The house is as ARCHITECTURE.md says."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "serinus"
NAMELESS = {"utils", "common", "helpers", "base", "manager", "context", "misc"}
LONGEST_FILE = 450
LONGEST_FUNCTION = 50


def modules() -> Iterator[Path]:
    return (path for path in sorted(SOURCE.rglob("*.py")) if path.name != "__main__.py")


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("path", sorted(SOURCE.glob("*/__init__.py")), ids=lambda path: path.parent.name)
def test_every_room_states_its_law(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text())) or ""
    assert len(docstring.split()) >= 10, f"{path.parent.name}: say in the docstring what the room is, and must never do"


def test_no_file_is_called_by_a_name_that_says_nothing() -> None:
    assert [path for path in modules() if path.stem in NAMELESS] == []


def test_files_and_functions_stay_readable() -> None:
    long_files = [path.name for path in modules() if len(path.read_text().splitlines()) > LONGEST_FILE]
    long_functions = [
        f"{path.stem}.{node.name}"
        for path in modules()
        for node in functions(path)
        if (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION
    ]
    assert (long_files, long_functions) == ([], [])


def test_the_tour_shows_only_what_exists() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", (ROOT / "ARCHITECTURE.md").read_text())
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_tour_passes_through_every_room() -> None:
    tour = (ROOT / "ARCHITECTURE.md").read_text()
    rooms = [path.parent.name for path in SOURCE.glob("*/__init__.py")]
    assert [room for room in rooms if f"src/serinus/{room})" not in tour] == []


def test_every_dependency_says_why_it_is_here() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    lines = project["dependencies"] + extras["local"] + extras["aws"]
    names = [re.split(r"[<>=; ]", line)[0] for line in lines]
    tour = (ROOT / "ARCHITECTURE.md").read_text()
    assert [name for name in names if name not in tour] == []


def test_nothing_names_a_machine_or_a_registry() -> None:
    hosts = (
        "pypi" + ".org",
        "pythonhosted" + ".org",
        "proxy.golang" + ".org",
        "registry.npmjs" + ".org",
        "/work" + "/main",
    )
    tracked = [path for path in ROOT.rglob("*") if path.is_file() and _is_ours(path)]
    found = [(path.relative_to(ROOT), host) for path in tracked for host in hosts if host in _text(path)]
    assert found == []


def _is_ours(path: Path) -> bool:
    parts = path.relative_to(ROOT).parts
    return not any((part.startswith(".") and part != ".ci") or part in {"__pycache__", "build"} for part in parts)


def _text(path: Path) -> str:
    return path.read_text(errors="replace")
