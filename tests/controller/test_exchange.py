"""HTTP exchanges with a real server on loopback."""

import asyncio
import gzip
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from msgspec.structs import replace

from serinus.controller import exchange, exchange_retry
from serinus.controller.exchange import Exchange
from serinus.controller.resolve import Resolver, addresses_of
from serinus.local.pki import Authority
from serinus.providers.provider import ProviderError
from serinus.providers.request import HTTPRequest

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses too short to notice, and no proxy from outside."""
    monkeypatch.setattr(exchange_retry, "FIRST_PAUSE", 0.001)
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


class Server:
    """A server that answers by a function, and remembers what it was asked."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.asked: list[web.Request] = []
        self.bodies: list[bytes] = []
        self.url = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        self.bodies.append(await request.read())
        return await self.handler(request)


@asynccontextmanager
async def serving(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    server = Server(handler)
    runner = web.ServerRunner(web.Server(server.answer), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    try:
        host, port = runner.addresses[0][:2]
        server.url = f"{'https' if tls else 'http'}://{host}:{port}"
        yield server
    finally:
        await runner.cleanup()


def answers(*replies: web.Response | tuple[int, dict[str, str]]) -> Handler:
    """Statuses with headers, one after the other; the last one again and again."""
    left = list(replies)

    async def handler(_request: web.Request) -> web.StreamResponse:
        reply = left.pop(0) if len(left) > 1 else left[0]
        status, headers = reply if isinstance(reply, tuple) else (reply.status, dict(reply.headers))
        return web.Response(status=status, headers=headers, body=b"%d" % status)

    return handler


async def until(holds: Callable[[], bool]) -> None:
    while not holds():  # noqa: ASYNC110 - what is waited for happens in a server
        await asyncio.sleep(0.001)


async def trouble(request: HTTPRequest) -> str:
    async with Exchange() as exchange:
        with pytest.raises(ProviderError) as caught:
            await exchange.send(request)
    return str(caught.value)


async def test_the_request_arrives_as_it_was_written() -> None:
    async with serving(answers((200, {"X-Reply": "1"}))) as server, Exchange() as exchange:
        request = HTTPRequest(
            url=f"{server.url}/a%2Fb?q=x%2By%20z&p=1%26",
            method="POST",
            headers=(("X-Team", "shop"), ("Content-Type", "text/x")),
            body=b"\x00body",
        )
        reply = await exchange.send(request)
    (asked,) = server.asked
    assert (reply.status, reply.body, reply.headers["x-reply"]) == (200, b"200", "1")
    assert (asked.method, asked.raw_path, server.bodies) == ("POST", "/a%2Fb?q=x%2By%20z&p=1%26", [b"\x00body"])
    assert (asked.headers["X-Team"], asked.headers["Content-Type"]) == ("shop", "text/x")
    assert asked.headers["User-Agent"].startswith("serinus/")


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
async def test_a_passing_trouble_is_asked_again(status: int) -> None:
    async with serving(answers((status, {}), (status, {}), (200, {}))) as server, Exchange() as exchange:
        reply = await exchange.send(HTTPRequest(url=server.url))
    assert (reply.status, len(server.asked)) == (200, 3)


async def test_a_lasting_trouble_ends_with_its_last_reply() -> None:
    async with serving(answers((503, {}))) as server, Exchange() as exchange:
        reply = await exchange.send(HTTPRequest(url=server.url))
    assert (reply.status, len(server.asked)) == (503, 1 + exchange_retry.RETRIES)


@pytest.mark.parametrize("status", [400, 401, 404, 422, 501])
async def test_a_refusal_is_not_asked_again(status: int) -> None:
    async with serving(answers((status, {}))) as server, Exchange() as exchange:
        assert (await exchange.send(HTTPRequest(url=server.url))).status == status
    assert len(server.asked) == 1


@pytest.mark.parametrize(("reads_only", "times"), [(False, 1), (True, 3)])
async def test_what_may_change_something_is_sent_once(reads_only: bool, times: int) -> None:
    async with serving(answers((503, {}))) as server, Exchange() as exchange:
        await exchange.send(HTTPRequest(url=server.url, method="POST", reads_only=reads_only))
    assert len(server.asked) == times


async def test_a_server_that_wants_a_longer_pause_than_we_have_is_left_alone() -> None:
    async with serving(answers((429, {"Retry-After": "3600"}))) as server, Exchange() as exchange:
        reply = await exchange.send(HTTPRequest(url=server.url))
    assert (reply.status, len(server.asked)) == (429, 1)


@pytest.mark.parametrize(
    ("header", "wish"),
    [("2", 2.0), ("0", 0.0), ("", 0.0), ("soon", 0.0), ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0), ("²", 0.0)],
)
def test_the_wished_pause_is_kept(header: str, wish: float) -> None:
    reply = exchange_retry.HTTPResponse(429, {"retry-after": header})
    pause = exchange_retry.pause_after_reply(HTTPRequest(url="http://x"), reply, 0)
    assert pause is not None
    assert wish <= pause <= wish + exchange_retry.FIRST_PAUSE


async def test_a_silent_server_is_not_waited_for_longer_than_the_time_that_is_given() -> None:
    async def silent(_request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(60)
        return web.Response()

    async with serving(silent) as server:
        assert await trouble(HTTPRequest(url=f"{server.url}/?token=hush", timeout=0.2)) == (
            f"{server.url} did not answer within 0.2 s"
        )


async def test_equal_requests_in_flight_go_out_once() -> None:
    gate = asyncio.Event()

    async def slow(_request: web.Request) -> web.StreamResponse:
        await gate.wait()
        return web.Response(body=b"shared")

    async with serving(slow) as server, Exchange() as exchange:
        request = HTTPRequest(url=server.url, headers=(("a", "b"),))
        others = [request, replace(request), replace(request, headers=(("a", "c"),))]
        sends = [asyncio.create_task(exchange.send(item)) for item in others]
        await until(lambda: len(server.asked) == 2)
        sends[0].cancel()
        gate.set()
        assert [reply.body for reply in await asyncio.gather(*sends[1:])] == [b"shared"] * 2
        assert len(server.asked) == 2
        await exchange.send(request)
        assert len(server.asked) == 3


async def test_a_request_that_nobody_waits_for_is_given_up() -> None:
    gone = asyncio.Event()

    async def slow(request: web.Request) -> web.StreamResponse:
        try:
            await asyncio.sleep(60)
        finally:
            gone.set()
        return web.Response()

    runner = web.ServerRunner(web.Server(slow, handler_cancellation=True), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with Exchange() as exchange:
        sending = asyncio.create_task(exchange.send(HTTPRequest(url=f"http://127.0.0.1:{runner.addresses[0][1]}")))
        await asyncio.sleep(0.1)
        sending.cancel()
        await asyncio.wait_for(gone.wait(), 10)
    await runner.cleanup()


async def test_one_server_gets_only_so_many_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "PER_HOST", 2)
    now = most = 0

    async def counting(_request: web.Request) -> web.StreamResponse:
        nonlocal now, most
        now, most = now + 1, max(most, now + 1)
        await asyncio.sleep(0.01)
        now -= 1
        return web.Response()

    async with serving(counting) as server, Exchange() as pool:
        await asyncio.gather(*(pool.send(HTTPRequest(url=f"{server.url}/{number}")) for number in range(8)))
    assert (len(server.asked), most) == (8, 2)


async def test_a_huge_reply_is_not_swallowed_not_even_packed() -> None:
    async def bomb(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=gzip.compress(b"0" * 30_000_000), headers={"Content-Encoding": "gzip"})

    async with serving(bomb) as server:
        assert await trouble(HTTPRequest(url=server.url)) == (
            f"the reply of {server.url} is larger than 4 MiB: ask for less"
        )


async def test_redirections_are_followed_but_secrets_stay_where_they_belong() -> None:
    secret = (("Authorization", "Bearer hush"), ("DD-API-KEY", "hush"))
    async with serving(answers((200, {}))) as other:

        async def moved(request: web.Request) -> web.StreamResponse:
            target = f"{other.url}/there" if request.path == "/b" else "/b"
            return web.Response(status=302, headers={"Location": target})

        async with serving(moved) as server, Exchange() as exchange:
            reply = await exchange.send(HTTPRequest(url=f"{server.url}/a", headers=secret))
            posted = await exchange.send(HTTPRequest(url=f"{server.url}/a", method="POST", headers=secret))
    assert (reply.status, posted.status) == (200, 302)
    assert [asked.headers.get("DD-API-KEY") for asked in server.asked] == ["hush"] * 3
    (there,) = other.asked
    assert {"Authorization", "DD-API-KEY"} & set(there.headers) == set()


async def test_redirections_that_never_end_are_given_up() -> None:
    async with serving(answers((302, {"Location": "/again"}))) as server:
        assert "sends us on and on" in await trouble(HTTPRequest(url=server.url))


async def test_a_refused_connection_says_so() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        origin = f"http://127.0.0.1:{free.getsockname()[1]}"
    said = await trouble(HTTPRequest(url=f"http://user:hush@{origin.removeprefix('http://')}/?q=hush"))
    assert said.startswith(f"{origin} cannot be reached: ")
    assert "refused" in said.lower()


async def test_an_unknown_name_says_so_without_asking_again() -> None:
    class Nowhere(AbstractResolver):
        asked = 0

        async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
            self.asked += 1
            raise OSError(None, "Name or service not known")

        async def close(self) -> None:
            pass

    resolver = Nowhere()
    async with Exchange(resolver=resolver) as exchange:
        with pytest.raises(
            ProviderError, match=r"^http://nowhere\.shop:9090 cannot be reached: the name nowhere\.shop is"
        ):
            await exchange.send(HTTPRequest(url="http://nowhere.shop:9090/x"))
    assert resolver.asked == 1


async def test_a_connection_that_breaks_is_tried_again_and_then_told() -> None:
    count = 0

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        count += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    origin = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    assert await trouble(HTTPRequest(url=origin)) == f"{origin} closed the connection before its reply was complete"
    assert count == 3
    server.close()


async def test_what_is_no_http_is_named() -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    origin = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    assert await trouble(HTTPRequest(url=origin)) == f"{origin} does not answer in HTTP"
    server.close()


async def test_a_bad_certificate_is_refused_unless_the_metric_says_so(tls: ssl.SSLContext) -> None:
    async with serving(answers((200, {})), tls) as server:
        said = await trouble(HTTPRequest(url=server.url))
        assert said.startswith(f"the certificate of {server.url} is not trusted (")
        assert said.endswith("): trust its issuer, or set insecure")
        async with Exchange() as exchange:
            assert (await exchange.send(HTTPRequest(url=server.url, verify=False))).status == 200
    assert len(server.asked) == 1


async def test_a_user_in_the_address_gives_way_to_a_header() -> None:
    async with serving(answers((200, {}))) as server, Exchange() as exchange:
        url = server.url.replace("http://", "http://ann:pw@")
        await exchange.send(HTTPRequest(url=url, headers=(("authorization", "Bearer t"),)))
        await exchange.send(HTTPRequest(url=url))
    assert [asked.headers["Authorization"] for asked in server.asked] == ["Bearer t", "Basic YW5uOnB3"]


async def test_the_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(answers((200, {}))) as proxy, Exchange() as exchange:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "")
        await exchange.send(HTTPRequest(url="http://metrics.invalid/x?a=1"))
    assert [str(asked.url) for asked in proxy.asked] == ["http://metrics.invalid/x?a=1"]


async def test_a_host_that_the_operator_named_is_met_without_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(answers((200, {}))) as proxy, serving(answers((200, {}))) as server:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "")
        named = addresses_of([f"prometheus.monitoring:9090={server.url.removeprefix('http://')}"])
        async with Exchange(resolver=Resolver(named)) as exchange:
            await exchange.send(HTTPRequest(url="http://prometheus.monitoring:9090/x"))
    assert ([str(asked.url) for asked in server.asked], proxy.asked) == (["http://prometheus.monitoring:9090/x"], [])


async def test_a_proxy_that_refuses_is_told_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(answers((407, {}))) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url.replace("http://", "http://ann:hush@"))
        monkeypatch.setenv("no_proxy", "")
        said = await trouble(HTTPRequest(url="https://metrics.invalid/?q=hush"))
    assert said == "https://metrics.invalid cannot be reached: its proxy answered 407"


async def test_what_cannot_be_sent_is_told_and_not_tried_again() -> None:
    async with serving(answers((200, {}))) as server:
        said = await trouble(HTTPRequest(url=server.url, headers=(("a", "b\r\nc: d"),)))
        assert said == f"the request to {server.url} cannot be sent as it is configured"
        assert await trouble(HTTPRequest(url="http:///x")) == "the address is not a URL"
    assert server.asked == []


async def test_a_proxy_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("http_proxy", f"http://ann:hush@127.0.0.1:{port}")
    monkeypatch.setenv("no_proxy", "")
    said = await trouble(HTTPRequest(url="http://metrics.invalid/"))
    assert said == f"http://metrics.invalid cannot be reached: its proxy 127.0.0.1:{port} does not answer"


async def test_a_server_without_tls_is_named() -> None:
    async with serving(answers((200, {}))) as server:
        url = server.url.replace("http:", "https:")
        assert (await trouble(HTTPRequest(url=url))).startswith(f"{url} does not speak TLS as we do: ")


async def test_nobody_sends_us_from_tls_to_where_there_is_none(tls: ssl.SSLContext) -> None:
    async with serving(answers((200, {}))) as plain, serving(answers((302, {"Location": plain.url})), tls) as server:
        said = await trouble(HTTPRequest(url=server.url, verify=False))
        assert said == f"{server.url} sends us on to an address without TLS"
    assert plain.asked == []


async def test_closing_ends_what_is_under_way() -> None:
    async def silent(_request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(60)
        return web.Response()

    async with serving(silent) as server:
        async with Exchange() as exchange:
            sending = asyncio.create_task(exchange.send(HTTPRequest(url=server.url)))
            await until(lambda: len(server.asked) == 1)
        with pytest.raises(asyncio.CancelledError):
            await sending


def test_nothing_shows_a_secret() -> None:
    request = HTTPRequest(url="https://ann:hush@x/?k=hush", headers=(("a", "hush"),), body=b"hush")
    assert repr(request) == "HTTPRequest(GET https://x)"


@pytest.fixture
def tls(tmp_path: Path) -> ssl.SSLContext:
    """A server's certificate that nobody trusts."""
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    pair = Authority("nobodys", tmp_path).issue("server")
    served.load_cert_chain(pair.cert, pair.key)
    return served
