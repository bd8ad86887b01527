"""The process: what it refuses, what it survives, what it leaves behind."""

import asyncio
import os
import re
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from serinus.local.gateways.envoy.bans import Bans
from serinus.local.gateways.envoy.model import Answer, Forward, Host, Match, Route, Routing, Share, Text
from serinus.local.gateways.envoy.proxy import OUTSIDE, Proxy, door_of
from serinus.local.gateways.following import RefusedError

Serve = Callable[..., Awaitable[Any]]


def answering(status: int, *hosts: str, header: Text | None = None) -> Routing:
    match = Match(headers=(("x-a", header),) if header else ())
    routes = (Route("VirtualService default/v", match, Answer(status)),)
    return Routing(outside=tuple(Host((host,), routes) for host in hosts or ("*",)))


async def test_each_change_is_in_effect_when_it_returns(proxy: Proxy, web: Any) -> None:
    for number in range(30):
        await proxy.apply(answering(200 + number))
        assert (await web.get())[0] == 200 + number
    assert proxy.generation == 30


async def test_a_refusal_names_the_expression_and_leaves_the_routes_before_it(proxy: Proxy, web: Any) -> None:
    await proxy.apply(answering(200))
    bad = answering(201, header=Text("regex", "(unclosed"))
    with pytest.raises(RefusedError, match=re.escape("(unclosed")):
        await proxy.apply(bad)
    assert (await web.get())[0] == 200
    await proxy.apply(answering(202))
    assert (await web.get())[0] == 202


async def test_a_killed_envoy_is_replaced_at_the_same_ports(proxy: Proxy, web: Any, serve: Serve) -> None:
    await serve()
    ports = dict(proxy.ports)
    assert proxy._process is not None
    os.kill(proxy._process.pid, signal.SIGKILL)
    async with asyncio.timeout(10):
        while proxy.running:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await serve()
    assert proxy.ports == ports
    assert await web.call("http://stable/") == (200, "stable")


async def test_a_door_that_was_opened_stays_where_it_is(proxy: Proxy, serve: Serve) -> None:
    await serve(namespaces=("one",))
    first = proxy.ports[door_of("one")]
    await serve(namespaces=("one", "two"))
    assert (proxy.ports[door_of("one")], len({*proxy.ports.values()})) == (first, 4)


async def test_only_its_owner_may_administrate_it(proxy: Proxy, tmp_path: Path) -> None:
    await proxy.apply(answering(200))
    assert (tmp_path / "envoy" / "admin.sock").stat().st_mode & 0o777 == 0o600
    assert set(proxy.ports) == {OUTSIDE, "witness"}


async def test_a_trial_tells_the_guilty_from_the_others(proxy: Proxy) -> None:
    await proxy.apply(answering(200))
    unknown = Forward(shares=(Share("nowhere"),))
    assert await proxy.judge([Route("VirtualService default/good", Match(), unknown)]) == ""
    bad = Match(headers=(("x", Text("regex", "[[:nothing:]]")),))
    assert "invalid character class range" in await proxy.judge([Route("VirtualService default/bad", bad, Answer(200))])


def test_only_what_changed_since_the_last_success_is_suspected() -> None:
    bans = Bans()
    routes = tuple(Route(f"VirtualService default/{name}", Match(), Answer(200)) for name in ("old", "new"))
    versions = {routes[0].owner: "1", routes[1].owner: "7"}
    bans.accepted({routes[0].owner: "1"})
    assert bans.suspects(Routing(outside=(Host(("*",), routes),)), versions) == {routes[1].owner: [routes[1]]}


def test_who_is_left_out_is_tried_again_when_it_changes() -> None:
    bans = Bans()
    bans.add("VirtualService default/bad", {"VirtualService default/bad": "1"}, "no")
    assert bans.reasons({"VirtualService default/bad": "1"}) == {"VirtualService default/bad": "Envoy refuses it: no"}
    assert bans.reasons({"VirtualService default/bad": "2"}) == {}
