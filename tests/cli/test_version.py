"""The version, under the name that the program was called by."""

from typing import Any

import pytest

from serinus import __version__


@pytest.mark.parametrize("name", ["serinus", "kubectl-argo-rollouts"])
def test_the_short_version_is_one_line(name: str, program: Any) -> None:
    assert program("version", "--short", name=name).out == f"{name}: v{__version__}\n"


def test_the_long_version_tells_what_it_runs_on(program: Any) -> None:
    first, *rest = program("version").out.splitlines()
    assert first == f"serinus: v{__version__}"
    assert [line.split(":")[0] for line in rest] == ["  PythonVersion", "  Compiler", "  Platform"]
