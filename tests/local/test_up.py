"""`serinus up` and `serinus down`, whatever befalls them."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
import yaml

from serinus.local import state
from serinus.local.cluster import LocalCluster, Settings
from serinus.local.errors import LocalError

pytestmark = pytest.mark.cluster


def kubectl(kubeconfig: str | Path, *args: str) -> str:
    argv = [Path(sys.executable).parent / "kubectl", "--kubeconfig", kubeconfig, *args]
    return subprocess.run(argv, capture_output=True, text=True, check=True, timeout=30).stdout


def page(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as reply:
        return reply.read().decode()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_a_signal_stops_it_cleanly(number: signal.Signals, serinus) -> None:
    up = await serinus.up()
    up.send_signal(number)
    output, errors = await up.communicate()
    assert (up.returncode, errors) == (0, b"")
    assert output.decode().splitlines()[-1].startswith("Stopped. Its data stay in ")
    assert serinus.state() == {}
    assert serinus.left() == []


async def test_killed_it_leaves_no_process_and_down_removes_the_rest(serinus) -> None:
    up = await serinus.up()
    assert len(serinus.left()) >= 5  # itself, three of the control plane, nginx
    up.kill()
    await up.communicate()
    await serinus.until(lambda: not serinus.left())
    code, output, errors = await serinus.run("down")
    assert (code, output, errors) == (0, "Cluster default: was not up, data removed\n", "")
    assert not (serinus.root / "default").exists()


async def test_interrupted_while_it_starts_it_leaves_no_process(serinus) -> None:
    up = await serinus.start("up", "--no-controller")
    await serinus.until(lambda: any("kube-apiserver" in line for line in serinus.left()))
    up.send_signal(signal.SIGINT)
    _, errors = await up.communicate()
    assert (up.returncode, errors) == (1, b"Error: stopped before the cluster was ready\n")
    assert serinus.left() == []


async def test_a_name_that_is_up_is_refused_and_another_is_not(serinus) -> None:
    first = await serinus.up(name="one")
    second = await serinus.up(name="two")
    code, output, errors = await serinus.run("up", "--name", "one")
    assert (code, output) == (1, "")
    assert errors == "Error: a cluster named 'one' is already up; stop it with `serinus down --name one`\n"
    assert serinus.state("one")["server"] != serinus.state("two")["server"]
    for name in ("one", "two"):
        assert kubectl(serinus.state(name)["kubeconfig"], "get", "--raw", "/readyz") == "ok"
    code, output, _ = await serinus.run("down", "--all")
    assert (code, output) == (0, "Cluster one: stopped, data removed\nCluster two: stopped, data removed\n")
    assert [await process.wait() for process in (first, second)] == [0, 0]
    assert serinus.left() == []


async def test_what_it_holds_outlives_a_stop_but_not_down(serinus) -> None:
    up = await serinus.up()
    kubectl(serinus.state()["kubeconfig"], "create", "configmap", "song", "--from-literal=word=tweet")
    code, output, _ = await serinus.run("down", "--keep")
    assert (code, output) == (0, "Cluster default: stopped\n")
    await up.communicate()
    up = await serinus.up()
    assert kubectl(serinus.state()["kubeconfig"], "get", "configmap", "song", "-ojsonpath={.data.word}") == "tweet"
    await serinus.run("down")
    assert not (serinus.root / "default").exists()


@pytest.mark.parametrize("name", ["etcd", "kube-apiserver", "kube-controller-manager"])
async def test_a_program_that_ends_in_mid_run_is_named(name: str, serinus) -> None:
    up = await serinus.up()
    os.kill(serinus.state()["pids"][name], signal.SIGKILL)
    _, errors = await up.communicate()
    log = serinus.root / "default" / "logs" / f"{name}.log"
    assert (up.returncode, errors.decode()) == (1, f"Error: {name} ended with code -9; its log is {log}\n")
    assert serinus.left() == []


async def test_a_program_that_ends_beside_it_ends_the_block(tmp_path: Path) -> None:
    async def fly() -> None:
        async with LocalCluster(Settings(root=tmp_path)) as cluster:
            argv = [sys.executable, "-c", "print('tweet'); raise SystemExit(3)"]
            await cluster.run_beside("bird", argv, health="http://127.0.0.1:1/healthz")

    with pytest.raises(LocalError, match=r"bird ended with code 3; its log is .*/logs/bird\.log, and it said: tweet"):
        await fly()


async def test_with_the_controller_it_is_ready_when_that_is_and_ends_with_it(serinus) -> None:
    code, output, errors = await serinus.run("up", "--detach")
    assert (code, errors) == (0, "")
    found = serinus.state()
    assert found["pages"]["metrics"] in output
    assert "# HELP" in page(found["pages"]["metrics"])
    os.kill(found["pids"]["controller"], signal.SIGKILL)
    await serinus.until(lambda: not serinus.left())
    said = (serinus.root / "default" / "up.log").read_text()
    assert said.endswith(
        f"Error: controller ended with code -9; its log is {serinus.root}/default/logs/controller.log\n"
    )


async def test_detached_it_runs_on_with_a_copy_of_the_kubeconfig(serinus, tmp_path: Path) -> None:
    copy = tmp_path / "copy.yaml"
    code, output, errors = await serinus.run("up", "--no-controller", "--detach", "--kubeconfig-out", str(copy))
    assert (code, errors) == (0, "")
    assert f"export KUBECONFIG={copy}" in output
    assert serinus.state()["server"] in output
    assert kubectl(copy, "get", "--raw", "/readyz") == "ok"
    assert oct(copy.stat().st_mode & 0o777) == "0o600"
    again, _, errors = await serinus.run("up", "--detach")
    assert (again, errors) == (
        1,
        "Error: a cluster named 'default' is already up; stop it with `serinus down --name default`\n",
    )
    assert (await serinus.run("down"))[:2] == (0, "Cluster default: stopped, data removed\n")
    assert serinus.left() == []


async def test_without_an_audit_log_there_is_none(serinus) -> None:
    await serinus.up("--no-audit")
    assert serinus.state()["audit_log"] is None
    assert not (serinus.root / "default" / "audit.log").exists()


async def test_ports_that_others_took_are_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from serinus.local import plane  # noqa: PLC0415

    taken = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = taken.sockets[0].getsockname()[1]
    real, asked = plane.free_ports, []

    def unlucky(count: int) -> list[int]:
        asked.append(count)
        return [*real(count - 1), port] if len(asked) == 1 else real(count)

    monkeypatch.setattr(plane, "free_ports", unlucky)
    async with taken, LocalCluster(Settings(root=tmp_path / "own")) as cluster:
        assert len(asked) == 2
        assert kubectl(cluster.kubeconfig, "get", "--raw", "/readyz") == "ok"


async def test_in_a_program_it_is_a_block(tmp_path: Path) -> None:
    async with LocalCluster(Settings("inside", root=tmp_path)) as cluster:
        found = yaml.safe_load(cluster.kubeconfig.read_text())
        assert found["current-context"] == "serinus-inside"
        assert [user["user"]["token"] for user in found["users"]] == [cluster.admin_token, cluster.controller_token]
        assert json.loads((cluster.state / state.FILE).read_text())["gateways"] == cluster.gateways
        assert cluster.gateways["nginx"].startswith("127.0.0.1:")
    assert not (cluster.state / state.FILE).exists()
