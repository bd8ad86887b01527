"""Providers against a real server, through the shell's own exchange."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from providers.orders import order
from providers.serving import Shop, serving
from serinus import plugins
from serinus.controller import exchange_retry
from serinus.controller.exchange import Exchange
from serinus.expr import Floats
from serinus.providers.choice import chosen
from serinus.providers.provider import HTTPRequest, Order, Outcome, ProviderError, Reading

PROVIDERS = plugins.providers()


@pytest.fixture
async def shop(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Shop]:
    monkeypatch.setattr(exchange_retry, "FIRST_PAUSE", 0.001)
    monkeypatch.setenv("no_proxy", "*")
    async with serving() as shop:
        yield shop


async def measure(given: Order, exchange: Exchange) -> Outcome:
    """Drive a provider as the shell does."""
    generator = chosen(given.metric.provider, PROVIDERS).run(given)
    try:
        request = next(generator)
        while True:
            assert isinstance(request, HTTPRequest)
            try:
                reply = await exchange.send(request)
            except ProviderError as error:
                request = generator.throw(error)
            else:
                request = generator.send(reply)
    except StopIteration as end:
        outcome: Outcome = end.value
        return outcome


async def reading(given: Order) -> Reading:
    async with Exchange() as exchange:
        outcome = await measure(given, exchange)
    assert isinstance(outcome, Reading)
    return outcome


def prometheus(shop: Shop, **fields: Any) -> Order:
    oauth2 = {"tokenUrl": f"{shop.url}/token", "clientId": "id", "clientSecret": "secret"}
    spec = {"address": f"{shop.url}/prom/", "query": "xx", "authentication": {"oauth2": oauth2}}
    return order({"prometheus": spec | fields})


async def test_prometheus_with_a_token(shop: Shop) -> None:
    found = await reading(prometheus(shop))
    assert (found.result, type(found.result), found.value) == (Floats([0.5, 0.5]), Floats, "[0.5,0.5]")
    assert [path for _, path, _ in shop.asked] == ["/token", "/prom/api/v1/query"]


async def test_prometheus_over_a_span_of_time(shop: Shop) -> None:
    span = {"start": 'now() - duration("5m")', "end": "now()", "step": "30s"}
    assert (await reading(prometheus(shop, rangeQuery=span))).result == [0.5, 0.5]
    assert shop.asked[-1] == (
        "GET",
        "/prom/api/v1/query_range",
        {"query": "xx", "start": "1772366100.000", "end": "1772366400.000", "step": "30"},
    )


async def test_prometheus_gets_each_query_whole(shop: Shop) -> None:
    for query in ("x{a='%+&=#;?é \n\t\"'}", "x" * 5000):
        await reading(prometheus(shop, query=query))
        assert shop.asked[-1][2] == {"query": query}
    assert shop.asked[-1][0] == "POST"


async def test_prometheus_that_restarts_is_asked_again(shop: Shop) -> None:
    shop.failures = 2
    assert (await reading(prometheus(shop))).value == "[0.5,0.5]"
    shop.failures = 3
    with pytest.raises(ProviderError, match=f"^Prometheus at {shop.url} answered 503: unavailable: later$"):
        await reading(prometheus(shop))


async def test_prometheus_tells_what_it_refuses(shop: Shop) -> None:
    with pytest.raises(ProviderError, match="answered 400: bad_data: 1:2: no"):
        await reading(prometheus(shop, query="sum("))
    with pytest.raises(ProviderError, match=r"answered 401 \(not allowed: check the credentials\): auth: who are you"):
        await reading(prometheus(shop, authentication={"basicAuth": {"username": "a", "password": "b"}}))


async def test_an_empty_vector_stays_empty(shop: Shop) -> None:
    assert (await reading(prometheus(shop, query="up"))).result == Floats()


async def test_equal_queries_that_are_due_together_go_out_once(shop: Shop) -> None:
    async with Exchange() as exchange:
        found = await asyncio.gather(*(measure(prometheus(shop), exchange) for _ in range(20)))
    assert len({outcome.value for outcome in found if isinstance(outcome, Reading)}) == 1
    assert len(shop.asked) < 40
    assert shop.asked.count(("POST", "/token", {})) == 1


async def test_web_by_post_with_json(shop: Shop) -> None:
    spec = {
        "url": f"{shop.url}/health",
        "method": "POST",
        "headers": [{"key": "X-Team", "value": "web"}],
        "jsonBody": {"since": "5m", "n": [1, 2.5, None]},
    }
    found = await reading(order({"web": spec | {"jsonPath": "{$.data.sent.n[1]}"}}))
    assert found.result == 2.5
    assert (await reading(order({"web": spec | {"jsonPath": "{.data.team}"}}))).result == "web"


async def test_web_by_get(shop: Shop) -> None:
    found = await reading(order({"web": {"url": f"{shop.url}/health", "jsonPath": "{$.data.ok}"}}))
    assert (found.result, found.value) == (True, "true")


async def test_web_that_is_not_there_says_so(shop: Shop) -> None:
    with pytest.raises(ProviderError, match=f"received non 2xx response code: 404 .from {shop.url}"):
        await reading(order({"web": {"url": f"{shop.url}/nowhere"}}))
