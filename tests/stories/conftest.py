"""Every story plays in two worlds."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from controller.process import ControllerProcess
from serinus.plan import Settings
from stories.real import real_stage
from stories.simulated import Simulated
from stories.stage import Stage

REAL = pytest.param("cluster", marks=[pytest.mark.cluster, pytest.mark.timeout(180)])
WORLDS = [0, 1, 2, REAL]
"""Seeds of the world, each another order of events, and the real cluster."""


@pytest.fixture(params=WORLDS, ids=lambda world: world if world == "cluster" else f"simulated{world}")
async def stage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stage]:
    """Where a story plays."""
    async with _stage(request, tmp_path, Settings()) as found:
        yield found


@pytest.fixture(params=WORLDS[:-1], ids="simulated{}".format)
async def simulated_stage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stage]:
    """Where a story plays that waits long, and that a real cluster would tell no better."""
    async with _stage(request, tmp_path, Settings()) as found:
        yield found


@pytest.fixture(params=WORLDS, ids=lambda world: world if world == "cluster" else f"simulated{world}")
async def keeping_stage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stage]:
    """Where a story plays whose controller keeps canary routes, at weight 0."""
    async with _stage(request, tmp_path, Settings(traffic_cleanup="zero")) as found:
        yield found


@asynccontextmanager
async def _stage(request: pytest.FixtureRequest, folder: Path, settings: Settings) -> AsyncIterator[Stage]:
    if request.param != "cluster":
        simulated = Simulated(seed=request.param, settings=settings)
        yield simulated
        simulated.check()
        return
    cluster, namespace = request.getfixturevalue("cluster"), request.getfixturevalue("namespace")
    with _controller(cluster, namespace, folder / "controller.log", settings):
        async with real_stage(cluster, namespace) as real:
            yield real


@contextmanager
def _controller(cluster: Any, namespace: str, log: Path, settings: Settings) -> Iterator[None]:
    flags = (f"--traffic-cleanup={settings.traffic_cleanup}", "--event-qps=50")
    process = ControllerProcess(cluster, namespace, log, *flags)
    process.start()
    try:
        yield
        assert process.is_running, f"the controller ended: {log.read_text()[-2000:]}"
    finally:
        process.stop()
