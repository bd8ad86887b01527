"""Manifests that we ship have nothing wrong with them."""

from pathlib import Path

import pytest

from serinus.lint.check import check
from serinus.plugins import routers

ROOT = Path(__file__).parents[2]
SHIPPED = sorted((ROOT / "src" / "serinus" / "demo" / "manifests").glob("*.yaml"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_nothing_is_wrong_with_what_the_demo_applies(path: Path) -> None:
    report = check({path.name: path.read_text()}, routers())
    assert [str(finding) for finding in report.findings] == []
