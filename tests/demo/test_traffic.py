"""The traffic sees every failure, and repeats only what any client would."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from serinus.demo.traffic import KeptClient, Traffic, fault
from serinus.demo.watch import until
from serinus.demo.wire import Answer, BrokenError, Wire

IMAGE = "nginx:1.22.0"
BODY = json.dumps({"image": IMAGE}).encode()
GOOD = f"HTTP/1.1 200 OK\r\nX-Image: {IMAGE}\r\nContent-Length: {len(BODY)}\r\n\r\n".encode() + BODY
LAST = GOOD.replace(b"X-Image", b"Connection: close\r\nX-Image")
CUT = b"<cut>"
"""At the end of an answer: the server closes there."""
BAD_GATEWAY = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"


@asynccontextmanager
async def served(*connections: list[bytes]) -> AsyncIterator[str]:
    """A server whose nth connection gives these answers in turn."""
    number = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal number
        answers = connections[min(number, len(connections) - 1)]
        number += 1
        try:
            for answer in answers:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(answer.removesuffix(CUT))
                if answer.endswith(CUT):
                    break
            else:
                await reader.read()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()
        yield f"{host}:{port}"


async def test_an_answer_is_read_to_its_end() -> None:
    async with served([GOOD, LAST]) as address:
        wire = await Wire.open(address, "a.example.com")
        assert await wire.get(is_last=False) == Answer(200, IMAGE, BODY, False)
        assert await wire.get(is_last=True) == Answer(200, IMAGE, BODY, True)
        wire.close()


@pytest.mark.parametrize(
    ("answer", "told", "answered"),
    [
        (CUT, "the connection closed before the answer", False),
        (GOOD[:20] + CUT, "the connection closed in the middle of the answer", True),
        (GOOD[:-3] + CUT, "the connection closed in the middle of the answer", True),
        (b"HTTP/1.1 200 OK\r\n\r\n", "an answer without status or length", True),
        (b"SSH-2.0-other\r\n\r\n", "an answer without status or length", True),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70000 + CUT, "the answer's head has no end", True),
    ],
)
async def test_a_broken_answer_is_told(answer: bytes, told: str, answered: bool) -> None:
    async with served([answer]) as address:
        client = await Wire.open(address, "a.example.com")
        with pytest.raises(BrokenError, match=told) as broken:
            await client.get(is_last=True)
        assert broken.value.answered is answered
        client.close()


async def test_nobody_listens() -> None:
    async with served([]) as address:
        pass
    with pytest.raises(BrokenError, match="no connection: "):
        await Wire.open(address, "a.example.com")


async def test_an_idle_connection_that_closes_is_replaced_once() -> None:
    async with served([GOOD, CUT], [GOOD, LAST], [GOOD]) as address:
        client = KeptClient(address, "a.example.com")
        told = [(answer.status, retried) for answer, retried in [await client.send() for _ in range(4)]]
        client.close()
    assert told == [(200, False), (200, True), (200, False), (200, False)]


@pytest.mark.parametrize(
    ("good", "connections"),
    [
        pytest.param(0, [[CUT], [GOOD]], id="a new connection that closes is a failure"),
        pytest.param(1, [[GOOD, CUT], [CUT], [GOOD]], id="a second try is the last"),
        pytest.param(1, [[GOOD, GOOD[:30] + CUT], [GOOD]], id="half an answer is a failure"),
    ],
)
async def test_what_no_client_would_repeat_fails(good: int, connections: list[list[bytes]]) -> None:
    async with served(*connections) as address:
        client = KeptClient(address, "a.example.com")
        for _ in range(good):
            await client.send()
        with pytest.raises(BrokenError):
            await client.send()
        client.close()


async def test_both_clients_count_good_and_bad_answers() -> None:
    async with served([LAST], [BAD_GATEWAY], [LAST]) as address:
        traffic = Traffic(address, "a.example.com", [IMAGE])
        running = asyncio.create_task(traffic.run())
        assert await until(lambda: traffic.tally.requests >= 60, 10)
        sample = traffic.measure()
        assert await until(lambda: sample.answers.total() >= 30, 10)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert traffic.tally.failed == 1
    assert traffic.tally.failures[0].startswith("status 502 from the gateway (sent at 0.")
    assert set(sample.answers) == {IMAGE}


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Answer(200, IMAGE, BODY, False), ""),
        (Answer(500, IMAGE, BODY, False), "status 500 from nginx:1.22.0"),
        (Answer(503, "", b"", False), "status 503 from the gateway"),
        (Answer(200, "nginx:9", BODY, False), "an answer of an unknown version, nginx:9"),
        (Answer(200, "", BODY, False), "an answer of an unknown version, which does not say"),
        (
            Answer(200, IMAGE, b'{"image": "nginx:1"}', False),
            "a body that tells of nginx:1 under a head of nginx:1.22.0",
        ),
        (
            Answer(200, IMAGE, b"oops", False),
            "a body that tells of nothing that can be read under a head of nginx:1.22.0",
        ),
    ],
)
def test_every_answer_is_checked(answer: Answer, told: str) -> None:
    assert fault(answer, frozenset({IMAGE})) == told
