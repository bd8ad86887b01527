"""Every story plays in two worlds."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from controller.process import ControllerProcess
from serinus.plan import Settings
from stories import smoke
from stories.real import real_stage
from stories.simulated import COMPATIBLE, Simulated
from stories.stage import Stage

REAL = pytest.param("cluster", marks=[pytest.mark.cluster, pytest.mark.timeout(180)])
PRUNED = pytest.param("pruned", marks=pytest.mark.pruned)
WORLDS = [0, 1, PRUNED, REAL]
"""Two seeds of the world, a third one under the definitions of Argo Rollouts, and the real cluster."""


def named(world: int | str) -> str:
    return f"simulated{world}" if isinstance(world, int) else world


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the stories that need fields which the definitions of Argo Rollouts do not have, where those hold."""
    lost = [item for item in items if item.get_closest_marker("pruned") and item.get_closest_marker("own_fields")]
    config.hook.pytest_deselected(items=lost)
    items[:] = [item for item in items if item not in lost]


@pytest.fixture(params=WORLDS, ids=named)
async def stage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stage]:
    """Where a story plays."""
    async with _stage(request, tmp_path, Settings()) as found:
        yield found


@pytest.fixture(params=WORLDS[:-1], ids=named)
async def simulated_stage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stage]:
    """Where a story plays that waits long, and that a real cluster would tell no better."""
    async with _stage(request, tmp_path, Settings()) as found:
        yield found


@pytest.fixture(params=WORLDS, ids=named)
async def keeping_stage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stage]:
    """Where a story plays whose controller keeps canary routes, at weight 0."""
    async with _stage(request, tmp_path, Settings(traffic_cleanup="zero")) as found:
        yield found


@pytest.fixture(params=WORLDS, ids=named)
async def left_stage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stage]:
    """Where a story plays that begins without a controller."""
    async with _stage(request, tmp_path, Settings(), is_left=True) as found:
        yield found


@pytest.fixture(params=WORLDS[:-1], ids=named)
async def simulated_left_stage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stage]:
    """The same, in the world alone."""
    async with _stage(request, tmp_path, Settings(), is_left=True) as found:
        yield found


@pytest.fixture(params=WORLDS, ids=named)
async def plugged_stage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stage]:
    """Where a story plays beside whose controller a step plugin is installed."""
    packages = tmp_path / "packages"
    smoke.install(packages)
    async with _stage(request, tmp_path, Settings(), packages=packages) as found:
        if isinstance(found, Simulated):
            found.world.steps = smoke.reply
        yield found


@asynccontextmanager
async def _stage(
    request: pytest.FixtureRequest,
    folder: Path,
    settings: Settings,
    *,
    packages: Path | None = None,
    is_left: bool = False,
) -> AsyncIterator[Stage]:
    if request.param != "cluster":
        is_pruned = request.param == "pruned"
        simulated = Simulated(seed=2 if is_pruned else request.param, settings=settings)
        simulated.world.server.schemas = COMPATIBLE if is_pruned else {}
        simulated.world.has_controller = not is_left
        yield simulated
        simulated.check()
        return
    which = "argos_" if request.node.get_closest_marker("argos_definitions") else ""
    cluster, namespace = request.getfixturevalue(f"{which}cluster"), request.getfixturevalue(f"{which}namespace")
    flags = (f"--traffic-cleanup={settings.traffic_cleanup}", "--event-qps=50")
    process = ControllerProcess(cluster, namespace, folder / "controller.log", *flags, packages=packages)
    with _ending(process) as controller:
        if not is_left:
            controller.start()
        async with real_stage(cluster, namespace, controller) as real:
            yield real


@contextmanager
def _ending(controller: ControllerProcess) -> Iterator[ControllerProcess]:
    try:
        yield controller
        assert controller.is_running, f"the controller ended: {controller.log.read_text()[-2000:]}"
    finally:
        if controller.is_running:
            controller.stop()
