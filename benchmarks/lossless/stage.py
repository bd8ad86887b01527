"""A cluster with both gateways and a controller, as `serinus up --mesh` gives it."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from serinus.local import demoapp, state
from serinus.local.build import build
from serinus.local.errors import LocalError
from serinus.local.processes import Processes
from serinus.local.programs import control_plane

NAME = "lossless"
UP_SECONDS = 180.0
GRACE = 30.0


@asynccontextmanager
async def cluster(folder: Path) -> AsyncIterator[state.State]:
    """A running cluster, in processes of its own; LocalError when it does not come up."""
    await build(control_plane())
    images = folder / "images.json"
    images.write_text(json.dumps({"images": [{"image": "lossless:*", "command": _app()}]}))
    argv = [sys.executable, "-m", "serinus", "up", "--mesh", "--name", NAME, "--images", str(images)]
    async with Processes() as processes:
        with (folder / "up.log").open("wb") as log:
            env = {**os.environ, "SERINUS_STATE": str(folder)}
            process = await processes.start(argv, env=env, stdout=log, stderr=log)
        try:
            yield await _ready(process, folder)
        finally:
            await processes.stop(process, grace=GRACE)


def _app() -> list[str]:
    return [sys.executable, "-I", str(Path(__file__).parent / "slow_start.py"), demoapp.__file__]


async def _ready(process: Process, folder: Path) -> state.State:
    said = folder / "up.log"
    try:
        async with asyncio.timeout(UP_SECONDS):
            while process.returncode is None:
                found = state.read_if_sound(folder / NAME)
                if found is not None and found.ready and "controller" in found.pids:
                    return found
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise LocalError(f"the cluster was not ready after {UP_SECONDS:.0f} s: {said.read_text()[-500:]}") from None
    raise LocalError(f"the cluster ended with code {process.returncode}: {said.read_text()[-500:]}")
