"""The HTTP exchanges that metric providers ask for: pooled, bounded, and each sent once."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.request import getproxies, proxy_bypass

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

import serinus
from serinus.controller.aws import AwsSigner
from serinus.controller.exchange_retry import is_passing, pause_after_error, pause_after_reply
from serinus.controller.exchange_trouble import in_plain_words
from serinus.controller.resolve import Resolver
from serinus.providers.provider import ProviderError
from serinus.providers.request import HTTPRequest, HTTPResponse

PER_HOST = 10
"""Requests in flight to one server; more wait, which counts as part of their time."""
LARGEST_REPLY = 4 * 2**20
"""Bytes, unpacked."""
CHUNK = 2**16
MOST_REDIRECTS = 5
REDIRECTS = frozenset({301, 302, 303, 307, 308})
AGENT = f"serinus/{serinus.__version__}"


@dataclass
class Flight:
    """A request that is under way, and how many wait for it."""

    task: asyncio.Task[HTTPResponse]
    waiting: int = 0


class Exchange:
    """Sends the requests of metric providers, over one pool of connections.

    ``resolver`` says where names are, instead of the system.
    """

    def __init__(self, signer: AwsSigner | None = None, resolver: AbstractResolver | None = None) -> None:
        self._signer = signer or AwsSigner()
        self._resolver = resolver
        self._flights: dict[HTTPRequest, Flight] = {}

    async def __aenter__(self) -> Self:
        """Open the pool."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit_per_host=PER_HOST, resolver=self._resolver),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": AGENT},
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close all connections, those in use too."""
        for flight in self._flights.values():
            flight.task.cancel()
        await self._session.close()

    async def send(self, request: HTTPRequest) -> HTTPResponse:
        """The reply, whatever its status. Raises ProviderError in plain words where there is none.

        Equal requests that may be repeated, and are in flight at the same moment, share one reply.
        """
        if not request.is_repeatable:
            return await self._within_time(request)
        flight = self._flights.get(request)
        if flight is None:
            flight = self._flights[request] = Flight(asyncio.create_task(self._within_time(request)))
        return await self._joined(request, flight)

    async def _joined(self, request: HTTPRequest, flight: Flight) -> HTTPResponse:
        """Wait for a flight that others may share: it ends when nobody waits for it any more."""
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.waiting -= 1
            if flight.task.done() or not flight.waiting:
                flight.task.cancel()
                if self._flights.get(request) is flight:
                    del self._flights[request]

    async def _within_time(self, request: HTTPRequest) -> HTTPResponse:
        try:
            async with asyncio.timeout(request.timeout):
                return await self._repeated(request)
        except TimeoutError:
            raise ProviderError(f"{request.origin} did not answer within {request.timeout:g} s") from None

    async def _repeated(self, request: HTTPRequest) -> HTTPResponse:
        """The first reply that is not a passing trouble, or the last one."""
        ends = asyncio.get_running_loop().time() + request.timeout
        attempt = 0
        while True:
            try:
                reply = await self._redirected(request)
            except (aiohttp.ClientError, OSError, ValueError) as error:
                pause = pause_after_error(request, error, attempt)
                if pause is None:
                    raise ProviderError(in_plain_words(request, error)) from None
            else:
                if not is_passing(reply.status):
                    return reply
                pause = pause_after_reply(request, reply, attempt)
                if pause is None or asyncio.get_running_loop().time() + pause >= ends:
                    return reply
            await asyncio.sleep(pause)
            attempt += 1

    async def _redirected(self, request: HTTPRequest) -> HTTPResponse:
        """The reply at the end of redirections; headers, which may be secret, stay with the server they are for."""
        url, headers = URL(request.url), dict(request.headers)
        for _ in range(MOST_REDIRECTS):
            reply = await self._once(request, url, headers)
            location = reply.headers.get("location", "")
            if reply.status not in REDIRECTS or not location or request.method != "GET" or request.sign:
                return reply
            target = url.join(URL(location))
            if target.scheme not in {"https", url.scheme}:
                raise ProviderError(f"{request.origin} sends us on to an address without TLS")
            headers = headers if target.origin() == url.origin() else {}
            url = target
        raise ProviderError(f"{request.origin} sends us on and on, more than {MOST_REDIRECTS} times")

    async def _once(self, request: HTTPRequest, url: URL, headers: Mapping[str, str]) -> HTTPResponse:
        if any(key.lower() == "authorization" for key in headers):
            url = url.with_user(None)
        if request.sign is not None:
            headers = await self._signer.signed(request, str(url), headers)
        async with self._session.request(
            request.method,
            url,
            headers=headers,
            data=request.body or None,
            ssl=True if request.verify else False,  # noqa: SIM210 - the two values that aiohttp's type knows
            proxy=self._proxy(url),
            allow_redirects=False,
        ) as response:
            body = await _read(request, response)
            return HTTPResponse(response.status, {key.lower(): value for key, value in response.headers.items()}, body)

    def _proxy(self, url: URL) -> str | None:
        """The proxy that the environment names for an address; none for a host that the operator named."""
        is_named = isinstance(self._resolver, Resolver) and self._resolver.knows(url.host or "", url.port or 0)
        if is_named or not url.host or proxy_bypass(f"{url.host}:{url.port}"):
            return None
        return getproxies().get(url.scheme)


async def _read(request: HTTPRequest, response: aiohttp.ClientResponse) -> bytes:
    """The body. Raises ProviderError where it is too large."""
    body = bytearray()
    async for chunk in response.content.iter_chunked(CHUNK):
        body += chunk
        if len(body) > LARGEST_REPLY:
            raise ProviderError(f"the reply of {request.origin} is larger than {LARGEST_REPLY >> 20} MiB: ask for less")
    return bytes(body)
