"""What a provider can ask for: an HTTP exchange, or one with the cluster.

None of these values shows a header, a query string or a body in its ``repr``: they may hold secrets.
"""

from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urlsplit

from msgspec import Struct, field


class AwsSigning(Struct, frozen=True):
    """How the shell signs a request for AWS (Signature Version 4)."""

    service: str
    """Such as ``aps`` or ``monitoring``."""
    region: str
    profile: str = ""
    """A profile of the shared AWS configuration; the default chain of credentials when empty."""
    role_arn: str = ""
    """A role to assume first."""


class HTTPRequest(Struct, frozen=True, kw_only=True):
    """One request; equal requests in flight may share a reply."""

    url: str
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    timeout: float = 10.0
    """Seconds for everything, repetitions included."""
    verify: bool = True
    """Whether the server's certificate must be good."""
    sign: AwsSigning | None = None
    reads_only: bool = False
    """A POST that changes nothing, and so may be repeated or shared as a GET is."""

    @property
    def is_repeatable(self) -> bool:
        """Whether sending it twice does no harm."""
        return self.reads_only or self.method == "GET"

    @property
    def origin(self) -> str:
        """Scheme, host and port, for messages and limits; never user or password."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"

    def __repr__(self) -> str:
        """Where it goes."""
        return f"HTTPRequest({self.method} {self.origin})"


class HTTPResponse(Struct, frozen=True):
    """What came back, whatever the status."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""
    body: bytes = b""

    def __repr__(self) -> str:
        """The status and the size."""
        return f"HTTPResponse({self.status}, {len(self.body)} bytes)"


class ClusterRequest(Struct, frozen=True):
    """One request to the Kubernetes API; ``get`` of a collection lists it."""

    method: Literal["get", "create", "delete"]
    path: str
    body: Any = None
    params: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        """What is done to which object."""
        return f"ClusterRequest({self.method} {self.path})"


class ClusterReply(Struct, frozen=True):
    """What the API said: 404 where nothing is there, 409 where the name is taken."""

    status: int
    body: Any = None
    """The object, the list, or the API's Status."""

    def __repr__(self) -> str:
        """The status."""
        return f"ClusterReply({self.status})"


Request = HTTPRequest | ClusterRequest
Reply = HTTPResponse | ClusterReply
