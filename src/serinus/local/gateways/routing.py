"""The routing model: what a gateway serves, free of any proxy's language."""

from collections.abc import Iterator
from fractions import Fraction

from msgspec import Struct

Receiver = tuple[str, str]
"""A Service that a gateway sends requests to: namespace and name."""


class Backend(Struct, frozen=True):
    """A Service's port, and the addresses that answer for it now."""

    namespace: str
    service: str
    port: str
    addresses: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Namespace and name of the Service."""
        return f"{self.namespace}/{self.service}"


class Canary(Struct, frozen=True, kw_only=True):
    """Which requests go to the canary: header before cookie before weight."""

    share: Fraction = Fraction(0)
    """Part of the requests that neither header nor cookie decides, 0 to 1."""
    header: str = ""
    header_value: str = ""
    header_pattern: str = ""
    cookie: str = ""

    @property
    def chooses(self) -> bool:
        """Whether there may be a request that it sends to the canary."""
        return bool(self.share or self.header or self.cookie)


class Split(Struct, frozen=True):
    """A second backend beside the main one, and the rule that chooses it."""

    owner: str
    backend: Backend
    rule: Canary


class Location(Struct, frozen=True, kw_only=True):
    """One path of a host.

    A prefix matches whole path elements and is kept without its last slash: the
    root is the empty string. Without a backend the answer is 404; with a backend
    that has no addresses it is 503.
    """

    owner: str
    path: str
    exact: bool = False
    backend: Backend | None = None
    split: Split | None = None

    def receivers(self) -> Iterator[Receiver]:
        """The Services behind it, but a canary that gets nothing."""
        if self.backend is not None:
            yield self.backend.namespace, self.backend.service
        if self.split is not None and self.split.rule.chooses:
            yield self.split.backend.namespace, self.split.backend.service


class Server(Struct, frozen=True):
    """A host: a name, `*.` and a name (one label), or empty for all others."""

    host: str
    locations: tuple[Location, ...]


NOBODY = Server("", (Location(owner="", path=""),))
"""All hosts, and 404 for everything."""


class Remark(Struct, frozen=True):
    """Something that the owner of an Ingress should know."""

    ingress: str
    text: str


class Routing(Struct, frozen=True):
    """All hosts that a gateway serves, and what it does not serve and why.

    One of the servers stands for all other hosts.
    """

    servers: tuple[Server, ...] = (NOBODY,)
    left_out: tuple[Remark, ...] = ()
    remarks: tuple[Remark, ...] = ()

    @property
    def receivers(self) -> frozenset[Receiver]:
        """The Services that some request may be sent to."""
        locations = (location for server in self.servers for location in server.locations)
        return frozenset(receiver for location in locations for receiver in location.receivers())
