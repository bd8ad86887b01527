"""Hosts that the operator names are found where he says."""

import aiohttp
import pytest
from aiohttp import web

from serinus.controller.resolve import Resolver, addresses_of


async def serve(request: web.Request) -> web.Response:
    return web.Response(text=request.host)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("prometheus.monitoring:9090=127.0.0.1:4321", (("prometheus.monitoring", 9090), ("127.0.0.1", 4321))),
        ("Prometheus.Monitoring.:9090=127.0.0.1:4321", (("prometheus.monitoring", 9090), ("127.0.0.1", 4321))),
        ("a:1=[::1]:65535", (("a", 1), ("::1", 65535))),
    ],
)
def test_a_pair_says_which_host_is_where(text: str, expected: tuple) -> None:
    assert addresses_of([text]) == dict([expected])


@pytest.mark.parametrize(
    "text",
    ["", "a", "a:80", "a=1.2.3.4:80", "a:80=1.2.3.4", "a:80=b:80", "a:0=1.2.3.4:80", "a:80=1.2.3.4:65536",
     "http://a:80=1.2.3.4:80", "a:80=1.2.3:80", " a:80=1.2.3.4:80"],
)  # fmt: skip
def test_what_is_no_pair_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"--resolve .*: write HOST:PORT=ADDRESS:PORT .*127\.0\.0\.1:4321"):
        addresses_of([text])


async def test_requests_to_a_named_host_and_port_go_there_under_their_own_name() -> None:
    app = web.Application()
    app.router.add_get("/", serve)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    named = Resolver(addresses_of([f"prometheus.monitoring:9090=127.0.0.1:{port}"]))
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=named)) as session:
        for url in ("http://prometheus.monitoring:9090/", "http://PROMETHEUS.monitoring:9090/"):
            async with session.get(url) as reply:
                assert (await reply.text()).lower() == "prometheus.monitoring:9090"
        async with session.get(f"http://localhost:{port}/") as reply:
            assert await reply.text() == f"localhost:{port}"
    await runner.cleanup()


async def test_another_port_of_a_named_host_is_another_place() -> None:
    named = Resolver({("localhost", 9090): ("192.0.2.1", 1)})
    there, elsewhere = await named.resolve("localhost", 9090), await named.resolve("localhost", 9091)
    assert [(one["host"], one["port"]) for one in there] == [("192.0.2.1", 1)]
    assert {(one["host"], one["port"]) for one in elsewhere} == {("127.0.0.1", 9091)}
    await named.close()
