"""A kubelet that starts again over the same folder goes on where it was."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from serinus.kube import Client, ConnectionOptions, load_connection
from serinus.local.cluster import LocalCluster, Settings

PODS = "/api/v1/namespaces/default/pods"
CONTAINERS = {
    "web": {"image": "nginx:1", "ports": [{"containerPort": 80}]},
    "done": {"image": "x", "command": ["sh", "-c", "echo well"]},
}


@pytest.fixture
async def settings(tmp_path: Path) -> Settings:
    return Settings(name="again", root=tmp_path)


async def until(client: Client, name: str, holds: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    while True:
        pod = await client.get(f"{PODS}/{name}")
        if holds(pod["status"]):
            return pod
        await asyncio.sleep(0.1)


def is_ready(status: dict[str, Any]) -> bool:
    return any(each["ready"] for each in status.get("containerStatuses", ()))


def connect(cluster: LocalCluster) -> Client:
    return Client(load_connection(ConnectionOptions(kubeconfig=str(cluster.kubeconfig))))


@pytest.mark.cluster
async def test_running_pods_start_once_more_and_finished_ones_do_not(settings: Settings) -> None:
    async with LocalCluster(settings) as cluster, connect(cluster) as client:
        for name, container in CONTAINERS.items():
            spec = {"restartPolicy": "OnFailure", "containers": [{"name": "c", **container}]}
            await client.create(PODS, {"metadata": {"name": name}, "spec": spec})
        web = await until(client, "web", is_ready)
        await until(client, "done", lambda status: status["phase"] == "Succeeded")
    async with LocalCluster(settings) as cluster, connect(cluster) as client:
        again = await until(
            client, "web", lambda status: is_ready(status) and status["containerStatuses"][0]["restartCount"]
        )
        status = again["status"]["containerStatuses"][0]
        assert (status["restartCount"], status["lastState"]["terminated"]["exitCode"]) == (1, 255)
        assert again["status"]["podIP"] == web["status"]["podIP"]
        assert again["metadata"]["annotations"] != web["metadata"]["annotations"]
        done = await client.get(f"{PODS}/done")
        assert (done["status"]["phase"], done["status"]["containerStatuses"][0]["restartCount"]) == ("Succeeded", 0)
        assert await client.raw("GET", f"{PODS}/done/log") == b"well\n"
        pids = processes_of(web["metadata"]["uid"])
        assert len(pids) == 1
    assert not [pid for pid in pids if pid.exists()]


def processes_of(uid: str) -> list[Path]:
    """The processes that work in the folder of a pod."""
    return [path for path in Path("/proc").iterdir() if path.name.isdigit() and uid in folder_of(path)]


def folder_of(process: Path) -> str:
    try:
        return str((process / "cwd").readlink())
    except OSError:
        return ""
