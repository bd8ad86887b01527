"""Why no reply came, in words for people; never with a header, a query or a body, which may be secret."""

import os

import aiohttp

from serinus.providers.request import HTTPRequest


def in_plain_words(request: HTTPRequest, error: Exception) -> str:
    """Say what went wrong with a request, and what to do where that is known."""
    where = request.origin
    match error:
        case aiohttp.ClientConnectorCertificateError():
            return f"the certificate of {where} is not trusted ({_reason(error)}): trust its issuer, or set insecure"
        case aiohttp.ClientConnectorError():
            return _unreached(where, error)
        case aiohttp.ClientHttpProxyError():  # its text would show the proxy's password
            return f"{where} cannot be reached: its proxy answered {error.status}"
        case aiohttp.InvalidURL():
            return "the address is not a URL"
        case aiohttp.ClientResponseError():
            return f"{where} does not answer in HTTP"
        case ValueError():
            return f"the request to {where} cannot be sent as it is configured"
    return f"{where} closed the connection before its reply was complete"


def _unreached(where: str, error: aiohttp.ClientConnectorError) -> str:
    match error:
        case aiohttp.ClientConnectorDNSError():
            return f"{where} cannot be reached: the name {error.host} is not known"
        case aiohttp.ClientProxyConnectionError():
            return f"{where} cannot be reached: its proxy {error.host}:{error.port} does not answer"
        case aiohttp.ClientConnectorSSLError():
            return f"{where} does not speak TLS as we do: {error.os_error.strerror or 'the handshake failed'}"
    number = error.os_error.errno
    return f"{where} cannot be reached: {os.strerror(number) if number else 'no connection'}"


def _reason(error: aiohttp.ClientConnectorCertificateError) -> str:
    cause = error.certificate_error
    return str(getattr(cause, "verify_message", "") or type(cause).__name__)
