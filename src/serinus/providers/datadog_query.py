"""What both versions of Datadog's API need to know."""

from msgspec import Struct

from serinus.providers.authentication import Headers
from serinus.providers.provider import HTTPResponse


class Account(Struct, frozen=True):
    """Whose data, and where."""

    address: str
    api_key: str
    app_key: str

    def __repr__(self) -> str:
        """The address; keys are secret."""
        return f"Account({self.address})"

    @property
    def headers(self) -> Headers:
        """The headers that every request has."""
        return (
            ("Content-Type", "application/json"),
            ("DD-API-KEY", self.api_key),
            ("DD-APPLICATION-KEY", self.app_key),
        )


class Span(Struct, frozen=True):
    """From when to when, in seconds."""

    start: int
    end: int


class Question(Struct, frozen=True):
    """Whom to ask about which time, and how many seconds long at most."""

    account: Account
    span: Span
    timeout: float


def limit_of(reply: HTTPResponse) -> str:
    """When Datadog's rate limit opens again, for a message; empty for any other reply."""
    reset = reply.headers.get("x-ratelimit-reset", "")
    if reply.status != 429 or not reset.isdigit():
        return ""
    return f"Datadog answered 429: its rate limit is used up for another {reset} s: measure less often"
