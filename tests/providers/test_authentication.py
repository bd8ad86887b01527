"""Tokens by client credentials (RFC 6749)."""

from base64 import b64decode
from typing import Any
from urllib.parse import parse_qs

import pytest

from providers.orders import http, json_reply, order, play
from serinus.providers.provider import HTTPRequest, HTTPResponse, Order, ProviderError
from serinus.providers.web import Web

OAUTH2 = {"tokenUrl": "https://login.example.com/token", "clientId": "id 1", "clientSecret": "s&cret"}
TOKEN = json_reply({"access_token": "t0ken", "token_type": "bearer", "expires_in": 60})
GOOD = json_reply(True)


def web(**oauth2: Any) -> Order:
    return order({"web": {"url": "https://shop.example/", "authentication": {"oauth2": {**OAUTH2, **oauth2}}}})


def asked(given: Order, *replies: HTTPResponse) -> list[HTTPRequest]:
    return [http(request) for request in play(Web().run(given), *replies)[0]]


def test_a_token_is_fetched_first_and_sent_with_the_request() -> None:
    token, request = asked(web(scopes=["a", "b"]), TOKEN, GOOD)
    assert (token.method, token.url, token.is_repeatable) == ("POST", "https://login.example.com/token", True)
    assert parse_qs(token.body.decode()) == {"grant_type": ["client_credentials"], "scope": ["a b"]}
    headers = dict(token.headers)
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert b64decode(headers["Authorization"].removeprefix("Basic ")) == b"id+1:s%26cret"
    assert request.headers == (("Authorization", "Bearer t0ken"),)


def test_a_server_that_wants_the_secret_in_the_body_gets_it_there() -> None:
    _, token, request = asked(web(), json_reply({"error": "invalid_client"}, 401), TOKEN, GOOD)
    assert parse_qs(token.body.decode()) == {
        "grant_type": ["client_credentials"],
        "client_id": ["id 1"],
        "client_secret": ["s&cret"],
    }
    assert "Authorization" not in dict(token.headers)
    assert request.headers == (("Authorization", "Bearer t0ken"),)


def test_another_kind_of_token_keeps_its_name() -> None:
    _, request = asked(web(), json_reply({"access_token": "x", "token_type": "DPoP"}), GOOD)
    assert request.headers == (("Authorization", "DPoP x"),)


@pytest.mark.parametrize(
    ("replies", "message"),
    [
        ([json_reply({"error": "s&cret"}, 401)] * 2, "answered 401: check clientId, clientSecret and scopes$"),
        ([json_reply({})], r"oauth2\.tokenUrl gave no access_token"),
        ([HTTPResponse(200, {}, b"access_token=s&cret")], r"the reply of oauth2\.tokenUrl is not JSON"),
        ([json_reply({"access_token": ["s&cret"]})], r"the reply of oauth2\.tokenUrl is not JSON with an access_token"),
    ],
)
def test_without_a_token_there_is_an_error_that_shows_no_secret(replies: list[HTTPResponse], message: str) -> None:
    with pytest.raises(ProviderError, match=message) as caught:
        asked(web(), *replies)
    assert "s&cret" not in str(caught.value)


@pytest.mark.parametrize("field", ["tokenUrl", "clientId", "clientSecret"])
def test_all_of_it_is_needed(field: str) -> None:
    with pytest.raises(ProviderError, match="oauth2 needs tokenUrl, clientId and clientSecret"):
        next(Web().run(web(**{field: ""})))


def test_what_is_empty_is_not_meant() -> None:
    given = order({"web": {"url": "https://shop.example/", "authentication": {"oauth2": {}, "basicAuth": {}}}})
    assert asked(given, GOOD)[0].headers == ()


def test_tokens_come_over_the_trust_and_time_of_their_request() -> None:
    spec = {"url": "https://x/", "insecure": True, "timeoutSeconds": 3, "authentication": {"oauth2": OAUTH2}}
    token, _ = asked(order({"web": spec}), TOKEN, GOOD)
    assert (token.verify, token.timeout) == (False, 3)


def test_a_token_that_is_sent_back_is_masked() -> None:
    outcome = play(Web().run(web()), TOKEN, json_reply({"you": "Bearer t0ken"}))[1]
    assert outcome.value == '{"you":"Bearer *****"}'
