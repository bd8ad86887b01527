"""What a real Envoy does with connections that carry no HTTP, or that stay encrypted."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from chance import near
from serinus.local.errors import LocalError
from serinus.local.gateways.envoy.proxy import Proxy
from serinus.local.gateways.envoy.table import route
from serinus.local.pki import Authority

Serve = Callable[..., Awaitable[Any]]
Ask = Callable[..., Awaitable[str]]

REQUESTS = 2000
REQUEST = b"GET / HTTP/1.1\r\nHost: anything\r\n\r\n"
DOOR = "tcp-5432-default.db"


def virtual(tcp: str = "[]", tls: str = "[]", name: str = "db", gateways: str = "") -> str:
    """Write a VirtualService of tcp and tls routes (flow YAML)."""
    return (
        f"kind: VirtualService\nmetadata: {{name: {name}, creationTimestamp: '2026-01-01T00:00:00Z'}}\n"
        f"spec: {{hosts: [shop.test], gateways: [{gateways}], tcp: {tcp}, tls: {tls}}}"
    )


def weighted(canary: int) -> str:
    return (
        f"[{{destination: {{host: stable}}, weight: {100 - canary}}},"
        f" {{destination: {{host: canary}}, weight: {canary}}}]"
    )


def tcp(canary: int) -> str:
    return f"[{{match: [{{port: 5432}}], route: {weighted(canary)}}}]"


def to(host: str, *names: str) -> str:
    return f"{{match: [{{sniHosts: [{', '.join(map(repr, names))}]}}], route: [{{destination: {{host: {host}}}}}]}}"


def gateway(*listeners: str) -> str:
    spec = f"{{gatewayClassName: serinus, listeners: [{', '.join(listeners)}]}}"
    return f"kind: Gateway\nmetadata: {{name: raw}}\nspec: {spec}"


def gateway_route(kind: str, canary: int, rest: str = "") -> str:
    refs = f"[{{name: stable, port: 80, weight: {100 - canary}}}, {{name: canary, port: 80, weight: {canary}}}]"
    return (
        f"kind: {kind}\nmetadata: {{name: db, generation: 1}}\n"
        f"spec: {{parentRefs: [{{name: raw}}], rules: [{{backendRefs: {refs}}}]{rest}}}"
    )


@pytest.fixture
def ask(proxy: Proxy) -> Ask:
    """Open a connection to an entrance and say who answers; with a name, in TLS."""

    async def once(door: str, context: ssl.SSLContext | None = None, name: str | None = None) -> str:
        port = proxy.entrances[door]
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=name)
        try:
            writer.write(REQUEST)
            head = await reader.readuntil(b"\r\n\r\n")
            return (await reader.readexactly(int(head.split(b"Content-Length: ")[1].split()[0]))).decode()
        finally:
            writer.close()

    return once


async def share(ask: Ask, *question: Any) -> float:
    """Say which part of many connections the canary answered."""

    async def few() -> int:
        return sum([await ask(*question) == "canary" for _ in range(REQUESTS // 10)])

    return sum(await asyncio.gather(*(few() for _ in range(10)))) / REQUESTS


@pytest.fixture
async def trusting(tmp_path: Path, upstreams: Any) -> ssl.SSLContext:
    """Let the upstreams prove that they are `shop.test` and what is below it, and trust them alone."""
    authority = Authority("test", tmp_path)
    pair = authority.issue("shop", ("shop.test", "*.shop.test"))
    for upstream in upstreams.values():
        await upstream.stop()
        upstream.tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        upstream.tls.load_cert_chain(pair.cert, pair.key)
        await upstream.start()
    return ssl.create_default_context(cafile=authority.cert)


@pytest.mark.parametrize("weight", [10, 60])
async def test_connections_of_a_tcp_route_are_split_exactly(weight: int, serve: Serve, ask: Ask) -> None:
    await serve(virtual(tcp(weight)))
    assert near(await share(ask, DOOR), weight / 100)


async def test_a_changed_weight_meets_the_next_connection_at_the_same_port(
    serve: Serve, ask: Ask, proxy: Proxy
) -> None:
    await serve(virtual(tcp(0)))
    port = proxy.entrances[DOOR]
    for weight, expected in ((100, "canary"), (0, "stable"), (100, "canary")):
        await serve(virtual(tcp(weight)))
        assert [await ask(DOOR) for _ in range(20)] == [expected] * 20
    assert proxy.entrances[DOOR] == port


async def test_a_connection_outlives_a_change_of_weights(serve: Serve, proxy: Proxy) -> None:
    await serve(virtual(tcp(0)))
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.entrances[DOOR])
    for weight in (50, 100):
        await serve(virtual(tcp(weight)))
        writer.write(REQUEST)
        await reader.readuntil(b"\r\n\r\n")
        assert await reader.readexactly(6) == b"stable"
    writer.close()


async def test_who_has_no_route_any_more_has_no_port(serve: Serve, ask: Ask, proxy: Proxy) -> None:
    await serve(virtual(tcp(0)), virtual(tcp(100), name="other"))
    port = proxy.entrances[DOOR]
    await serve(virtual(tcp(100), name="other"))
    assert set(proxy.entrances) == {"tcp-5432-default.other"}
    assert await ask("tcp-5432-default.other") == "canary"
    with pytest.raises(ConnectionError):
        await asyncio.open_connection("127.0.0.1", port)


async def test_a_killed_envoy_is_replaced_at_the_same_ports(serve: Serve, ask: Ask, proxy: Proxy) -> None:
    await serve(virtual(tcp(100)))
    port = proxy.entrances[DOOR]
    proxy._process.kill()
    await proxy._process.wait()
    await serve(virtual(tcp(100)))
    assert (proxy.entrances[DOOR], await ask(DOOR)) == (port, "canary")


async def test_a_port_that_somebody_took_meanwhile_is_replaced(
    serve: Serve, ask: Ask, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    await serve(virtual(tcp(100)))
    port = proxy.entrances[DOOR]
    proxy._process.kill()
    await proxy._process.wait()
    monkeypatch.setattr("serinus.local.gateways.envoy.proxy.START_LIMIT", 3.0)
    with socket.create_server(("127.0.0.1", port)):
        with pytest.raises(LocalError, match="Envoy did not start"):
            await serve(virtual(tcp(100)))
        await serve(virtual(tcp(100)))
        assert proxy.entrances[DOOR] != port
        assert await ask(DOOR) == "canary"


async def test_a_port_that_somebody_takes_just_before_is_replaced(
    serve: Serve, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    await serve()
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        with monkeypatch.context() as patched:
            patched.setattr("serinus.local.gateways.envoy.proxy.free_ports", lambda count: [taken] * count)
            with pytest.raises(LocalError, match="Envoy refuses the configuration"):
                await serve(virtual(tcp(100)))
        await serve(virtual(tcp(100)))
        assert await ask(DOOR) == "canary"


async def test_a_dead_pod_costs_no_connection(serve: Serve, ask: Ask, upstreams: Any) -> None:
    await upstreams["canary"].stop()
    await serve(virtual("[{match: [{port: 5432}], route: [{destination: {host: both}}]}]"))
    assert {await ask(DOOR) for _ in range(100)} == {"stable"}
    await upstreams["canary"].start()


async def test_nobody_behind_a_port_ends_the_connection(serve: Serve, ask: Ask) -> None:
    await serve(virtual("[{match: [{port: 5432}], route: [{destination: {host: nobody}}]}]"))
    with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
        await ask(DOOR)


async def test_encrypted_connections_go_by_the_name_in_their_hello(
    serve: Serve, ask: Ask, trusting: ssl.SSLContext
) -> None:
    await serve(virtual(tls=f"[{to('stable', 'shop.test')}, {to('canary', '*.shop.test')}]"))
    assert await ask("tls-443", trusting, "shop.test") == "stable"
    assert await ask("tls-443", trusting, "new.shop.test") == "canary"
    with pytest.raises((ConnectionError, ssl.SSLError)):
        await ask("tls-443", trusting, "localhost")


async def test_encrypted_connections_are_split_exactly(serve: Serve, ask: Ask, trusting: ssl.SSLContext) -> None:
    match = "{port: 8443, sniHosts: [shop.test]}"
    await serve(virtual(tls=f"[{{match: [{match}], route: {weighted(30)}}}]"))
    assert near(await share(ask, "tls-8443", trusting, "shop.test"), 0.3)


async def test_a_tcp_route_of_gateway_api_splits_what_comes_to_its_listener(serve: Serve, ask: Ask) -> None:
    listener = "{name: db, port: 5432, protocol: TCP}"
    await serve(gateway(listener))
    with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
        await ask("default/raw/db")
    routing = await serve(gateway(listener), gateway_route("TCPRoute", 20))
    assert near(await share(ask, "default/raw/db"), 0.2)
    (report,) = routing.reports
    assert (report.accepted[0], report.resolved[0]) == ("Accepted", "ResolvedRefs")


async def test_no_two_entrances_share_a_port_whatever_came_before(serve: Serve, ask: Ask, proxy: Proxy) -> None:
    door, led = gateway("{name: db, port: 5432, protocol: TCP}"), gateway_route("TCPRoute", 0)
    for documents in ((door,), (door, led), (door, led, virtual(tcp(100)))):
        await serve(*documents)
    assert len(set(proxy.entrances.values())) == 2
    assert (await ask("default/raw/db"), await ask(DOOR)) == ("stable", "canary")


async def test_a_tls_route_of_gateway_api_splits_by_name(serve: Serve, ask: Ask, trusting: ssl.SSLContext) -> None:
    listener = "{name: web, port: 443, protocol: TLS, hostname: '*.shop.test', tls: {mode: Passthrough}}"
    await serve(gateway(listener), gateway_route("TLSRoute", 70, ", hostnames: [a.shop.test, elsewhere.test]"))
    assert near(await share(ask, "default/raw/web", trusting, "a.shop.test"), 0.7)
    with pytest.raises((ConnectionError, ssl.SSLError)):
        await ask("default/raw/web", trusting, "b.shop.test")


def test_a_listener_that_shall_decrypt_is_not_served(mesh: Callable[..., Any]) -> None:
    known = "kind: GatewayClass\nmetadata: {name: serinus}\nspec: {controllerName: local.serinus.dev/envoy}"
    listener = "{name: web, port: 443, protocol: TLS, tls: {mode: Terminate}}"
    routing = route(mesh(known, gateway(listener), gateway_route("TLSRoute", 0)))
    assert routing.entrances == ()
    assert routing.reports[0].accepted[0] == "NotAllowedByListeners"


@pytest.mark.parametrize(
    ("tcp", "tls", "text"),
    [
        ("[]", "[{route: []}]", "spec.tls[0].match: say for which sniHosts"),
        ("[]", "[{match: [{port: 1}], route: []}]", "spec.tls[0].match[0].sniHosts: name at least one"),
        ("[]", "[{match: [{sniHosts: ['a b']}], route: []}]", "'a b' is not a valid host"),
        ("[{route: []}]", "[]", "spec.tcp[0].match: say which port"),
        ("[{match: [{port: 1, sourceLabels: {a: b}}], route: []}]", "[]", "neither sourceLabels"),
        ("[{match: [{port: 1, destinationSubnets: [10.0.0.0/8]}], route: []}]", "[]", "neither sourceLabels"),
    ],
)
def test_what_cannot_be_served_is_left_out_with_the_field_and_the_reason(
    tcp: str, tls: str, text: str, mesh: Callable[..., Any]
) -> None:
    routing = route(mesh(virtual(tcp, tls)))
    assert [text in remark.text for remark in routing.left_out] == [True]
    assert routing.entrances == ()


def test_a_name_that_is_taken_is_told_and_stays_with_the_older(mesh: Callable[..., Any]) -> None:
    older = virtual(tls=f"[{to('stable', 'shop.test')}]", name="a")
    younger = virtual(tls=f"[{to('canary', 'shop.test', 'new.test')}]", name="b")
    routing = route(mesh(older, younger))
    (entrance,) = routing.entrances
    assert [(stream.owner, stream.names) for stream in entrance.streams] == [
        ("VirtualService default/a", ("shop.test",)),
        ("VirtualService default/b", ("new.test",)),
    ]
    assert [remark.text for remark in routing.remarks] == [
        "tls port 443, shop.test: the VirtualService default/a is served there"
    ]


def test_what_is_meant_for_pods_only_has_no_port_outside(mesh: Callable[..., Any]) -> None:
    routing = route(mesh(virtual(tcp(10), gateways="mesh")))
    assert routing.entrances == ()
    assert [remark.text for remark in routing.remarks] == ["spec.tcp and spec.tls are served to clients outside only"]
