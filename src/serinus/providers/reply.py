"""Reading HTTP replies: what a status means, and JSON."""

from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from serinus.providers.provider import HTTPResponse, ProviderError
from serinus.providers.text import shortened

T = TypeVar("T")

LONGEST_EXCERPT = 300
"""Characters of a reply that a message quotes."""
SUCCESS = range(200, 300)


def decoded(reply: HTTPResponse, who: str) -> Any:
    """The JSON of a good reply. Raises ProviderError for any other, in the server's own words."""
    return decoded_as(reply, who, Any)


def decoded_as(reply: HTTPResponse, who: str, kind: type[T]) -> T:
    """The JSON of a good reply as a type. Raises ProviderError."""
    require_success(reply, who)
    try:
        return msgspec.json.decode(reply.body, type=kind)
    except msgspec.ValidationError as error:
        raise ProviderError(f"the reply of {who} is not as expected: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ProviderError(f"the reply of {who} is not JSON: {excerpt(reply)}") from None


def require_success(reply: HTTPResponse, who: str) -> None:
    """Refuse any status but 2xx. Raises ProviderError."""
    if reply.status not in SUCCESS:
        raise ProviderError(f"{who} answered {meaning(reply.status)}: {excerpt(reply)}")


def meaning(status: int) -> str:
    """A status with what it means, where that tells what to do."""
    match status:
        case 401 | 403:
            return f"{status} (not allowed: check the credentials)"
        case 404:
            return f"{status} (not found: check the address)"
        case 429:
            return f"{status} (too many requests: measure less often)"
    return str(status)


def without(reply: HTTPResponse, *secrets: str) -> HTTPResponse:
    """The reply with stars in the place of secrets that it sends back."""
    body = reply.body
    for secret in filter(None, secrets):
        body = body.replace(secret.encode(), b"*****")
    return replace(reply, body=body)


def excerpt(reply: HTTPResponse) -> str:
    """The beginning of a reply on one line."""
    text = " ".join(reply.body[: 4 * LONGEST_EXCERPT].decode(errors="replace").split())
    return shortened(text, LONGEST_EXCERPT) or "an empty reply"
