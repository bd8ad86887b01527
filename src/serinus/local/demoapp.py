"""A small web app that tells which version and which pod answered.

It stands in for `nginx` and `argoproj/rollouts-demo` images on the local cluster
and reads all it needs from its environment:

IMAGE, POD_NAME, POD_NAMESPACE  what it says about itself
PORT, PORT_<containerPort>      where it listens, on loopback (8080 without any)
ERROR_RATE                      share of answers that are 500: 0..1, or percent (5, 5%)
LATENCY_MS                      milliseconds that an answer waits
DRAIN_MS                        milliseconds that it goes on after SIGTERM (1000)

`/healthz` is always well and `/metrics` speaks Prometheus; neither is counted,
so that probes and scrapes do not dilute an error rate. Every other path gets the
same answer. Standard library only: twenty of these start at once on a laptop.
"""

import sys

if __name__ == "__main__":
    # asyncio takes it along where it is there: a quarter of the start, and of the memory, for nothing.
    sys.modules["ssl"] = None  # type: ignore[assignment]

import asyncio
import json
import os
import signal
from asyncio import IncompleteReadError, LimitOverrunError, StreamReader, StreamWriter
from collections.abc import Mapping
from dataclasses import dataclass, field

HEAD_LIMIT = 32 * 1024
"""Bytes of request line and headers; more is refused with 431."""

REASONS = {200: "OK", 400: "Bad Request", 431: "Request Header Fields Too Large", 500: "Internal Server Error"}


@dataclass(frozen=True)
class Settings:
    """What the environment asks for."""

    image: str
    pod: str
    namespace: str
    ports: tuple[int, ...]
    error_rate: float
    latency: float
    drain: float


def read_settings(env: Mapping[str, str]) -> Settings:
    """Read the environment; ValueError names the variable that is wrong."""
    named = {value for name, value in env.items() if name.startswith("PORT_") and name[5:].isdigit()}
    ports = {_number("PORT", value) for value in named | {env.get("PORT", "")} if value}
    return Settings(
        image=env.get("IMAGE", "demoapp"),
        pod=env.get("POD_NAME", ""),
        namespace=env.get("POD_NAMESPACE", ""),
        ports=tuple(sorted(int(port) for port in ports)) or (8080,),
        error_rate=_share(env),
        latency=_number("LATENCY_MS", env.get("LATENCY_MS") or "0") / 1000,
        drain=_number("DRAIN_MS", env.get("DRAIN_MS") or "1000") / 1000,
    )


def _number(name: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1
    if not 0 <= number < float("inf"):
        raise ValueError(f"{name}={text!r}: write a number that is not negative")
    return number


def _share(env: Mapping[str, str]) -> float:
    """Read ERROR_RATE: up to 1 it is a share, above it a percentage."""
    text = env.get("ERROR_RATE") or "0"
    number = _number("ERROR_RATE", text.removesuffix("%"))
    share = number / 100 if number > 1 or text.endswith("%") else number
    if share > 1:
        raise ValueError(f"ERROR_RATE={text!r}: write a share from 0 to 1, or a percentage up to 100")
    return share


class BadRequestError(Exception):
    """A request that cannot be read; `status` says how to refuse it."""

    def __init__(self, status: int = 400) -> None:
        super().__init__(REASONS[status])
        self.status = status


@dataclass(frozen=True)
class Request:
    """The head of one request."""

    method: str
    path: str
    version: str
    headers: Mapping[str, str]

    @property
    def keeps_alive(self) -> bool:
        """Whether the client wants to send another one (RFC 9112, 9.3)."""
        wishes = {word.strip().lower() for word in self.headers.get("connection", "").split(",")}
        return "close" not in wishes and (self.version == "HTTP/1.1" or "keep-alive" in wishes)


async def read_request(reader: StreamReader) -> Request | None:
    """Read one head; None where the client has closed between two requests."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except LimitOverrunError:
        raise BadRequestError(431) from None
    except IncompleteReadError as error:
        if error.partial.strip():
            raise BadRequestError from None
        return None
    first, *lines = head.decode("latin-1").lstrip("\r\n").split("\r\n")[:-2]
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise BadRequestError
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise BadRequestError
        headers[name.lower()] = value.strip()
    return Request(words[0], words[1], words[2], headers)


async def discard_body(request: Request, reader: StreamReader, writer: StreamWriter) -> None:
    """Read a body to its end, so that the next request starts where it should."""
    if request.headers.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    try:
        if "chunked" in request.headers.get("transfer-encoding", "").lower():
            await _discard_chunks(reader)
        else:
            await _discard(reader, _length(request.headers.get("content-length", "0")))
    except (IncompleteReadError, LimitOverrunError):
        raise BadRequestError from None


def _length(text: str, radix: int = 10) -> int:
    try:
        number = int(text, radix)
    except ValueError:
        number = -1
    if number < 0:
        raise BadRequestError
    return number


async def _discard(reader: StreamReader, size: int) -> None:
    while size > 0:
        size -= len(await reader.readexactly(min(size, 64 * 1024)))


async def _discard_chunks(reader: StreamReader) -> None:
    while size := _length((await reader.readuntil(b"\r\n")).split(b";")[0].decode("latin-1"), 16):
        await _discard(reader, size + 2)
    while await reader.readuntil(b"\r\n") != b"\r\n":
        pass  # trailers


@dataclass
class App:
    """The answers, and the count of them."""

    settings: Settings
    counts: dict[int, int] = field(default_factory=lambda: {200: 0, 500: 0})
    debt: float = 0.0

    async def answer(self, path: str) -> tuple[int, str, str]:
        """Give status, content type and body for a path."""
        match path.partition("?")[0]:
            case "/healthz":
                return 200, "text/plain", "ok\n"
            case "/metrics":
                return 200, "text/plain; version=0.0.4", self.metrics()
        await asyncio.sleep(self.settings.latency)
        status = 500 if self.fails() else 200
        self.counts[status] += 1
        about = {"image": self.settings.image, "pod": self.settings.pod, "namespace": self.settings.namespace}
        return status, "application/json", json.dumps({**about, "path": path, "status": status}) + "\n"

    def fails(self) -> bool:
        """Whether the next answer is an error: evenly spread, so that the share is exact."""
        self.debt += self.settings.error_rate
        if self.debt < 1 - 1e-9:
            return False
        self.debt -= 1
        return True

    def metrics(self) -> str:
        """Say in Prometheus' text format how many answers there were."""
        lines = ["# HELP http_requests_total Requests answered.", "# TYPE http_requests_total counter"]
        lines += [f'http_requests_total{{status="{status}"}} {count}' for status, count in self.counts.items()]
        return "\n".join(lines) + "\n"


class Server:
    """Connections, and how they end without a request lost."""

    def __init__(self, app: App) -> None:
        self.app = app
        self._leaving = False
        self._idle: set[StreamWriter] = set()
        self._open: set[StreamWriter] = set()
        self._emptied = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop`, then drain and come back."""
        settings = self.app.settings
        listeners = [
            await asyncio.start_server(self._serve, "127.0.0.1", port, limit=HEAD_LIMIT, backlog=1024)
            for port in settings.ports
        ]
        places = ", ".join(f"127.0.0.1:{port}" for port in settings.ports)
        print(f"{settings.image} listens on {places}", flush=True)  # noqa: T201 - its log
        await stop.wait()
        self._leaving = True
        # Senders that have not heard yet still come: serve them, and tell them to go.
        await asyncio.sleep(settings.drain)
        for listener in listeners:
            listener.close()
        for writer in self._idle:
            writer.close()
        while self._open:
            self._emptied.clear()
            await self._emptied.wait()

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Answer one connection's requests, one after another."""
        self._open.add(writer)
        try:
            while await self._exchange(reader, writer):
                pass
        except ConnectionError:
            pass
        finally:
            self._idle.discard(writer)
            self._open.discard(writer)
            writer.close()
            if not self._open:
                self._emptied.set()

    async def _exchange(self, reader: StreamReader, writer: StreamWriter) -> bool:
        """Answer one request; say whether another one may follow."""
        self._idle.add(writer)
        try:
            request = await read_request(reader)
            self._idle.discard(writer)
            if request is None:
                return False
            await discard_body(request, reader, writer)
        except BadRequestError as error:
            self._reply(writer, (error.status, "text/plain", f"{error}\n"), keep=False)
            return False
        answer = await self.app.answer(request.path)
        keep = request.keeps_alive and not self._leaving
        self._reply(writer, answer, keep=keep, head_only=request.method == "HEAD")
        await writer.drain()
        return keep

    def _reply(
        self, writer: StreamWriter, answer: tuple[int, str, str], *, keep: bool, head_only: bool = False
    ) -> None:
        status, kind, text = answer
        body = text.encode()
        head = (
            f"HTTP/1.1 {status} {REASONS[status]}\r\n"
            f"Content-Type: {kind}\r\n"
            f"Content-Length: {len(body)}\r\n"
            f"X-Image: {self.app.settings.image}\r\n"
            f"X-Pod: {self.app.settings.pod}\r\n"
            f"Connection: {'keep-alive' if keep else 'close'}\r\n\r\n"
        )
        writer.write(head.encode("latin-1", "replace") + (b"" if head_only else body))


async def serve(settings: Settings) -> None:
    """Run until SIGTERM or Ctrl-C."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await Server(App(settings)).run(stop)


def main() -> None:
    """Start; what cannot work is said in one line."""
    try:
        asyncio.run(serve(read_settings(os.environ)))
    except (ValueError, OSError) as error:
        sys.exit(f"demoapp: {error}")


if __name__ == "__main__":
    main()
