"""Prometheus: what is sent, and what replies mean."""

import math
from base64 import b64encode
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from providers.orders import NOW, http, json_reply, order, play, reading, settings
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


def ranged(*, start: str = 'now() - duration("10m")', end: str = "now()", step: str = "1m") -> HTTPRequest:
    asked, _ = play(Prometheus().run(prometheus(rangeQuery={"start": start, "end": end, "step": step})), matrix())
    return http(asked[-1])


def matrix(*series: list[list[Any]]) -> HTTPResponse:
    result = [{"metric": {"pod": str(number)}, "values": values} for number, values in enumerate(series)]
    return json_reply({"status": "success", "data": {"resultType": "matrix", "result": result}})


def data(kind: str, result: Any, **more: Any) -> HTTPResponse:
    return json_reply({"status": "success", "data": {"resultType": kind, "result": result}} | more)


def test_a_range_query_spans_the_time_that_its_expressions_give() -> None:
    request = ranged()
    end = NOW.timestamp()
    assert urlsplit(request.url).path == "/api/v1/query_range"
    assert parse_qsl(urlsplit(request.url).query) == [
        ("query", "up"),
        ("start", f"{end - 600:.3f}"),
        ("end", f"{end:.3f}"),
        ("step", "60"),
    ]
    fixed = ranged(start='date("2026-03-01T11:00:00.5Z")', step="1500ms")
    assert ("start", "1772362800.500") in parse_qsl(urlsplit(fixed.url).query)
    assert ("step", "1.5") in parse_qsl(urlsplit(fixed.url).query)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"start": "1 + 1"}, r"rangeQuery\.start '1 \+ 1' gives no time: expected time\.Time, but got int"),
        ({"end": ""}, r"rangeQuery\.end '' gives no time"),
        ({"end": "now("}, r"rangeQuery\.end 'now\(' gives no time"),
        ({"start": "result"}, r"rangeQuery\.start 'result' gives no time"),
        ({"step": "soon"}, r"rangeQuery\.step: 'soon' is not a duration"),
        ({"step": "0s"}, r"rangeQuery\.step '0s' is not longer than nothing"),
        ({"step": "-1m"}, r"rangeQuery\.step '-1m' is not longer than nothing"),
    ],
)
def test_a_span_that_is_none_is_refused_before_anything_is_sent(fields: dict[str, str], message: str) -> None:
    with pytest.raises(ProviderError, match=message):
        ranged(**fields)


@pytest.mark.parametrize(
    ("reply", "result", "value"),
    [
        (matrix([[1, "0.5"], [2, "1"]], [[1, "2"]]), Floats([0.5, 1, 2]), "[0.5,1,2]"),
        (matrix(), Floats(), "[]"),
        (data("scalar", [1772366400, "1e-05"]), 0.00001, "0.00001"),
        (data("scalar", [1772366400, "-Inf"]), -math.inf, "-Inf"),
        (data("vector", [{"metric": {}, "value": [1, "1234567.5"]}]), Floats([1234567.5]), "[1234567.5]"),
    ],
)
def test_the_kind_of_the_reply_is_that_of_the_result(reply: HTTPResponse, result: Any, value: str) -> None:
    found = reading(Prometheus().run(prometheus()), reply)
    assert (found.result, type(found.result), found.value) == (result, type(result), value)


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (data("string", [1, "x"]), "metric type not supported: string"),
        (
            data("vector", [{"metric": {}, "histogram": [1, {}]}]),
            "native histograms: take a number, as by histogram_qu",
        ),
        (data("vector", [{"value": [1, "x"]}]), "the vector of the reply cannot be read"),
        (data("scalar", None), "the scalar of the reply cannot be read"),
        (data("matrix", [{"values": [[1]]}]), "the matrix of the reply cannot be read"),
        (data("vector", 5), "the vector of the reply cannot be read"),
        (
            json_reply({"status": "error", "errorType": "bad_data", "error": "1:5: parse error"}, 400),
            r"^Prometheus at http://prometheus\.monitoring:9090 answered 400: bad_data: 1:5: parse error$",
        ),
        (
            json_reply({"status": "error", "errorType": "timeout", "error": "query timed out"}, 503),
            "503: timeout: query",
        ),
        (
            json_reply({"status": "error", "errorType": "execution", "error": "too many"}, 422),
            "422: execution: too many",
        ),
        (json_reply({"status": "success"}), "the reply of .* holds no data"),
        (HTTPResponse(502, {}, b"<html>\n<b>Bad Gateway</b>"), "502: <html> <b>Bad Gateway</b>"),
        (HTTPResponse(401, {}, b""), r"401 \(not allowed: check the credentials\): an empty reply"),
        (HTTPResponse(404, {}, b"404 page not found"), r"404 \(not found: check the address\): 404 page not found"),
        (HTTPResponse(200, {}, b"hello"), "is not JSON: hello"),
        (
            HTTPResponse(200, {}, b'{"data": 1}'),
            r"is not as expected: Expected `object \| null`, got `int` - at `\$\.data`",
        ),
    ],
)
def test_what_cannot_be_judged_is_an_error(reply: HTTPResponse, message: str) -> None:
    with pytest.raises(ProviderError, match=message):
        reading(Prometheus().run(prometheus()), reply)


def test_warnings_are_kept_with_the_measurement() -> None:
    found = reading(Prometheus().run(prometheus()), data("vector", [], warnings=["a", "b"], infos=["c"]))
    assert found.metadata == {"warnings": '"a", "b"'}


def test_the_query_that_was_sent_is_kept_with_the_metric() -> None:
    assert Prometheus().metadata(prometheus(query="up == 1")) == {"ResolvedPrometheusQuery": "up == 1"}
    assert Prometheus().metadata(prometheus(query="")) == {}


def test_headers_time_limit_and_trust_are_as_configured() -> None:
    request = sent(timeout=5, insecure=True, headers=[{"key": "X-Scope-OrgID", "value": "shop"}])
    assert (request.headers, request.timeout, request.verify) == ((("X-Scope-OrgID", "shop"),), 5, False)
    assert sent(timeout=0).timeout == 30
    with pytest.raises(ProviderError, match="prometheus timeout should not be negative"):
        sent(timeout=-1)


def test_a_query_that_is_too_long_for_an_address_is_posted() -> None:
    query = "sum(" + " or ".join(f'up{{pod="{number}"}}' for number in range(400)) + ")"
    request = sent(query=query)
    assert (request.method, request.url, request.is_repeatable) == ("POST", f"{ADDRESS}/api/v1/query", True)
    assert ("Content-Type", "application/x-www-form-urlencoded") in request.headers
    assert parse_qsl(request.body.decode()) == [("query", query)]


def test_basic_authentication_is_a_header() -> None:
    request = sent(
        authentication={"basicAuth": {"username": "ann", "password": "pä"}},
        headers=[{"key": "authorization", "value": "old"}],
    )
    assert request.headers == (("Authorization", f"Basic {b64encode('ann:pä'.encode()).decode()}"),)


@pytest.mark.parametrize(
    ("address", "sigv4"),
    [
        ("http://prometheus:9090", {"region": "eu-west-1"}),
        ("https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws", {}),
    ],
)
def test_others_are_not_signed(address: str, sigv4: dict[str, str]) -> None:
    assert sent(address=address, authentication={"sigv4": sigv4}).sign is None


@pytest.mark.parametrize("address", ["prometheus:9090", "ftp://prometheus", "http://", "http://a:port", "http://[::1"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(ProviderError, match="is not in URL format: write http://host:port"):
        sent(address=address)
