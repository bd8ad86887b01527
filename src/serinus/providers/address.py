"""Addresses of servers, and what is asked of them."""

from collections.abc import Iterable
from urllib.parse import quote, urlsplit

from serinus.providers.provider import ProviderError


def server(address: str, what: str) -> str:
    """The address without a slash at its end. Raises ProviderError unless it is an HTTP URL."""
    if not address:
        raise ProviderError(f"{what} is not configured")
    return require_url(address, what).rstrip("/")


def require_url(address: str, what: str) -> str:
    """The address as it stands. Raises ProviderError unless it is an HTTP URL with a host."""
    try:
        parts = urlsplit(address)
        is_url = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 0) >= 0
    except ValueError:
        is_url = False
    if not is_url:
        raise ProviderError(f"{what} is not in URL format: write http://host:port or https://host:port")
    return address


def query_string(values: Iterable[tuple[str, str]]) -> str:
    """Values in the form of a URL's query."""
    return "&".join(f"{quote(key, safe='')}={quote(value, safe='')}" for key, value in values)
