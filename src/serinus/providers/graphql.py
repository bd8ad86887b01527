"""Requests and replies of GraphQL over HTTP (https://spec.graphql.org/October2021/#sec-Response)."""

from collections.abc import Generator, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from serinus.providers.authentication import Headers
from serinus.providers.provider import HTTPRequest, ProviderError, fetch
from serinus.providers.reply import decoded_as
from serinus.providers.request import Reply, Request


class GraphQLError(Struct, frozen=True):
    """One of the things that went wrong."""

    message: str = "no reason given"


class Answer(Struct, frozen=True):
    """A reply."""

    data: Any = None
    errors: tuple[GraphQLError, ...] | None = None


class Endpoint(Struct, frozen=True, kw_only=True):
    """Whom to ask, and how long at most."""

    who: str
    url: str
    timeout: float
    headers: Headers = ()

    def __repr__(self) -> str:
        """Who it is; headers may be secret."""
        return f"Endpoint({self.who})"


def query(endpoint: Endpoint, text: str, variables: Mapping[str, Any]) -> Generator[Request, Reply, Any]:
    """The data that a query gives. Raises ProviderError in the server's words where there are errors."""
    request = HTTPRequest(
        url=endpoint.url,
        method="POST",
        headers=(("Content-Type", "application/json"), ("Accept", "application/json"), *endpoint.headers),
        body=msgspec.json.encode({"query": text, "variables": variables}),
        timeout=endpoint.timeout,
        reads_only=True,
    )
    reply = yield from fetch(request)
    answer = decoded_as(reply, endpoint.who, Answer)
    if answer.errors:
        raise ProviderError(f"{endpoint.who} refused the query: " + "; ".join(item.message for item in answer.errors))
    return answer.data
