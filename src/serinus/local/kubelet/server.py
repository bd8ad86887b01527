"""The kubelet's own HTTPS endpoint, which the API server calls for logs."""

import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from aiohttp import web

from serinus.local.kubelet.logquery import LogQuery, LogQueryError, read_query
from serinus.local.kubelet.logs import Log, Position


@dataclass(frozen=True)
class KubeletTLS:
    """Who the kubelet is, and whom it lets in.

    `client_ca` signs the certificates of those who may read logs.
    """

    cert: Path
    key: Path
    client_ca: Path

    def context(self) -> ssl.SSLContext:
        """Build the settings: nobody gets in without a certificate."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=self.client_ca)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_cert_chain(self.cert, self.key)
        return context


class NoLogError(Exception):
    """There is no such pod, container or log; says which."""

    def __init__(self, message: str, status: int = 404) -> None:
        super().__init__(message)
        self.status = status


FindLog = Callable[[str, str, str, bool], Awaitable[Log]]
"""Namespace, pod, container, previous → its log. Raises NoLogError."""


class LogServer:
    """Serves logs; refuses what it cannot do in one line."""

    def __init__(self, find: FindLog, clock: Callable[[], datetime]) -> None:
        self._find = find
        self._clock = clock

    async def start(self, listener: socket.socket, tls: ssl.SSLContext) -> web.AppRunner:
        """Listen; the caller cleans the runner up."""
        app = web.Application()
        app.router.add_get("/healthz", self._health)
        app.router.add_get("/containerLogs/{namespace}/{pod}/{container}", self._logs)
        for verb in ("exec", "attach", "run", "portForward"):
            app.router.add_route("*", f"/{verb}/{{rest:.*}}", self._cannot)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0, handler_cancellation=True)
        await runner.setup()
        await web.SockSite(runner, listener, ssl_context=tls).start()
        return runner

    async def _health(self, _request: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def _cannot(self, request: web.Request) -> web.Response:
        """Refuse in the API's own form: only that reaches the user through the API server."""
        verb = request.path.split("/")[1]
        message = f"{verb}: pods are local processes here, without containers to enter"
        status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message}
        return web.json_response({**status, "reason": "NotImplemented", "code": 501}, status=501)

    async def _logs(self, request: web.Request) -> web.StreamResponse:
        where = request.match_info
        try:
            query = read_query(request.query, self._clock())
            log = await self._find(where["namespace"], where["pod"], where["container"], query.previous)
        except LogQueryError as error:
            return web.Response(status=400, text=f"{error}\n")
        except NoLogError as error:
            return web.Response(status=error.status, text=f"{error}\n")
        response = web.StreamResponse(headers={"Content-Type": "text/plain"})
        await response.prepare(request)
        async for chunk in limited(answer(log, query), query.limit):
            await response.write(chunk)
        await response.write_eof()
        return response


async def answer(log: Log, query: LogQuery) -> AsyncIterator[bytes]:
    """Give what a query selects, and with `follow` what comes until the run ends."""
    stored, position = await log.read(Position())
    yield query.select(stored)
    while query.follow and await log.grown(position):
        stored, position = await log.read(position)
        yield query.more(stored)


async def limited(chunks: AsyncIterator[bytes], limit: int | None) -> AsyncIterator[bytes]:
    """Cut a stream off after a number of bytes."""
    async for chunk in chunks:
        if limit is None:
            yield chunk
            continue
        yield chunk[:limit]
        limit -= min(limit, len(chunk))
        if not limit:
            return
