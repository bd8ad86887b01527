"""The controller as a process of its own, for one namespace."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from serinus.local import guard


class ControllerProcess:
    """Starts, kills and starts again what ``serinus up`` runs beside the cluster.

    It dies with the cluster's guard: a crashed test leaves nothing behind.
    """

    def __init__(self, cluster: Any, namespace: str, log: Path, *flags: str, packages: Path | None = None) -> None:
        self.log = log
        self._argv = [
            *(sys.executable, "-m", "serinus", "controller", "--namespaced", "--no-leader-elect"),
            *("--kubeconfig", str(cluster.kubeconfig), "--context", cluster.controller_context, "-n", namespace),
            *("--bind-address", "127.0.0.1", "--metricsPort", "0", "--healthzPort", "0", "--loglevel", "debug"),
            *flags,
        ]
        self._env = {guard.MARK: cluster.mark, "PATH": "/usr/bin:/bin"}
        self._env |= {"PYTHONPATH": str(packages)} if packages else {}
        self._begin = 0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; returns at once."""
        self._begin = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._argv, env=self._env, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def wait_ready(self, limit: float = 60.0) -> None:
        """Wait until it serves; fail with what it said instead."""
        deadline = time.monotonic() + limit
        while "serving" not in self._said():
            if not self.is_running or time.monotonic() > deadline:
                pytest.fail(f"the controller does not serve: {self._said()[-2000:]}")
            time.sleep(0.05)

    def _said(self) -> str:
        """What it has said since its last start."""
        return self.log.read_bytes()[self._begin :].decode(errors="replace")

    def kill(self) -> None:
        """End it as a crash does: nothing is put in order."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(10)

    def stop(self) -> int:
        """End it in good order; returns the exit code."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(20)

    @property
    def is_running(self) -> bool:
        """Whether it lives."""
        return self._process is not None and self._process.poll() is None
