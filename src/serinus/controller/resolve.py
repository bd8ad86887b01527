"""Where hosts are that the operator has named one by one.

A controller inside a cluster finds `prometheus.monitoring:9090` by the cluster's
DNS. One that runs outside is told: the host and port of a URL, and where to
connect instead. The URL stays as it is, for the Host header and for TLS.
"""

import re
import socket
from collections.abc import Iterable, Mapping
from ipaddress import ip_address

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import DefaultResolver

Address = tuple[str, int]
"""Host, and port."""

FORM = "HOST:PORT=ADDRESS:PORT"
_PAIR = re.compile(r"([^\s:=/]+):(\d{1,5})=\[?([0-9A-Fa-f.:]+?)\]?:(\d{1,5})")


def addresses_of(texts: Iterable[str]) -> dict[Address, Address]:
    """Read pairs such as `prometheus.monitoring:9090=127.0.0.1:4321`; raises ValueError for what is none."""
    return dict(map(_pair, texts))


def _pair(text: str) -> tuple[Address, Address]:
    found = _PAIR.fullmatch(text)
    try:
        if found is None:
            raise ValueError
        host, port, address, where = found.groups()
        return (_plain(host), _port(port)), (str(ip_address(address)), _port(where))
    except ValueError:
        example = "prometheus.monitoring:9090=127.0.0.1:4321"
        raise ValueError(f"--resolve {text!r}: write {FORM} with an IP address, as in {example}") from None


def _port(text: str) -> int:
    if not 0 < int(text) < 65536:
        raise ValueError
    return int(text)


def _plain(host: str) -> str:
    """The one spelling of a name that has several."""
    return host.lower().removesuffix(".")


class Resolver(AbstractResolver):
    """Knows the named hosts, and asks the system for all others; for an aiohttp connector."""

    def __init__(self, named: Mapping[Address, Address]) -> None:
        self._named = named
        self._system = DefaultResolver()

    def knows(self, host: str, port: int) -> bool:
        """Whether a host and port are named."""
        return (_plain(host), port) in self._named

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Say where to connect; raises OSError for a host that nobody knows."""
        found = self._named.get((_plain(host), port))
        if found is None:
            return await self._system.resolve(host, port, family)
        address, where = found
        kind = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [
            ResolveResult(
                hostname=host, host=address, port=where, family=kind, proto=0, flags=int(socket.AI_NUMERICHOST)
            )
        ]

    async def close(self) -> None:
        """Let go of what the system's resolver holds."""
        await self._system.close()
