"""Who asks: basic authentication, and tokens by client credentials."""

from base64 import b64encode
from collections.abc import Generator
from urllib.parse import quote_plus

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from serinus.api.provider import Authentication, BasicAuth, Header, OAuth2
from serinus.providers.address import query_string, require_url
from serinus.providers.provider import HTTPRequest, HTTPResponse, ProviderError, fetch
from serinus.providers.reply import SUCCESS, without
from serinus.providers.request import Reply, Request

Headers = tuple[tuple[str, str], ...]


class Token(Struct, frozen=True):
    """A reply of a token endpoint (RFC 6749, section 5.1)."""

    access_token: str = ""
    token_type: str = "Bearer"  # noqa: S105 - a kind of token

    def __repr__(self) -> str:
        """The kind; the token is secret."""
        return f"Token({self.token_type})"


def headers_of(headers: tuple[Header, ...]) -> Headers:
    """Headers as a request has them. Raises ProviderError for what would break the request."""
    for header in headers:
        if not header.key or any(char in header.key + header.value for char in "\r\n\0"):
            raise ProviderError(f"header {header.key!r} cannot be sent: a name is missing, or a line ends in it")
    return tuple((header.key, header.value) for header in headers)


def fetch_authorized(
    request: HTTPRequest, authentication: Authentication | None
) -> Generator[Request, Reply, HTTPResponse]:
    """The reply to a request with the header that the authentication asks for; a token is fetched first.

    Nobody but us knows the token, so nobody else could mask it in a reply that sends it back.
    """
    given = authentication or Authentication()
    if given.oauth2 is not None and given.oauth2 != OAuth2():
        token = yield from _token(given.oauth2, request)
        request = with_header(request, "Authorization", f"{_kind(token)} {token.access_token}")
        return without((yield from fetch(request)), token.access_token)
    if given.basic_auth is not None and given.basic_auth != BasicAuth():
        request = with_header(request, "Authorization", basic(given.basic_auth))
    return (yield from fetch(request))


def with_header(request: HTTPRequest, key: str, value: str) -> HTTPRequest:
    """The request with one header more, which replaces one of the same name."""
    others = tuple(item for item in request.headers if item[0].lower() != key.lower())
    return replace(request, headers=(*others, (key, value)))


def basic(auth: BasicAuth) -> str:
    """User and password as a header's value (RFC 7617)."""
    return "Basic " + b64encode(f"{auth.username}:{auth.password}".encode()).decode()


def _token(oauth2: OAuth2, request: HTTPRequest) -> Generator[Request, Reply, Token]:
    """A token; the client proves itself by a header, or in the body where the server wants it there."""
    if not (oauth2.token_url and oauth2.client_id and oauth2.client_secret):
        raise ProviderError("oauth2 needs tokenUrl, clientId and clientSecret")
    reply = yield from fetch(_token_request(oauth2, request, in_body=False))
    if reply.status not in SUCCESS:
        reply = yield from fetch(_token_request(oauth2, request, in_body=True))
    return _read_token(reply)


def _token_request(oauth2: OAuth2, request: HTTPRequest, *, in_body: bool) -> HTTPRequest:
    form = [("grant_type", "client_credentials")]
    headers: Headers = (("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json"))
    if oauth2.scopes:
        form.append(("scope", " ".join(oauth2.scopes)))
    if in_body:
        form += [("client_id", oauth2.client_id), ("client_secret", oauth2.client_secret)]
    else:
        pair = BasicAuth(username=quote_plus(oauth2.client_id), password=quote_plus(oauth2.client_secret))
        headers = (*headers, ("Authorization", basic(pair)))
    return HTTPRequest(
        url=require_url(oauth2.token_url, "oauth2.tokenUrl"),
        method="POST",
        headers=headers,
        body=query_string(form).encode(),
        timeout=request.timeout,
        verify=request.verify,
        reads_only=True,
    )


def _read_token(reply: HTTPResponse) -> Token:
    if reply.status not in SUCCESS:
        raise ProviderError(f"oauth2.tokenUrl answered {reply.status}: check clientId, clientSecret and scopes")
    try:
        token = msgspec.json.decode(reply.body, type=Token)
    except (msgspec.DecodeError, UnicodeDecodeError):  # what came may hold a token all the same
        raise ProviderError("the reply of oauth2.tokenUrl is not JSON with an access_token") from None
    if not token.access_token:
        raise ProviderError("oauth2.tokenUrl gave no access_token")
    return token


def _kind(token: Token) -> str:
    return "Bearer" if token.token_type.lower() in {"", "bearer"} else token.token_type
