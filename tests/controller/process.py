"""The controller as a process of its own, for one namespace."""

import multiprocessing
import os
import time
from multiprocessing import forkserver
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest

from controller.forked import serve
from serinus.local import guard

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["serinus.cli.controller", "serinus.controller.main"])
"""Controllers are forked off a process that has the program loaded: that costs more than most stories with it."""


class ControllerProcess:
    """Starts, kills and starts again what ``serinus up`` runs beside the cluster.

    It dies with the cluster's guard: a crashed test leaves nothing behind.
    """

    def __init__(self, cluster: Any, namespace: str, log: Path, *flags: str, packages: Path | None = None) -> None:
        self.log = log
        self._args = [
            *("controller", "--namespaced", "--no-leader-elect"),
            *("--kubeconfig", str(cluster.kubeconfig), "--context", cluster.controller_context, "-n", namespace),
            *("--bind-address", "127.0.0.1", "--metricsPort", "0", "--healthzPort", "0", "--loglevel", "debug"),
            *flags,
        ]
        self._mark = cluster.mark
        self._packages = [] if packages is None else [str(packages)]
        self._begin = 0
        self._process: BaseProcess | None = None

    def start(self) -> None:
        """Start it; returns at once."""
        self._begin = self.log.stat().st_size if self.log.exists() else 0
        start_loaded(self._mark)
        self._process = PROCESSES.Process(target=serve, args=(self._args, str(self.log), self._packages))
        self._process.start()

    def wait_ready(self, limit: float = 60.0) -> None:
        """Wait until it serves; fail with what it said instead."""
        deadline = time.monotonic() + limit
        while "serving" not in self._said():
            if not self.is_running or time.monotonic() > deadline:
                pytest.fail(f"the controller does not serve: {self._said()[-2000:]}")
            time.sleep(0.05)

    def _said(self) -> str:
        """What it has said since its last start."""
        return self.log.read_bytes()[self._begin :].decode(errors="replace") if self.log.exists() else ""

    def kill(self) -> None:
        """End it as a crash does: nothing is put in order."""
        assert self._process is not None
        self._process.kill()
        self._process.join(10)

    def stop(self) -> int:
        """End it in good order; returns the exit code."""
        assert self._process is not None
        self._process.terminate()
        self._process.join(20)
        assert self._process.exitcode is not None, "the controller does not end"
        return self._process.exitcode

    @property
    def is_running(self) -> bool:
        """Whether it lives."""
        return self._process is not None and self._process.is_alive()


def start_loaded(mark: str) -> None:
    """Start what controllers are forked off, if it does not run yet; it carries the guard's mark, and so do they."""
    before = os.environ.get(guard.MARK)
    os.environ[guard.MARK] = mark
    try:
        forkserver.ensure_running()
    finally:
        if before is None:
            del os.environ[guard.MARK]
        else:
            os.environ[guard.MARK] = before
