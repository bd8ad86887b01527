"""Through a proxy, when the kubeconfig or the environment names one."""

from __future__ import annotations

import pytest
from aiohttp import web

from serinus.kube import Client, ConfigError, ConnectionOptions, Unreachable, load_connection

BEYOND = "http://api.example.test:8080"


@pytest.fixture
def forwarded(api):
    """What the server, used as a proxy, is asked to fetch."""
    asked = []

    async def fetch(request):
        asked.append((str(request.url), request.headers.get("Authorization")))
        return web.json_response({"ok": True})

    api.faults.append(fetch)
    return asked


async def test_the_proxy_of_the_connection_is_used(api, forwarded):
    options = ConnectionOptions(server=BEYOND, proxy_url=api.url, token="t")
    async with Client(load_connection(options)) as client:
        assert await client.get("/version") == {"ok": True}
    assert forwarded == [(f"{BEYOND}/version", "Bearer t")]


async def test_the_proxy_of_the_environment_is_used(api, forwarded, monkeypatch):
    monkeypatch.setenv("http_proxy", api.url)
    monkeypatch.setenv("no_proxy", "elsewhere.test")
    async with Client(load_connection(ConnectionOptions(server=BEYOND))) as client:
        assert await client.get("/version") == {"ok": True}
    assert forwarded == [(f"{BEYOND}/version", None)]


async def test_hosts_that_need_no_proxy_are_asked_directly(api, forwarded, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    async with Client(load_connection(ConnectionOptions(server=api.url))) as client:
        assert await client.get("/version") == {"ok": True}


async def test_a_proxy_that_refuses_is_named_without_its_password(api):
    async def refuse(request):
        return web.Response(status=407, reason="Proxy Authentication Required")

    api.faults.append(refuse)
    proxy = api.url.replace("http://", "http://eva:hidden-thing@")
    options = ConnectionOptions(server=BEYOND.replace("http", "https"), proxy_url=proxy)
    async with Client(load_connection(options)) as client:
        with pytest.raises(Unreachable, match="the proxy does not let us through to https://api") as caught:
            await client.create("/x", {})
    assert "hidden-thing" not in str(caught.value)


async def test_a_proxy_of_another_kind_is_refused():
    connection = load_connection(ConnectionOptions(server=BEYOND, proxy_url="socks5://eva:hidden-thing@p:1"))
    with pytest.raises(ConfigError, match=r"the proxy p:1 cannot be used; only http:// and https://"):
        Client(connection)
