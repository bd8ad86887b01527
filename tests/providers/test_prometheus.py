"""Prometheus: what is sent, and what replies mean."""

import math
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from providers.orders import http, json_reply, order, play, reading, settings
from serinus.expr import Floats
from serinus.providers.prometheus import Prometheus
from serinus.providers.provider import AwsSigning, HTTPRequest, HTTPResponse, ProviderError

ADDRESS = "http://prometheus.monitoring:9090"


def prometheus(**fields: Any) -> Any:
    return order({"prometheus": {"address": ADDRESS, "query": "up"} | fields})


def vector(*values: str) -> HTTPResponse:
    samples = [{"metric": {}, "value": [1767225600.1, value]} for value in values]
    return json_reply({"status": "success", "data": {"resultType": "vector", "result": samples}})


def sent(**fields: Any) -> HTTPRequest:
    asked, _ = play(Prometheus().run(prometheus(**fields)), vector("1"))
    return http(asked[-1])


def test_a_query_is_one_get() -> None:
    request = sent(query='sum(rate(http_requests_total{status=~"2.*"}[5m]))')
    assert (request.method, request.timeout, request.verify, request.sign) == ("GET", 30, True, None)
    assert urlsplit(request.url)[:3] == ("http", "prometheus.monitoring:9090", "/api/v1/query")
    assert parse_qsl(urlsplit(request.url).query) == [("query", 'sum(rate(http_requests_total{status=~"2.*"}[5m]))')]


def test_a_vector_is_a_list_of_floats() -> None:
    found = reading(Prometheus().run(prometheus()), vector("0.5", "1", "NaN", "+Inf"))
    assert isinstance(found.result, Floats)
    assert found.result[:2] == [0.5, 1.0]
    assert math.isnan(found.result[2])
    assert found.value == "[0.5,1,NaN,+Inf]"
    assert found.metadata == {}


def test_an_empty_vector_is_empty_and_not_zero() -> None:
    found = reading(Prometheus().run(prometheus()), vector())
    assert (found.result, found.value) == (Floats(), "[]")


def test_without_an_address_there_is_an_error() -> None:
    with pytest.raises(ProviderError, match=r"ARGO_ROLLOUTS_PROMETHEUS_ADDRESS\) is not configured"):
        play(Prometheus().run(prometheus(address="")))


def test_the_operators_address_serves_metrics_without_one() -> None:
    given = order({"prometheus": {"query": "up"}}, settings=settings(prometheus_address="https://prom/base/"))
    asked, _ = play(Prometheus().run(given), vector("1"))
    assert http(asked[0]).url == "https://prom/base/api/v1/query?query=up"


def test_amazon_requests_are_signed() -> None:
    sigv4 = {"region": "eu-west-1", "roleArn": "arn:aws:iam::1:role/r"}
    request = sent(
        address="https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws", authentication={"sigv4": sigv4}
    )
    assert request.sign == AwsSigning("aps", "eu-west-1", "", "arn:aws:iam::1:role/r")
