"""Kinds of other projects on the cluster that all workers share.

A definition is there for everybody: a test that takes one away must wait for those that use it, and keep others out.
"""

import asyncio
import fcntl
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from serinus.local.vendors import definitions


@contextmanager
def installed(cluster: Any, vendor: str, kinds: Sequence[str]) -> Iterator[None]:
    """Kinds (their plurals) of a vendor, which stay as long as they are used."""
    with _held(cluster, vendor, fcntl.LOCK_SH):
        install(cluster, vendor, kinds)
        yield


@contextmanager
def missing(cluster: Any, vendor: str, kinds: Sequence[str]) -> Iterator[None]:
    """A cluster without some kinds of a vendor, which nobody else installs meanwhile."""
    with _held(cluster, vendor, fcntl.LOCK_EX):
        names = [item["metadata"]["name"] for item in _definitions(vendor, kinds)]
        cluster.kubectl("delete", "crd", *names, "--ignore-not-found", "--timeout=60s")
        yield


def install(cluster: Any, vendor: str, kinds: Sequence[str]) -> None:
    """Install kinds and wait until the API serves them."""
    found = _definitions(vendor, kinds)
    manifest = json.dumps({"apiVersion": "v1", "kind": "List", "items": found})
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=manifest)
    names = [f"crd/{item['metadata']['name']}" for item in found]
    cluster.kubectl("wait", "--for=condition=Established", *names, "--timeout=30s")


def _definitions(vendor: str, kinds: Sequence[str]) -> list[dict[str, Any]]:
    return [item for item in asyncio.run(definitions([vendor])) if item["spec"]["names"]["plural"] in kinds]


@contextmanager
def _held(cluster: Any, vendor: str, how: int) -> Iterator[None]:
    with (cluster.folder.parent / f"{vendor}.lock").open("w") as lock:
        fcntl.flock(lock, how)
        yield
