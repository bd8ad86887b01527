"""The real cluster that tests marked `cluster` share."""

import asyncio
import contextlib
import fcntl
import json
import os
import secrets
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.error
import urllib.request
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from controller.process import ControllerProcess
from serinus.local import guard
from serinus.local.build import build
from serinus.local.errors import LocalError
from serinus.local.programs import control_plane
from serinus.local.prometheus.binary import prometheus_binary

UP_LIMIT = 90.0
"""Seconds until the cluster must be ready; its programs are compiled before."""
KUBECTL_LIMIT = 60.0
HOW_TO_GET_IT = "see why with `serinus up --no-controller`, which builds what is missing"

SHARED = "SERINUS_TEST_CLUSTER"
"""In the environment of all workers: the folder and the mark of the cluster that they share."""
NAME, ARGOS = "tests", "argos"
"""What the clusters are called: the one of most tests, and the one with the definitions of Argo Rollouts."""
STOP_LIMIT = 30.0

held = pytest.StashKey["tuple[subprocess.Popen[bytes], int]"]()
"""The guard of this run, and the pipe whose end tells it to kill."""
unbuilt = pytest.StashKey[str]()
"""Why the control plane could not be built; empty if it could."""
no_prometheus = pytest.StashKey[str]()
"""Why Prometheus could not be built; empty if it could."""


@dataclass(frozen=True)
class Cluster:
    """A running cluster, as other processes see it."""

    pid: int
    folder: Path
    kubeconfig: Path
    context: str
    controller_context: str
    server: str
    ca: Path
    admin_token: str = field(repr=False)
    controller_token: str = field(repr=False)
    gateways: dict[str, str]
    audit_log: Path
    mark: str
    """In the environment of every process that must end with the cluster."""

    def kubectl(self, *args: str, stdin: str | None = None, context: str | None = None, check: bool = True) -> str:
        """Run kubectl against the cluster and return what it printed."""
        argv = [str(program("kubectl")), "--kubeconfig", str(self.kubeconfig), "--context", context or self.context]
        done = subprocess.run(
            [*argv, *args], check=False, input=stdin, capture_output=True, text=True, timeout=KUBECTL_LIMIT
        )
        if check and done.returncode:
            pytest.fail(f"kubectl {' '.join(args)} ended with {done.returncode}: {done.stderr.strip()}")
        return done.stdout if check else done.stdout + done.stderr

    def ask(self, method: str, path: str, body: dict | None = None) -> None:
        """Say one thing to the API; to start kubectl takes ten times as long."""
        headers = {"Authorization": f"Bearer {self.admin_token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.server + path, data, headers, method=method)
        context = ssl.create_default_context(cafile=self.ca)
        with urllib.request.urlopen(request, timeout=KUBECTL_LIMIT, context=context):
            pass

    def check(self) -> None:
        """Fail when the cluster is gone."""
        if not is_alive(self.pid):
            pytest.fail(f"the cluster ended in mid-run: {last_line(self.folder)}")


def program(name: str) -> Path:
    """Find a program that was installed with the packages of this environment."""
    found = Path(sys.executable).parent / name
    if not found.exists():
        pytest.fail(f"{found} is missing; install the extras: pip install -e '.[dev]'")
    return found


def pytest_collection_finish(session: pytest.Session) -> None:
    """Compile what the tests need before the first of them: it outlasts the time limit of a test."""
    if session.config.option.collectonly or not any(item.get_closest_marker("cluster") for item in session.items):
        return
    capture = session.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        session.config.stash[unbuilt] = trouble_with(build(control_plane()))
        if any("prometheus" in item.fixturenames for item in session.items if isinstance(item, pytest.Function)):
            session.config.stash[no_prometheus] = trouble_with(prometheus_binary())


def trouble_with(work: Coroutine[Any, Any, Path]) -> str:
    """Why something cannot be built; empty if it can."""
    try:
        asyncio.run(work)
    except LocalError as error:
        return str(error)
    except Exception:
        return traceback.format_exc()
    return ""


@pytest.fixture(scope="session")
def prometheus(request: pytest.FixtureRequest) -> None:
    """Prometheus can be started at once."""
    if trouble := request.config.stash.get(no_prometheus, ""):
        pytest.fail(f"no Prometheus: {trouble}; see why with `serinus up --prometheus`, which builds what is missing")


def pytest_configure(config: pytest.Config) -> None:
    """Hold what ends the cluster when this run ends, however it ends; its workers share the cluster."""
    if is_worker(config):
        return
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as shells start what runs in the background
        signal.signal(signal.SIGINT, signal.default_int_handler)
    root, mark = Path(tempfile.mkdtemp(prefix="serinus-tests-")), secrets.token_hex(8)
    os.environ[SHARED] = json.dumps([str(root), mark])
    config.stash[held] = start_guard(mark)


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the cluster in good order; the guard kills what is left."""
    if is_worker(config) or held not in config.stash:
        return
    watchdog, pipe = config.stash[held]
    root = Path(json.loads(os.environ.pop(SHARED))[0])
    for name in (NAME, ARGOS):
        stop_cluster(root / name)
    os.close(pipe)
    watchdog.wait(30)
    shutil.rmtree(root, ignore_errors=True)


def is_worker(config: pytest.Config) -> bool:
    """Whether this process runs a share of the tests for another one."""
    return hasattr(config, "workerinput")


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest) -> Cluster:
    """A bare cluster that lives as long as the test run, and no longer; the first who asks starts it."""
    return shared_cluster(request.config, NAME)


@pytest.fixture(scope="session")
def argos_cluster(request: pytest.FixtureRequest) -> Cluster:
    """Another one, with the definitions of Argo Rollouts in the place of ours."""
    return shared_cluster(request.config, ARGOS, "--vendor", "argo-rollouts")


def shared_cluster(config: pytest.Config, name: str, *flags: str) -> Cluster:
    """A cluster that all workers share; the first who asks starts it."""
    if trouble := config.stash.get(unbuilt, ""):
        pytest.fail(f"no cluster: {trouble}; {HOW_TO_GET_IT}")
    shared, mark = json.loads(os.environ[SHARED])
    folder = Path(shared) / name
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not up_log(folder).exists():
            start_cluster(folder, mark, *flags)
        return running_cluster(folder, mark)


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    """A namespace of its own for a test; its removal is not waited for."""
    with new_namespace(cluster) as name:
        yield name


@pytest.fixture
def argos_namespace(argos_cluster: Cluster) -> Iterator[str]:
    """The same, where the definitions are those of Argo Rollouts."""
    with new_namespace(argos_cluster) as name:
        yield name


@contextlib.contextmanager
def new_namespace(cluster: Cluster) -> Iterator[str]:
    """A namespace; its removal is not waited for."""
    cluster.check()
    name = f"test-{secrets.token_hex(4)}"
    cluster.ask("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
    try:
        yield name
    finally:
        with contextlib.suppress(urllib.error.HTTPError):  # a test may have removed it
            cluster.ask("DELETE", f"/api/v1/namespaces/{name}")


@pytest.fixture
def controller(cluster: Cluster, namespace: str, tmp_path: Path) -> Iterator[ControllerProcess]:
    """The controller, serving the test's namespace."""
    process = ControllerProcess(cluster, namespace, tmp_path / "controller.log")
    process.start()
    process.wait_ready()
    yield process
    if process.is_running:
        assert process.stop() == 0


def start_guard(mark: str) -> "tuple[subprocess.Popen[bytes], int]":
    """Start what ends the cluster when pytest is gone, even by kill -9."""
    reader, writer = os.pipe()
    argv = [sys.executable, "-I", "-S", guard.__file__, mark]
    watchdog = subprocess.Popen(argv, stdin=reader, env={}, cwd="/", start_new_session=True)
    os.close(reader)
    return watchdog, writer


def start_cluster(folder: Path, mark: str, *flags: str) -> None:
    """Start `serinus up` as a user does, in the background; fail with what it says when it cannot."""
    env = {**os.environ, "SERINUS_STATE": str(folder.parent), guard.MARK: mark}
    env.pop("KUBECONFIG", None)
    argv = [sys.executable, "-m", "serinus", "up", "--detach", "--no-controller", "--name", folder.name, *flags]
    with up_log(folder).open("wb") as log:
        done = subprocess.run(
            argv, env=env, check=False, stdin=subprocess.DEVNULL, stdout=log, stderr=log, timeout=UP_LIMIT
        )
    if done.returncode:
        pytest.fail(f"no cluster: {last_line(folder)}; {HOW_TO_GET_IT}")


def stop_cluster(folder: Path) -> None:
    """Ask the cluster to end, if there is one, and wait for it."""
    pid = read_state(folder).get("pid")
    if pid is None:
        return
    deadline = time.monotonic() + STOP_LIMIT
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and was not waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def running_cluster(folder: Path, mark: str) -> Cluster:
    """The cluster as its state file describes it."""
    found = read_state(folder)
    if not found.get("ready"):
        pytest.fail(f"no cluster: {last_line(folder)}; {HOW_TO_GET_IT}")
    users = yaml.safe_load(Path(found["kubeconfig"]).read_text())["users"]
    tokens = {user["name"]: user["user"]["token"] for user in users}
    return Cluster(
        pid=found["pid"],
        folder=folder,
        kubeconfig=Path(found["kubeconfig"]),
        context=found["context"],
        controller_context=found["controller_context"],
        server=found["server"],
        ca=Path(found["ca"]),
        admin_token=tokens[found["context"]],
        controller_token=tokens[found["controller_context"]],
        gateways=found["gateways"],
        audit_log=Path(found["audit_log"]),
        mark=mark,
    )


def read_state(folder: Path) -> dict:
    try:
        return json.loads((folder / "state.json").read_text())
    except FileNotFoundError:
        return {}


def up_log(folder: Path) -> Path:
    """What `serinus up` says of the cluster whose folder that is."""
    return folder.with_suffix(".log")


def last_line(folder: Path) -> str:
    """The last thing that `serinus up` said."""
    return (up_log(folder).read_text().strip().splitlines() or ["it said nothing"])[-1]
