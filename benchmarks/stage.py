"""A cluster and a controller of our own, for a measurement that needs nothing else."""

import asyncio
import os
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.subject import Subject
from serinus.kube import ConnectionOptions, load_connection
from serinus.local import state
from serinus.local.access import Users
from serinus.local.build import build
from serinus.local.errors import LocalError
from serinus.local.processes import Processes
from serinus.local.programs import control_plane

IMAGES = '{"images": [{"image": "*", "stateOnly": true}]}'
"""Pods are ready without a process: nginx would cost more than what is measured."""
_NAME = "bench"
_UP_SECONDS = 120.0
_GRACE = 30.0


@dataclass(frozen=True)
class Wish:
    """How the controller should run."""

    qps: float = 1000.0
    burst: int = 2000
    drain_seconds: int = 5
    profile: Path | None = None
    """Where cProfile should write what the controller spent its time on."""

    def argv(self, cluster: state.State) -> list[str]:
        """The controller's command line."""
        profiler = ["-m", "cProfile", "-o", str(self.profile.absolute())] if self.profile else []
        access = ["--kubeconfig", cluster.kubeconfig, "--context", cluster.controller_context]
        pace = ["--qps", str(self.qps), "--burst", str(self.burst), "--drain-seconds", str(self.drain_seconds)]
        alone = ["--no-leader-elect", "--bind-address", "127.0.0.1", "--metricsPort", "0", "--healthzPort", "0"]
        return [sys.executable, *profiler, "-m", "serinus", "controller", *access, *pace, *alone]


@asynccontextmanager
async def own_subject(wish: Wish) -> AsyncIterator[Subject]:
    """A fresh cluster and a controller, each a process of its own; both are gone afterwards."""
    await build(control_plane())
    with TemporaryDirectory(prefix="serinus-bench-") as folder:
        async with Processes() as processes:
            cluster, found = await _cluster(processes, Path(folder))
            with (Path(folder) / "controller.log").open("wb") as log:
                controller = await processes.start(wish.argv(found), stdout=log, stderr=log)
            options = ConnectionOptions(kubeconfig=found.kubeconfig, context=found.context)
            assert found.audit_log is not None
            try:
                yield Subject(
                    load_connection(options),
                    user=Users().controller.name,
                    pid=controller.pid,
                    audit_log=Path(found.audit_log),
                    is_disposable=True,
                )
            finally:
                await processes.stop(controller, grace=_GRACE)
                await processes.stop(cluster, grace=_GRACE)


async def _cluster(processes: Processes, folder: Path) -> tuple[Process, state.State]:
    """A cluster without a controller, in a process of its own: its node must not share our loop."""
    images, said = folder / "images.json", folder / "up.log"
    images.write_text(IMAGES)
    argv = [sys.executable, "-m", "serinus", "up", "--no-controller", "--name", _NAME, "--images", str(images)]
    env = {**os.environ, "SERINUS_STATE": str(folder)}
    with said.open("wb") as log:
        process = await processes.start(argv, env=env, stdout=log, stderr=log)
    try:
        async with asyncio.timeout(_UP_SECONDS):
            return process, await _ready(process, folder / _NAME)
    except TimeoutError:
        raise LocalError(f"the cluster was not ready after {_UP_SECONDS:.0f} s: {said.read_text()[-500:]}") from None


async def _ready(process: Process, folder: Path) -> state.State:
    while True:
        found = state.read_if_sound(folder)
        if found is not None and found.ready:
            return found
        if process.returncode is not None:
            said = (folder.parent / "up.log").read_text().strip()
            raise LocalError(f"the cluster ended with code {process.returncode}: {said[-500:]}")
        await asyncio.sleep(0.1)
