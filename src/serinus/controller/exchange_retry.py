"""When a metric provider's request is sent again, and after which pause."""

import random
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp

from serinus.providers.request import HTTPRequest, HTTPResponse

RETRIES = 2
FIRST_PAUSE = 0.25
PASSING = frozenset({429, 500, 502, 503, 504})
"""Statuses of troubles that pass by themselves."""


def is_passing(status: int) -> bool:
    """Whether a reply may be another one a moment later."""
    return status in PASSING


def pause_after_error(request: HTTPRequest, error: Exception, attempt: int) -> float | None:
    """Seconds to wait when no reply came, or None to give up; ``attempt`` counts from 0.

    What was certainly not sent may be sent again whatever it is.
    """
    is_lasting = isinstance(
        error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientConnectorDNSError | ValueError
    )
    is_harmless = request.is_repeatable or isinstance(error, aiohttp.ClientConnectorError)
    return _jittered(attempt) if attempt < RETRIES and is_harmless and not is_lasting else None


def pause_after_reply(request: HTTPRequest, reply: HTTPResponse, attempt: int) -> float | None:
    """Seconds to wait after a passing trouble, or None to keep the reply; the server's wish counts."""
    if attempt >= RETRIES or not request.is_repeatable:
        return None
    return max(_wish(reply), 0.0) + _jittered(attempt)


def _wish(reply: HTTPResponse) -> float:
    """How long the server wants us to stay away (RFC 9110, section 10.2.3); 0 when it does not say."""
    text = reply.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - datetime.now(UTC).timestamp()


def _jittered(attempt: int) -> float:
    return FIRST_PAUSE * 2.0**attempt * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
