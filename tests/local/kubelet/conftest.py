"""Pods from YAML, and a machine with real processes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
import yaml

from serinus.kube import Client, Connection
from serinus.local.kubelet.actions import Actor
from serinus.local.kubelet.addresses import Ports
from serinus.local.kubelet.events import Events
from serinus.local.kubelet.images import ImageTable
from serinus.local.kubelet.sandbox import Host
from serinus.local.kubelet.spec import Pod, decode_pod
from serinus.local.processes import Processes

NOWHERE = "http://127.0.0.1:1"
"""A server that nobody asks: what these tests run needs no API."""


def read_pod(spec: str, status: str = "{}", **metadata: Any) -> Pod:
    """Read a pod as the kubelet does, from the YAML of its spec and status."""
    about = {"name": "web-1", "namespace": "shop", "uid": "u-1", "generation": 1} | metadata
    raw = {"metadata": about, "spec": yaml.safe_load(spec), "status": yaml.safe_load(status)}
    return decode_pod(msgspec.json.encode(raw))


@pytest.fixture(scope="session")
def pod() -> Callable[..., Pod]:
    return read_pod


def open_pipes() -> set[str]:
    """The pipes that this process holds."""
    links = [link.readlink().name for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    return {name for name in links if name.startswith("pipe:")}


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[Host]:
    """A machine whose containers are real processes."""
    client = Client(Connection(NOWHERE))
    before = open_pipes()
    async with Processes() as processes, aiohttp.ClientSession() as web:
        yield Host(
            client=client,
            processes=processes,
            images=ImageTable.load(),
            actor=Actor(processes, web),
            events=Events(client, "local"),
            directory=tmp_path,
            ports=await asyncio.to_thread(Ports),
        )
    assert open_pipes() <= before, "a pod has left pipes open"
