"""The cluster that the tests share ends with the tests."""

import os
import sys
from pathlib import Path

import pytest

from serinus.local import state

pytestmark = pytest.mark.cluster

CONFTEST = Path(__file__).parent.parent
TEST = """
import time
import pytest

@pytest.mark.cluster
def test_pause(cluster):
    time.sleep(600)
"""
SETTINGS = "[pytest]\nmarkers = cluster: as elsewhere\n"


async def test_it_ends_with_pytest_also_when_pytest_is_killed(serinus, tmp_path: Path) -> None:
    (tmp_path / "test_pause.py").write_text(TEST)
    (tmp_path / "pytest.ini").write_text(SETTINGS)
    serinus.root.mkdir(exist_ok=True)
    argv = [sys.executable, "-m", "pytest", "-p", "conftest", str(tmp_path / "test_pause.py")]
    env = {**os.environ, "PYTHONPATH": str(CONFTEST), "TMPDIR": str(serinus.root)}
    for name in [name for name in env if name.startswith("PYTEST_")]:
        del env[name]  # it is no worker of ours
    tests = await serinus.processes.start(argv, env=env)
    await serinus.until(lambda: is_up(serinus.root))
    assert any("kube-apiserver" in line for line in serinus.left())
    tests.kill()
    await serinus.until(lambda: not serinus.left())


def is_up(root: Path) -> bool:
    """Whether the one cluster below a folder is ready."""
    found = [state.read_if_sound(path.parent) for path in root.glob(f"*/*/{state.FILE}")]
    return any(one is not None and one.ready for one in found)
