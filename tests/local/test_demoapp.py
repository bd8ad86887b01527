"""The demo web app answers as a careful server does, and leaves without losing a request."""

import asyncio
import json
import os
import re
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from serinus.local import demoapp
from serinus.local.demoapp import App, Settings, read_settings
from serinus.local.processes import Processes


@dataclass
class Reply:
    """One answer, read from the wire."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Running:
    """The app as a process of its own."""

    process: Process
    port: int
    wires: list["Wire"] = field(default_factory=list)

    async def connect(self) -> "Wire":
        self.wires.append(Wire(*await asyncio.open_connection("127.0.0.1", self.port)))
        return self.wires[-1]

    async def ask(self, request: str) -> Reply:
        return await (await self.connect()).ask(request)


@dataclass
class Wire:
    """A connection on which bytes are written by hand."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def ask(self, request: str) -> Reply:
        self.writer.write(request.replace("\n", "\r\n").encode())
        return await self.read(head_only=request.startswith("HEAD"))

    async def read(self, head_only: bool = False) -> Reply:
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:-2])}
        length = 0 if head_only else int(headers.get("content-length", "0"))
        return Reply(int(head[0].split()[1]), headers, await self.reader.readexactly(length))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


Start = Callable[..., Awaitable[Running]]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Start the app with variables, and wait until it listens."""
    running: list[Running] = []
    async with Processes() as processes:

        async def begin(**env: str) -> Running:
            port = free_port()
            about = {"IMAGE": "nginx:1.21.0", "POD_NAME": "web-1", "POD_NAMESPACE": "shop"}
            env = {"PORT": str(port), "DRAIN_MS": "0", **about, **env}
            process = await processes.start([sys.executable, "-m", "serinus.local.demoapp"], env=env, stdout=PIPE)
            assert process.stdout is not None
            assert b"listens on" in await process.stdout.readline()
            running.append(Running(process, port))
            return running[-1]

        yield begin
        for wire in (wire for app in running for wire in app.wires):
            wire.writer.close()


async def test_it_says_which_image_and_pod_answered(start: Start) -> None:
    app = await start()
    reply = await app.ask("GET /any/path?x=1 HTTP/1.1\nHost: a\n\n")
    assert reply.status == 200
    assert (reply.headers["x-image"], reply.headers["x-pod"]) == ("nginx:1.21.0", "web-1")
    about = json.loads(reply.body)
    assert (about["image"], about["pod"], about["path"]) == ("nginx:1.21.0", "web-1", "/any/path?x=1")


@pytest.mark.parametrize(
    "request_text",
    [
        "GET / HTTP/1.1\n\n",
        "HEAD / HTTP/1.1\n\n",
        "POST / HTTP/1.1\nContent-Length: 5\n\nhello",
        "PUT / HTTP/1.1\nTransfer-Encoding: chunked\n\n5\nhello\n3;x=y\nabc\n0\nTrailer: 1\n\n",
        "DELETE / HTTP/1.1\n\n",
        "\nGET / HTTP/1.1\n\n",
    ],
)
async def test_a_connection_serves_one_request_after_another(start: Start, request_text: str) -> None:
    app = await start()
    wire = await app.connect()
    for _ in range(3):
        reply = await wire.ask(request_text)
        assert (reply.status, reply.headers["connection"]) == (200, "keep-alive")


async def test_requests_may_be_sent_before_the_answers_are_read(start: Start) -> None:
    wire = await (await start()).connect()
    wire.writer.write(b"GET /1 HTTP/1.1\r\n\r\nPOST /2 HTTP/1.1\r\nContent-Length: 2\r\n\r\nhiGET /3 HTTP/1.1\r\n\r\n")
    assert [json.loads((await wire.read()).body)["path"] for _ in range(3)] == ["/1", "/2", "/3"]


async def test_a_head_request_is_told_the_length_of_the_body_that_it_does_not_get(start: Start) -> None:
    app = await start()
    head, get = await app.ask("HEAD /x HTTP/1.1\n\n"), await app.ask("GET /x HTTP/1.1\n\n")
    assert head.headers["content-length"] == get.headers["content-length"]
    assert int(get.headers["content-length"]) == len(get.body)


@pytest.mark.parametrize(
    ("request_text", "connection"),
    [
        ("GET / HTTP/1.1\nConnection: close\n\n", "close"),
        ("GET / HTTP/1.1\nConnection: Upgrade, Close\n\n", "close"),
        ("GET / HTTP/1.0\n\n", "close"),
        ("GET / HTTP/1.0\nConnection: keep-alive\n\n", "keep-alive"),
    ],
)
async def test_the_client_decides_how_long_a_connection_lives(start: Start, request_text: str, connection: str) -> None:
    wire = await (await start()).connect()
    reply = await wire.ask(request_text)
    assert reply.headers["connection"] == connection
    if connection == "close":
        assert await wire.reader.read() == b""


async def test_a_client_that_waits_for_leave_to_send_gets_it(start: Start) -> None:
    wire = await (await start()).connect()
    reply = await wire.ask("POST / HTTP/1.1\nExpect: 100-continue\nContent-Length: 3\n\n")
    assert reply.status == 100
    wire.writer.write(b"abc")
    assert (await wire.read()).status == 200


@pytest.mark.parametrize(
    ("request_text", "status"),
    [
        ("nonsense\n\n", 400),
        ("GET / SPDY/3\n\n", 400),
        ("GET / HTTP/1.1\nno colon\n\n", 400),
        ("POST / HTTP/1.1\nContent-Length: -1\n\n", 400),
        ("POST / HTTP/1.1\nTransfer-Encoding: chunked\n\nxyz\n", 400),
        ("GET / HTTP/1.1\nX: " + "x" * demoapp.HEAD_LIMIT * 3 + "\n\n", 431),
    ],
)
async def test_what_cannot_be_read_is_refused_and_ends_the_connection(
    start: Start, request_text: str, status: int
) -> None:
    reply = await (await start()).ask(request_text)
    assert (reply.status, reply.headers["connection"]) == (status, "close")


async def test_metrics_count_answers_but_neither_scrapes_nor_probes(start: Start) -> None:
    app = await start(ERROR_RATE="0.25")
    for _ in range(8):
        await app.ask("GET / HTTP/1.1\n\n")
    for _ in range(3):
        assert (await app.ask("GET /healthz HTTP/1.1\n\n")).status == 200
        metrics = (await app.ask("GET /metrics HTTP/1.1\n\n")).body.decode()
    assert re.findall(r"^http_requests_total\S+ \d+$", metrics, re.MULTILINE) == [
        'http_requests_total{status="200"} 6',
        'http_requests_total{status="500"} 2',
    ]


@pytest.mark.parametrize(
    ("rate", "errors"), [("0", 0), ("", 0), ("0.1", 10), ("0.33", 33), ("1", 100), ("5", 5), ("2.5%", 2), ("100", 100)]
)
async def test_the_share_of_errors_is_exact(rate: str, errors: int) -> None:
    app = App(read_settings({"ERROR_RATE": rate}))
    statuses = [(await app.answer("/"))[0] for _ in range(100)]
    assert statuses.count(500) == errors


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"ERROR_RATE": "many"}, "ERROR_RATE='many'"),
        ({"ERROR_RATE": "101"}, "ERROR_RATE='101'"),
        ({"ERROR_RATE": "-1"}, "ERROR_RATE='-1'"),
        ({"LATENCY_MS": "x"}, "LATENCY_MS='x'"),
        ({"PORT": "http"}, "PORT='http'"),
    ],
)
def test_a_wrong_variable_is_named(env: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_settings(env)


def test_it_listens_on_every_port_of_its_pod() -> None:
    assert read_settings({"PORT": "4001", "PORT_80": "4001", "PORT_443": "4002", "PORT_NAME": "x"}).ports == (
        4001,
        4002,
    )
    assert read_settings({}).ports == (8080,)


async def test_trouble_at_the_start_is_one_line(tmp_path: object) -> None:
    async with Processes() as processes:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            env = {"PORT": str(taken.getsockname()[1])}
            process = await processes.start([sys.executable, demoapp.__file__], env=env, stderr=PIPE)
            _, said = await process.communicate()
    assert process.returncode == 1
    assert said.startswith(b"demoapp: ")
    assert said.count(b"\n") == 1


async def test_requests_in_flight_are_finished_and_told_to_go(start: Start) -> None:
    app = await start(LATENCY_MS="1000", DRAIN_MS="100")
    await app.ask("GET /healthz HTTP/1.1\nConnection: close\n\n")  # it has had connections before
    wire = await app.connect()
    asking = asyncio.create_task(wire.ask("GET / HTTP/1.1\n\n"))
    await asyncio.sleep(0.1)  # it waits for its answer now
    app.process.send_signal(signal.SIGTERM)
    reply = await asking
    assert (reply.status, reply.headers["connection"]) == (200, "close")
    assert await app.process.wait() == 0


async def test_newcomers_are_served_during_the_drain_and_refused_after_it(start: Start) -> None:
    app = await start(DRAIN_MS="300")
    old = await app.connect()
    await old.ask("GET / HTTP/1.1\n\n")
    app.process.send_signal(signal.SIGTERM)
    await asyncio.sleep(0.05)
    for reply in (await app.ask("GET / HTTP/1.1\n\n"), await old.ask("GET / HTTP/1.1\n\n")):
        assert (reply.status, reply.headers["connection"]) == (200, "close")
    assert await app.process.wait() == 0
    with pytest.raises(ConnectionRefusedError):
        await app.connect()


async def test_idle_connections_do_not_keep_it(start: Start) -> None:
    app = await start(DRAIN_MS="0")
    wire = await app.connect()
    await wire.ask("GET / HTTP/1.1\n\n")
    app.process.send_signal(signal.SIGTERM)
    assert await app.process.wait() == 0
    assert await wire.reader.read() == b""


def test_it_imports_nothing_heavy() -> None:
    assert isinstance(read_settings(os.environ | {"PORT": "1"}), Settings)
    source = Path(demoapp.__file__).read_text()
    names = {line.split()[1].split(".")[0] for line in source.splitlines() if re.match(r"(import|from) ", line)}
    assert names <= set(sys.stdlib_module_names)
