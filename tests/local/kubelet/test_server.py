"""The kubelet's endpoint: logs for those whose certificate is trusted."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from socket import create_server

import aiohttp
import pytest

from serinus.local import pki
from serinus.local.kubelet.logs import Log, log_time
from serinus.local.kubelet.server import KubeletTLS, LogServer, NoLogError


class Served:
    """A running endpoint with one log, `shop/web-1/c`."""

    def __init__(self, folder: Path) -> None:
        self.pki = pki.create(folder / "pki", "local")
        self.log = Log(folder / "0.log")
        self.url = ""

    async def find(self, namespace: str, pod: str, container: str, previous: bool) -> Log:
        if (namespace, pod, container, previous) != ("shop", "web-1", "c", False):
            raise NoLogError(f"there is no {namespace}/{pod}/{container}", 404)
        return self.log

    def tls(self, pair: pki.Pair | None) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.pki.ca)
        if pair:
            context.load_cert_chain(pair.cert, pair.key)
        return context

    async def get(self, path: str) -> tuple[int, str]:
        tls = self.tls(self.pki.apiserver_to_kubelet)
        async with aiohttp.ClientSession() as session, session.get(self.url + path, ssl=tls) as response:
            return response.status, await response.text()


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    server = Served(tmp_path)
    listener = create_server(("127.0.0.1", 0))
    server.url = f"https://127.0.0.1:{listener.getsockname()[1]}"
    pair = server.pki.kubelet
    tls = KubeletTLS(cert=pair.cert, key=pair.key, client_ca=server.pki.kubelet_client_ca)
    runner = await LogServer(server.find, lambda: datetime.now(UTC)).start(listener, tls.context())
    yield server
    await server.log.close()
    await runner.cleanup()


async def write(log: Log, *lines: str) -> None:
    for line in lines:
        await log.write(log_time(datetime.now(UTC)) + f" stdout F {line}\n".encode())


async def test_logs_are_served(served: Served) -> None:
    await write(served.log, "one", "two")
    assert await served.get("/containerLogs/shop/web-1/c") == (200, "one\ntwo\n")
    assert await served.get("/containerLogs/shop/web-1/c?tailLines=1") == (200, "two\n")


async def test_following_ends_when_the_run_ends(served: Served) -> None:
    await write(served.log, "one")
    following = asyncio.create_task(served.get("/containerLogs/shop/web-1/c?follow=true"))
    await asyncio.sleep(0.05)
    await write(served.log, "two")
    await served.log.close()
    assert await following == (200, "one\ntwo\n")


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/healthz", 200, "ok"),
        ("/containerLogs/shop/web-1/none", 404, "there is no shop/web-1/none"),
        ("/containerLogs/shop/web-1/c?tailLines=x", 400, "tailLines=x"),
    ],
)
async def test_answers_are_one_clear_line(served: Served, path: str, status: int, said: str) -> None:
    found, text = await served.get(path)
    assert (found, text.count("\n")) == (status, 1)
    assert said in text


@pytest.mark.parametrize("path", ["/exec/shop/web-1/c?command=sh", "/attach/shop/web-1/c", "/portForward/shop/web-1"])
async def test_what_it_cannot_do_is_refused_in_the_words_of_the_api(served: Served, path: str) -> None:
    status, text = await served.get(path)
    said = json.loads(text)
    assert (status, said["kind"], said["code"]) == (501, "Status", 501)
    assert "local processes" in said["message"]


async def test_nobody_gets_in_without_a_certificate(served: Served) -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientError):
            await session.get(served.url + "/healthz", ssl=served.tls(None))


async def test_a_certificate_of_another_authority_is_refused(served: Served) -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientError):
            await session.get(served.url + "/healthz", ssl=served.tls(served.pki.kubelet))
