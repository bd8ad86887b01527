"""Datadog, both versions of its API."""

import math
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
import pytest

from providers.orders import NOW, http, json_reply, order, play, reading, settings
from providers.samples import HUSH, SECRETS, sample
from serinus.expr import Floats
from serinus.providers.datadog import Datadog
from serinus.providers.provider import HTTPRequest, HTTPResponse, Order, ProviderError, SecretName

END = int(NOW.timestamp())


def datadog(**config: Any) -> Order:
    return sample("datadog", config)


def v2(**config: Any) -> Order:
    return datadog(apiVersion="v2", **config)


def scalar(*columns: Any, **more: Any) -> HTTPResponse:
    return json_reply({"data": {"type": "scalar_response", "attributes": {"columns": list(columns)}}} | more)


def column(*values: Any, kind: str = "number") -> dict[str, Any]:
    return {"name": "query", "type": kind, "values": list(values), "meta": {"unit": None}}


def sent(given: Order, reply: HTTPResponse) -> HTTPRequest:
    return http(play(Datadog().run(given), reply)[0][0])


def test_v1_asks_for_the_last_five_minutes_with_both_keys() -> None:
    request = sent(datadog(), json_reply({"series": []}))
    parts = urlsplit(request.url)
    assert (request.method, parts.netloc, parts.path) == ("GET", "api.datadoghq.eu", "/api/v1/query")
    assert dict(parse_qsl(parts.query)) == {"from": str(END - 300), "to": str(END), "query": "avg:errors{*}"}
    assert dict(request.headers) == {
        "Content-Type": "application/json",
        "DD-API-KEY": HUSH,
        "DD-APPLICATION-KEY": HUSH,
    }
    assert request.timeout == 10


@pytest.mark.parametrize(
    ("series", "result", "value"),
    [
        ([], None, "[]"),
        ([{"pointlist": []}], None, "[]"),
        ([{"pointlist": [[1.0, None]]}], None, "[]"),
        ([{"pointlist": [[1.0, 2.0], [2.0, 0.00001]]}, {"pointlist": [[1.0, 9.0]]}], 0.00001, "0.00001"),
        ([{"pointlist": [[1.0, 2.5], [2.0, None]]}], 2.5, "2.5"),
    ],
)
def test_v1_gives_the_last_value_of_the_first_series(series: Any, result: Any, value: str) -> None:
    found = reading(Datadog().run(datadog()), json_reply({"status": "ok", "series": series}))
    assert (found.result, found.value) == (result, value)


def test_v2_asks_for_one_number() -> None:
    request = sent(v2(interval="1m", aggregator="sum", requestTimeout="20s"), scalar(column(1)))
    assert (request.method, request.url, request.timeout) == (
        "POST",
        "https://api.datadoghq.eu/api/v2/query/scalar",
        20,
    )
    assert msgspec.json.decode(request.body) == {
        "data": {
            "type": "scalar_request",
            "attributes": {
                "from": (END - 60) * 1000,
                "to": END * 1000,
                "queries": [{"aggregator": "sum", "data_source": "metrics", "name": "query", "query": "avg:errors{*}"}],
                "formulas": [{"formula": "query"}],
            },
        }
    }


def test_v2_combines_queries_by_a_formula() -> None:
    given = v2(query="", queries={"b": "sum:hits{*}", "a": "sum:errors{*}"}, formula="a / b")
    attributes = msgspec.json.decode(sent(given, scalar(column(1))).body)["data"]["attributes"]
    assert [(item["name"], item["aggregator"]) for item in attributes["queries"]] == [("a", "last"), ("b", "last")]
    assert attributes["formulas"] == [{"formula": "a / b"}]
    assert Datadog().metadata(given) == {
        "ResolvedDatadogQuery": '{"a":"sum:errors{*}","b":"sum:hits{*}","formula":"a / b"}'
    }


@pytest.mark.parametrize(
    ("columns", "result", "value", "metadata"),
    [
        ([column(0.25)], 0.25, "0.25", {}),
        ([column(7)], 7.0, "7", {}),
        ([], None, "[]", {}),
        ([column()], None, "[]", {}),
        ([column(None)], None, "[]", {}),
        (
            [column(["prod"], ["test"], kind="group"), column(1, 2.5)],
            Floats([1.0, 2.5]),
            "[1,2.5]",
            {"groups": '[["prod"],["test"]]'},
        ),
        ([column(["prod"], kind="group"), column(1)], Floats([1.0]), "[1]", {"groups": '[["prod"]]'}),
        ([column(kind="group"), column()], Floats(), "[]", {"groups": "[]"}),
        (
            [column(["prod"], kind="group"), column(["eu", "us"], kind="group"), column(3)],
            Floats([3.0]),
            "[3]",
            {"groups": '[["prod","eu,us"]]'},
        ),
    ],
)
def test_v2_gives_a_number_or_a_list_by_group(columns: Any, result: Any, value: str, metadata: Any) -> None:
    found = reading(Datadog().run(v2()), scalar(*columns))
    assert (found.result, type(found.result)) == (result, type(result))
    assert (found.value, found.metadata) == (value, metadata)


def test_a_group_without_data_is_never_good() -> None:
    found = reading(Datadog().run(v2()), scalar(column(["a"], ["b"], kind="group"), column(1, None)))
    assert math.isnan(found.result[1])
    assert found.value == "[1,NaN]"


@pytest.mark.parametrize(
    ("given", "reply", "message"),
    [
        (datadog(), json_reply({"status": "error", "error": "Rule 'x' failed"}), "refused the query: Rule 'x' failed"),
        (datadog(), json_reply({"errors": ["Forbidden"]}, 403), r"403 \(not allowed: check the credentials\)"),
        (datadog(), json_reply({"series": [{"pointlist": [[1.0]]}]}), "a point is not a moment and a value"),
        (datadog(), json_reply({"series": [{"pointlist": [[1.0, "x"]]}]}), "not as expected"),
        (v2(), scalar(errors="bad query"), "refused the query: bad query"),
        (v2(), scalar(errors=["a", "b"]), "refused the query: a; b"),
        (v2(), scalar(column("x")), "a value that is no number"),
        (datadog(), HTTPResponse(429, {"x-ratelimit-reset": "37"}), "429: .* another 37 s: measure less often"),
        (v2(), HTTPResponse(429, {"x-ratelimit-reset": "37"}), "429: .* another 37 s: measure less often"),
        (datadog(), HTTPResponse(429), r"429 \(too many requests: measure less often\)"),
    ],
)
def test_what_datadog_refuses_is_told_in_its_words(given: Order, reply: HTTPResponse, message: str) -> None:
    with pytest.raises(ProviderError, match=message):
        reading(Datadog().run(given), reply)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (datadog(apiVersion="v3"), "apiVersion 'v3' is not known: use v1 or v2"),
        (datadog(queries={"a": "x"}), "use apiVersion v2"),
        (datadog(formula="a"), "use apiVersion v2"),
        (datadog(query=""), "datadog v1 takes query"),
        (datadog(interval="5 minutes"), "datadog interval: '5 minutes' is not a duration"),
        (datadog(requestTimeout="0s"), "datadog requestTimeout '0s' must be longer than nothing"),
        (v2(query=""), "either query or queries"),
        (v2(queries={"a": "x"}), "either query or queries"),
        (v2(formula="query"), "formula needs queries"),
        (v2(query="", queries={"a": "x", "b": "y"}), "needs a formula"),
        (v2(aggregator="median"), "aggregator 'median' is not known; there are: avg, "),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_sent(given: Order, message: str) -> None:
    with pytest.raises(ProviderError, match=message):
        next(Datadog().run(given))


def test_the_environment_serves_where_no_secret_is_named_and_all_is_set() -> None:
    env = settings(datadog_address="https://dd.example.com", datadog_api_key="k", datadog_app_key="a")
    given = order({"datadog": {"query": "q"}}, settings=env)
    assert Datadog().secrets(given) == ()
    request = sent(given, json_reply({}))
    assert request.origin == "https://dd.example.com"
    assert ("DD-API-KEY", "k") in request.headers
    part = order({"datadog": {"query": "q"}}, settings=settings(datadog_api_key="k", datadog_app_key="a"))
    assert Datadog().secrets(part) == (SecretName("", "datadog"),)


def test_a_named_secret_comes_before_the_environment() -> None:
    env = settings(datadog_address="https://dd.example.com", datadog_api_key="k", datadog_app_key="a")
    for namespaced, namespace in ((True, "shop"), (False, "")):
        ref = {"name": "mine", "namespaced": namespaced}
        keys = {SecretName(namespace, "mine"): {"api-key": "x", "app-key": "y"}}
        given = order({"datadog": {"query": "q", "secretRef": ref}}, settings=env, secrets=keys)
        assert Datadog().secrets(given) == (SecretName(namespace, "mine"),)
        assert sent(given, json_reply({})).origin == "https://api.datadoghq.com"
    assert SecretName("", "datadog") in SECRETS


def test_keys_of_the_environment_that_are_sent_back_are_masked() -> None:
    env = settings(datadog_address="https://dd.example.com", datadog_api_key="k3y", datadog_app_key="4pp")
    given = order({"datadog": {"query": "q"}}, settings=env)
    with pytest.raises(ProviderError, match=r"no such keys: \*\*\*\*\* and \*\*\*\*\*$"):
        reading(Datadog().run(given), HTTPResponse(403, {}, b"no such keys: k3y and 4pp"))
