"""Loopback ports and virtual pod IPs, each given to one pod at a time."""

import itertools
import random
from collections.abc import Iterator

from serinus.local.ports import first_outgoing, is_free

LOWEST = 10_000
"""The first port that a pod may get."""


class NoPortError(Exception):
    """Every port that pods may use is taken."""


class Ports:
    """Free ports on 127.0.0.1.

    They lie below the range from which the system takes ports for outgoing
    connections: a proxy's connection must not sit on the port of a process that
    is about to start. Several kubelets choose at random and do not collide.
    """

    def __init__(self) -> None:
        self._given: set[int] = set()
        self._highest = first_outgoing(LOWEST + 5000) - 1

    def take(self) -> int:
        """Choose a port that nobody listens on. Raises NoPortError."""
        for _ in range(1000):
            port = random.randint(LOWEST, self._highest)  # noqa: S311 - no secret
            if port not in self._given and is_free(port):
                self._given.add(port)
                return port
        raise NoPortError(f"found no free port from {LOWEST} to {self._highest} for a container: end some programs")

    def give_back(self, *ports: int) -> None:
        """Let others have these ports again."""
        self._given.difference_update(ports)


class Addresses:
    """Virtual pod IPs 10.64.x.y, which nothing ever dials."""

    def __init__(self) -> None:
        self._given: set[str] = set()
        self._next = itertools.cycle(_all_addresses())

    def keep(self, ip: str) -> None:
        """Leave an address to the pod that has it already."""
        self._given.add(ip)

    def take(self) -> str:
        """Choose an address; the one that was given back last comes last."""
        ip = next(ip for ip in self._next if ip not in self._given)
        self._given.add(ip)
        return ip

    def give_back(self, ip: str) -> None:
        """Let another pod have this address."""
        self._given.discard(ip)


def _all_addresses() -> Iterator[str]:
    return (f"10.64.{third}.{last}" for third in range(256) for last in range(1, 255))
