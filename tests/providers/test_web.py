"""Any HTTP server: what is sent, and what replies mean."""

from typing import Any

import pytest

from providers.orders import http, json_reply, order, play, reading
from serinus.providers.provider import HTTPRequest, HTTPResponse, ProviderError
from serinus.providers.web import Web

URL = "https://shop.example/api/health?deep=1"
GOOD = json_reply({"data": {"ok": True, "ratio": 0.25, "count": 7, "name": 'a"b', "list": [1, "x"]}})


def web(**fields: Any) -> Any:
    return order({"web": {"url": URL} | fields})


def sent(**fields: Any) -> HTTPRequest:
    asked, _ = play(Web().run(web(**fields)), GOOD)
    return http(asked[-1])


def test_by_default_it_is_a_get_of_ten_seconds() -> None:
    assert sent() == HTTPRequest(url=URL, timeout=10.0)


def test_all_that_is_configured_is_sent() -> None:
    request = sent(
        method="PUT",
        headers=[{"key": "X-Team", "value": "shop"}],
        jsonBody={"since": "5m", "n": [1, 2.5]},
        timeoutSeconds=3,
        insecure=True,
    )
    assert request == HTTPRequest(
        url=URL,
        method="PUT",
        headers=(("X-Team", "shop"), ("Content-Type", "application/json")),
        body=b'{"since":"5m","n":[1,2.5]}',
        timeout=3,
        verify=False,
    )
    assert not request.is_repeatable


def test_a_body_of_text_goes_as_it_is_and_a_content_type_is_kept() -> None:
    assert sent(method="POST", body="a=1").body == b"a=1"
    given = [{"key": "content-type", "value": "application/vnd.api+json"}]
    assert sent(method="POST", jsonBody={}, headers=given).headers == (("content-type", "application/vnd.api+json"),)


@pytest.mark.parametrize(
    ("path", "result", "value"),
    [
        ("{$.data.ok}", True, "true"),
        ("{$.data.ratio}", 0.25, "0.25"),
        ("{$.data.count}", 7, "7"),
        ("{$.data.name}", 'a"b', '"a\\"b"'),
        ("{$.data.list}", [1, "x"], '[1,"x"]'),
        ("{$.data.list[1]}", "x", '"x"'),
    ],
)
def test_the_result_is_the_value_at_the_path(path: str, result: Any, value: str) -> None:
    found = reading(Web().run(web(jsonPath=path)), GOOD)
    assert (found.result, found.value) == (result, value)


def test_without_a_path_the_result_is_the_whole_reply() -> None:
    assert reading(Web().run(web()), json_reply({"b": 1, "a": None})).value == '{"a":null,"b":1}'


def test_a_reply_that_is_no_json_is_its_text() -> None:
    found = reading(Web().run(web()), HTTPResponse(200, {}, b"pong\n"))
    assert (found.result, found.value) == ("pong\n", "pong\n")


@pytest.mark.parametrize(
    ("fields", "reply", "message"),
    [
        (
            {},
            HTTPResponse(503, {}, b"overloaded"),
            r"received non 2xx response code: 503 \(from https://shop.example\)",
        ),
        ({}, HTTPResponse(304), "received non 2xx response code: 304"),
        ({}, HTTPResponse(200, {}, b""), "the reply is empty"),
        (
            {"jsonPath": "{.a}"},
            HTTPResponse(200, {}, b"<html>"),
            "not JSON, so that jsonPath finds nothing in it: <html>",
        ),
        ({}, HTTPResponse(200, {}, b"[" * 100_000 + b"]" * 100_000), "nested too deeply"),
        ({"jsonPath": "{$.data.okay}"}, GOOD, "okay is not found"),
    ],
)
def test_a_bad_reply_is_an_error_in_plain_words(fields: Any, reply: HTTPResponse, message: str) -> None:
    with pytest.raises(ProviderError, match=message):
        reading(Web().run(web(**fields)), reply)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"url": "shop/health"}, "web url is not in URL format"),
        ({"url": "ftp://shop/"}, "web url is not in URL format"),
        ({"url": "http://shop:99999999/"}, "web url is not in URL format"),
        ({"method": "DELETE"}, "web method 'DELETE' is not known: use GET, POST or PUT"),
        ({"body": "x"}, "Body/JSONBody can only be used with POST or PUT"),
        ({"method": "POST", "body": "x", "jsonBody": {}}, "use either Body or JSONBody"),
        ({"headers": [{"key": "X", "value": "a\r\nY: b"}]}, "header 'X' cannot be sent"),
    ],
)
def test_a_bad_configuration_is_refused_before_anything_is_sent(fields: Any, message: str) -> None:
    with pytest.raises(ProviderError, match=message):
        next(Web().run(web(**fields)))
