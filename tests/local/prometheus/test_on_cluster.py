"""Prometheus in a cluster's life."""

import json
import os
import signal
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

from scraping import processes_of
from serinus.local.build import binary_of
from serinus.local.folders import make_folder
from serinus.local.programs import control_plane

pytestmark = pytest.mark.cluster


def ask(address: str, query: str) -> list[dict]:
    """The result of an instant query; nothing while it does not answer."""
    text = urllib.parse.urlencode({"query": query})
    try:
        with urllib.request.urlopen(f"{address}/api/v1/query?{text}", timeout=10) as reply:
            return json.loads(reply.read())["data"]["result"]
    except (urllib.error.URLError, ConnectionError):
        return []


@pytest.mark.usefixtures("prometheus")
async def test_it_comes_back_with_its_memory_and_ends_with_the_cluster(serinus) -> None:
    up = await serinus.up("--prometheus")
    state, folder = serinus.state(), serinus.root / "default" / "prometheus"
    address = state["pages"]["prometheus"]
    assert state["hosts"]["prometheus.monitoring:9090"] == address.removeprefix("http://")
    assert ask(address, "vector(1)")[0]["value"][1] == "1"
    (first,) = processes_of(folder)
    os.kill(first, signal.SIGKILL)
    await serinus.until(lambda: processes_of(folder) not in ([], [first]) and ask(address, "vector(1)"))
    up.send_signal(signal.SIGTERM)
    _, errors = await up.communicate()
    assert (up.returncode, errors) == (0, b"")
    assert serinus.left() == []


async def test_a_build_that_fails_stops_only_who_wants_it(
    serinus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plane = binary_of(control_plane())
    monkeypatch.setenv("SERINUS_CACHE", str(tmp_path / "cache"))
    make_folder(tmp_path / "cache")
    binary_of(control_plane()).symlink_to(plane)
    monkeypatch.setenv("GOPROXY", "off")
    monkeypatch.setenv("GOMODCACHE", str(tmp_path / "modules"))
    code, _, errors = await serinus.run("up", "--no-controller", "--prometheus")
    assert code == 1
    assert "Error: fetching Go modules failed with exit code 1; the log is " in errors
    assert serinus.left() == []
    await serinus.up()
