"""What the containers of one pod share, and what all pods share."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from serinus.kube import Client
from serinus.local.kubelet.actions import Actor
from serinus.local.kubelet.addresses import Addresses, Ports
from serinus.local.kubelet.events import Events
from serinus.local.kubelet.facts import ContainerFacts, Failure, PodFacts, first_facts
from serinus.local.kubelet.images import ImageTable
from serinus.local.kubelet.logs import ContainerLogs
from serinus.local.kubelet.spec import Pod
from serinus.local.processes import Processes

REPORTS_AT_ONCE = 16
"""Writes to the API under way at one time: each needs a connection."""


@dataclass(frozen=True)
class Host:
    """The machine, as all pods see it."""

    client: Client
    processes: Processes
    images: ImageTable
    actor: Actor
    events: Events
    directory: Path
    ports: Ports
    doors: Callable[[str], Awaitable[str]] | None = None
    """Opens the mesh gateway's door for a namespace's pods and gives its URL; None without a mesh."""
    addresses: Addresses = field(default_factory=Addresses)
    writing: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(REPORTS_AT_ONCE))


class Sandbox:
    """One pod's place on the machine: its address, its ports, its facts.

    `pod` is replaced as the API tells of changes.
    """

    def __init__(self, host: Host, pod: Pod) -> None:
        self.host = host
        self.pod = pod
        self.ip = pod.status.pod_ip
        if self.ip:
            host.addresses.keep(self.ip)
        self.start_time = pod.status.start_time or now()
        self.listens: dict[int, str] = {}
        self.containers = first_facts(pod, now())
        self.failure: Failure | None = None
        self.ended = False
        self.changed = asyncio.Event()
        self._logs = {name: ContainerLogs(self.folder / name) for name in self.containers}

    @property
    def folder(self) -> Path:
        """Where this pod's files are."""
        meta = self.pod.metadata
        return self.host.directory / "pods" / f"{meta.namespace}_{meta.name}_{meta.uid}"

    def open(self) -> None:
        """Take an address, and a loopback port for each container port that will have a process.

        Raises NoPortError.
        """
        self.ip = self.ip or self.host.addresses.take()
        for container in (*self.pod.spec.init_containers, *self.pod.spec.containers):
            image = None if container.command else self.host.images.find(container.image)
            if container.command or (image and not image.state_only):
                for port in container.tcp_ports:
                    self.listens[port] = f"127.0.0.1:{self.host.ports.take()}"

    def logs_of(self, container: str) -> ContainerLogs:
        """Find the logs of a container."""
        return self._logs[container]

    def facts(self) -> PodFacts:
        """All that is known now."""
        return PodFacts(self.ip, self.start_time, self.listens, dict(self.containers), self.failure, self.ended)

    def note(self, container: str, **changes: Any) -> ContainerFacts:
        """Learn something about a container."""
        facts = self.containers[container] = replace(self.containers[container], **changes)
        self.changed.set()
        return facts

    def warn(self, container: str, reason: str, message: str) -> None:
        """Tell the user about trouble with a container."""
        self.host.events.warn(self.pod, reason, message, container)

    def vacate(self) -> None:
        """Let others have the address and the ports."""
        self.host.addresses.give_back(self.ip)
        self.host.ports.give_back(*(int(place.rpartition(":")[2]) for place in self.listens.values()))


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)
