"""The Node object: this computer, as the API knows it."""

import os
import platform
from datetime import datetime
from typing import Any

from serinus import __version__
from serinus.kube import AlreadyExists, Client
from serinus.local.kubelet.reporter import insist
from serinus.local.kubelet.status import HOST_IP, timestamp

PODS = 1000
"""How many pods the node says it takes; most are idle or have no process at all."""


async def register(client: Client, node: dict[str, Any]) -> None:
    """Create the Node, or tell the one that is there where we listen now."""

    async def write() -> None:
        try:
            await client.create("/api/v1/nodes", node)
        except AlreadyExists:
            path = f"/api/v1/nodes/{node['metadata']['name']}/status"
            await client.patch(path, {"status": node["status"]}, kind="strategic")

    await insist(write)


def describe(name: str, port: int, now: datetime) -> dict[str, Any]:
    """Write the Node as it should be; `port` is the kubelet's."""
    machine, system = _architecture(), platform.system().lower()
    capacity = {"cpu": str(os.cpu_count() or 1), "memory": f"{_memory()}Ki", "pods": str(PODS)}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": {
                "kubernetes.io/hostname": name,
                "kubernetes.io/os": system,
                "kubernetes.io/arch": machine,
                "node.kubernetes.io/exclude-from-external-load-balancers": "",
            },
        },
        "spec": {"podCIDR": "10.64.0.0/16"},
        "status": {
            "capacity": capacity,
            "allocatable": capacity,
            "addresses": [{"type": "InternalIP", "address": HOST_IP}, {"type": "Hostname", "address": name}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": port}},
            "conditions": _conditions(now),
            "nodeInfo": _info(machine, system),
        },
    }


def _conditions(now: datetime) -> list[dict[str, str]]:
    moment = timestamp(now)
    states = {
        "MemoryPressure": ("False", "KubeletHasSufficientMemory"),
        "DiskPressure": ("False", "KubeletHasNoDiskPressure"),
        "PIDPressure": ("False", "KubeletHasSufficientPID"),
        "Ready": ("True", "KubeletReady"),
    }
    return [
        {"type": kind, "status": status, "reason": reason, "lastHeartbeatTime": moment, "lastTransitionTime": moment}
        for kind, (status, reason) in states.items()
    ]


def _info(machine: str, system: str) -> dict[str, str]:
    return {
        "architecture": machine,
        "operatingSystem": system,
        "osImage": f"serinus local, Python {platform.python_version()}",
        "kernelVersion": platform.release(),
        "kubeletVersion": f"v{__version__}+serinus",
        "kubeProxyVersion": "",
        "containerRuntimeVersion": f"process://{__version__}",
        "machineID": "",
        "systemUUID": "",
        "bootID": "",
    }


def _architecture() -> str:
    """Name the processor as container images do."""
    machine = platform.machine().lower()
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)


def _memory() -> int:
    """Tell the physical memory in KiB."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 1024
