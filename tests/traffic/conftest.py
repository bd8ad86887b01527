"""The example of a third party's router, installed as its users install it."""

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "router-plugin"


@pytest.fixture(scope="session")
def installed_example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example's package in it; beside nothing else, so that it must be put on the path."""
    target = tmp_path_factory.mktemp("site-packages")
    sources = tmp_path_factory.mktemp("sources") / "router-plugin"
    sources.mkdir()
    for name in ("pyproject.toml", "weights_in_a_configmap.py"):
        (sources / name).write_text((EXAMPLE / name).read_text())
    options = ["--quiet", "--offline", "--no-deps", "--no-build-isolation"]
    argv = [sys.executable, "-m", "uv", "pip", "install", "--python", sys.executable, *options]
    done = subprocess.run([*argv, "--target", target, sources], capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, (
        f"the example cannot be installed; uv and hatchling come with serinus[dev]: {done.stderr}"
    )
    return target


@pytest.fixture
def with_example(installed_example: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The example is installed in this test."""
    monkeypatch.syspath_prepend(str(installed_example))
