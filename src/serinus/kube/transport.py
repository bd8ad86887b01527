"""One HTTP session to one cluster: sends, trusts, retries, translates errors."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import ssl
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass
from weakref import WeakSet

import aiohttp
from aiohappyeyeballs import AddrInfoType
from yarl import URL

from serinus.kube.config import Connection
from serinus.kube.credentials import Credential
from serinus.kube.errors import ApiError, ConfigError, KubeError, Unreachable, read_refusal
from serinus.kube.lines import Lines
from serinus.kube.retry import pause_before_retry
from serinus.kube.throttle import Throttle
from serinus.kube.tls import Certificate, tls_context

log = logging.getLogger(__name__)

CONNECT_LIMIT = 10.0
CLOSE_LIMIT = 2.0
JSON = "application/json"

OnRequest = Callable[[str, str, int, float], None]
"""Told of every attempt: method, path, status (0: no answer), seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request. `limit` and `silence` are seconds: for all of it, and for the longest pause within it."""

    method: str
    path: str
    params: Mapping[str, str] | None = None
    body: bytes | None = None
    content_type: str = JSON
    accept: str = JSON
    limit: float | None = None
    silence: float | None = None
    urgent: bool = False
    on_open: Callable[[], None] | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class Transport:
    """Sends calls to one API server over one session."""

    def __init__(
        self, connection: Connection, throttle: Throttle, user_agent: str, on_request: OnRequest | None = None
    ) -> None:
        self.connection = connection
        self._throttle = throttle
        self._user_agent = user_agent
        self._on_request = on_request
        self._session: aiohttp.ClientSession | None = None
        self._sockets: WeakSet[socket.socket] = WeakSet()
        self._proxy = _proxy(connection)
        self._shown: tuple[Certificate | None, ssl.SSLContext | None] = (None, None)

    async def open(self) -> None:
        """Make the session; nothing is sent yet."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, socket_factory=self._new_socket, keepalive_timeout=30),
            headers=[
                ("User-Agent", self._user_agent),
                ("Accept-Encoding", "gzip" if self.connection.compress else "identity"),
                *self.connection.headers,
            ],
            cookie_jar=aiohttp.DummyCookieJar(),
            read_bufsize=2**18,
        )

    async def close(self) -> None:
        """End all connections, and return when they have ended."""
        if self._session is not None:
            await self._session.close()
        # aiohttp waits for the connections that it holds; one whose call was cancelled still says its TLS goodbye.
        for connection in self._sockets:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_LIMIT):
                while any(connection.fileno() != -1 for connection in self._sockets):  # noqa: ASYNC110 - no event tells
                    await asyncio.sleep(0.001)

    def _new_socket(self, address: AddrInfoType) -> socket.socket:
        connection = _lively_socket(address)
        self._sockets.add(connection)
        return connection

    async def send(self, call: Call) -> bytes:
        """The body of the answer; raises `KubeError` for all that goes wrong."""
        attempt = 0
        deadline = time.monotonic() + (call.limit or self.connection.request_timeout)
        while True:
            await self._throttle.admit(call.urgent)
            try:
                return await self._exchange(call)
            except KubeError as error:
                pause = pause_before_retry(call.method, error, attempt)
                if pause is None or time.monotonic() + pause > deadline:
                    raise
            attempt += 1
            await asyncio.sleep(pause)

    async def lines(self, call: Call) -> AsyncGenerator[bytes]:
        """The lines of an answer as they come, without their ends; empty lines are left out.

        Leave it through `contextlib.aclosing`, so that the connection ends with the loop.
        """
        await self._throttle.admit(call.urgent)
        with self._observed(call) as seen:
            async with asyncio.timeout(self.connection.request_timeout):
                response = await self._ask(call)
            seen.status = response.status
        if call.on_open is not None:
            call.on_open()
        lines = Lines()
        with _translated(call, self.connection):
            async with response:
                async for chunk in response.content.iter_any():
                    for line in lines.feed(chunk):
                        yield line
        if rest := lines.rest():
            yield rest

    async def _exchange(self, call: Call) -> bytes:
        with self._observed(call) as seen:
            async with await self._ask(call) as response:
                body = await response.read()
            seen.status = response.status
            return body

    async def _ask(self, call: Call) -> aiohttp.ClientResponse:
        credentials = self.connection.credentials
        response = await self._request(call, await credentials.current())
        if response.status == 401 and await credentials.renew():
            response.close()
            response = await self._request(call, await credentials.current())
        if response.status >= 300:
            raise await _refused(call, response)
        return response

    async def _request(self, call: Call, credential: Credential) -> aiohttp.ClientResponse:
        if self._session is None:
            raise RuntimeError("the client is not open; use `async with Client(...)`")
        headers = {"Accept": call.accept, **credential.headers}
        if call.body is not None:
            headers["Content-Type"] = call.content_type
        return await self._session.request(
            call.method,
            URL(self.connection.server + call.path),
            params=call.params,
            data=call.body,
            headers=headers,
            allow_redirects=False,  # an API server has no reason to, and a credential must not follow
            timeout=aiohttp.ClientTimeout(total=call.limit, sock_connect=CONNECT_LIMIT, sock_read=call.silence),
            ssl=await self._context(credential.certificate) or True,
            server_hostname=self.connection.trust.server_name,
            proxy=self._proxy,
        )

    async def _context(self, certificate: Certificate | None) -> ssl.SSLContext | None:
        """The TLS settings; a new certificate gets new ones, and thereby new connections."""
        if certificate is None or self.connection.tls is None:
            return self.connection.tls
        if certificate != self._shown[0]:
            self._shown = (certificate, await asyncio.to_thread(tls_context, self.connection.trust, certificate))
        return self._shown[1]

    @contextlib.contextmanager
    def _observed(self, call: Call) -> Iterator[_Seen]:
        seen = _Seen()
        started = time.perf_counter()
        try:
            with _translated(call, self.connection):
                yield seen
        except ApiError as error:
            seen.status = error.status
            raise
        finally:
            seconds = time.perf_counter() - started
            log.debug("%s: %s in %.1f ms", call, seen.status or "no answer", seconds * 1000)
            if self._on_request is not None:
                self._on_request(call.method, call.path, seen.status, seconds)


class _Seen:
    """What came of one attempt."""

    status = 0


async def _refused(call: Call, response: aiohttp.ClientResponse) -> KubeError:
    async with response:
        if response.status < 400:
            target = response.headers.get("Location", "elsewhere")
            return Unreachable(f"{call} was redirected to {target[:200]}; is the server really a Kubernetes API?")
        body = await response.read()
    return read_refusal(body, response.status, str(call), response.headers.get("Retry-After"))


@contextlib.contextmanager
def _translated(call: Call, connection: Connection) -> Iterator[None]:
    """Name what went wrong on the way, and what to do."""
    server = connection.server
    try:
        yield
    except aiohttp.ClientConnectorCertificateError as error:
        reason = getattr(error.certificate_error, "verify_message", "") or error.certificate_error
        raise Unreachable(
            f"cannot trust {server}: {reason}; give the authority that signed its certificate"
            " (certificate-authority in the kubeconfig, or --certificate-authority)",
            sent=False,
        ) from None
    except aiohttp.ClientConnectorError as error:
        raise Unreachable(f"cannot reach {server}: {_reason(error)}; {_CHECK}", sent=False) from None
    except aiohttp.ConnectionTimeoutError:
        raise Unreachable(
            f"cannot reach {server}: no connection within {CONNECT_LIMIT:.0f} s; {_CHECK}", sent=False
        ) from None
    except TimeoutError:
        limit = call.limit or call.silence or connection.request_timeout
        raise Unreachable(f"{server} did not answer {call} within {limit:g} s; {_CHECK}") from None
    except aiohttp.ClientHttpProxyError as error:  # its text would show the proxy's password
        raise Unreachable(
            f"the proxy does not let us through to {server}: {error.status} {error.message}", sent=False
        ) from None
    except (aiohttp.ClientPayloadError, aiohttp.ServerDisconnectedError, ConnectionError):
        raise Unreachable(f"{server} cut the connection in the middle of {call}; try again") from None
    except (aiohttp.ClientError, OSError) as error:
        raise Unreachable(f"{call} to {server} failed: {str(error) or type(error).__name__}; {_CHECK}") from None


_CHECK = "check that it runs and that --context or --server names the right one"


def _reason(error: aiohttp.ClientConnectorError) -> str:
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return f"the name {error.host} cannot be resolved"
    cause = error.os_error
    return (os.strerror(cause.errno) if cause.errno else str(cause)).lower()


def _proxy(connection: Connection) -> str | None:
    """The proxy of the kubeconfig, else that of the environment."""
    url = urlsplit(connection.server)
    proxy = connection.proxy
    if proxy is None and not proxy_bypass(url.netloc):
        proxy = getproxies().get(url.scheme)
    if proxy and not proxy.startswith(("http://", "https://")):
        raise ConfigError(f"the proxy {proxy.split('@')[-1]} cannot be used; only http:// and https:// proxies can")
    return proxy


def _lively_socket(address: AddrInfoType) -> socket.socket:
    """A socket that notices within a minute that the other side is gone."""
    family, kind, protocol, _, _ = address
    connection = socket.socket(family, kind, protocol)
    connection.setblocking(False)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, option):
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
    return connection
