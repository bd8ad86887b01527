"""New Relic, Wavefront, Graphite, InfluxDB, CloudWatch and SkyWalking: what is sent, and what replies mean."""

import math
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
import pytest

from providers.orders import NOW, http, json_reply, play, reading
from providers.samples import CLOUD_WATCH, GRAPHITE, HUSH, INFLUXDB, NEW_RELIC, SECRETS, SKY_WALKING, WAVEFRONT, sample
from serinus import plugins
from serinus.expr import Floats, evaluate_condition
from serinus.providers.provider import AwsSigning, HTTPRequest, HTTPResponse, Order, ProviderError, Reading, SecretName

PROVIDERS = plugins.providers()
NOW_S = int(NOW.timestamp())


def sent(given: Order, name: str, reply: HTTPResponse) -> HTTPRequest:
    (request,), _ = play(PROVIDERS[name].run(given), reply)
    return http(request)


def found(name: str, reply: HTTPResponse, **fields: Any) -> Reading:
    return reading(PROVIDERS[name].run(sample(name, **fields)), reply)


def nrql(*results: Any) -> HTTPResponse:
    return json_reply({"data": {"actor": {"account": {"nrql": {"results": list(results)}}}}})


def table(kind: str, *values: str) -> HTTPResponse:
    notes = f"#datatype,string,long,{kind}\r\n#group,false,false,false\r\n#default,_result,,\r\n"
    rows = "".join(f",_result,0,{value}\r\n" for value in values)
    return HTTPResponse(200, {}, f"{notes},result,table,_value\r\n{rows}\r\n".encode())


def test_new_relic_is_asked_by_nerdgraph() -> None:
    request = sent(sample("newRelic", {"timeout": 7}), "newRelic", NEW_RELIC)
    assert (request.method, request.url, request.timeout) == ("POST", "https://api.eu.newrelic.com/graphql", 7)
    assert ("API-Key", HUSH) in request.headers
    body = msgspec.json.decode(request.body)
    assert body["variables"] == {"account": 42, "query": "SELECT count(*) FROM Transaction", "timeout": 7}
    assert "nrql(query: $query, timeout: $timeout) { results }" in body["query"]


def test_new_relic_gives_one_result_as_a_map_and_several_as_a_list() -> None:
    one = found("newRelic", NEW_RELIC)
    assert one.value == '{"average.duration":0.25,"errors":3}'
    assert evaluate_condition("result.errors == 3 && result['average.duration'] < 1", one.result, NOW)
    many = found("newRelic", nrql({"n": 1}, {"n": 2}))
    assert (many.result, many.value) == ([{"n": 1}, {"n": 2}], '[{"n":1},{"n":2}]')


@pytest.mark.parametrize("reply", [nrql(), nrql({}), json_reply({"data": None}), json_reply({"data": {"actor": 1}})])
def test_new_relic_without_results_is_an_error(reply: HTTPResponse) -> None:
    with pytest.raises(ProviderError, match="no results returned from NRQL query"):
        found("newRelic", reply)


@pytest.mark.parametrize(
    ("held", "url"),
    [
        ({}, "https://api.newrelic.com/graphql"),
        ({"region": "US"}, "https://api.newrelic.com/graphql"),
        ({"region": "eu", "base-url-nerdgraph": "https://nr.example.com/g"}, "https://nr.example.com/g"),
    ],
)
def test_new_relics_profile_says_where(held: dict[str, str], url: str) -> None:
    keys = {SecretName("", "team"): {"personal-api-key": "k", "account-id": "1"} | held}
    given = sample("newRelic", {"profile": "team"}, secrets=keys)
    assert PROVIDERS["newRelic"].secrets(given) == (SecretName("", "team"),)
    assert sent(given, "newRelic", NEW_RELIC).url == url


def test_a_time_limit_of_new_relic_is_longer_than_nothing() -> None:
    with pytest.raises(ProviderError, match="newRelic timeout should be longer than nothing"):
        next(PROVIDERS["newRelic"].run(sample("newRelic", {"timeout": 0})))


@pytest.mark.parametrize(
    ("held", "message"),
    [
        ({"region": "mars"}, "no region 'mars'; there are: us, eu, staging"),
        ({"account-id": "4x"}, "account-id is not a number"),
        ({"account-id": ""}, "Secret newrelic lacks account-id"),
        ({"base-url-nerdgraph": "nr"}, "base-url-nerdgraph is not in URL format"),
    ],
)
def test_a_bad_profile_of_new_relic_is_refused(held: dict[str, str], message: str) -> None:
    keys = {SecretName("", "newrelic"): {"personal-api-key": "k", "account-id": "1"} | held}
    with pytest.raises(ProviderError, match=message):
        next(PROVIDERS["newRelic"].run(sample("newRelic", secrets=keys)))


def test_wavefront_is_asked_for_this_second() -> None:
    request = sent(sample("wavefront"), "wavefront", WAVEFRONT)
    parts = urlsplit(request.url)
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "example.wavefront.com", "/api/v2/chart/api")
    moment = f"{NOW_S}000"
    asked = {"q": "ts(errors)", "s": moment, "e": moment, "g": "s", "p": "1", "i": "true"}
    assert dict(parse_qsl(parts.query)) == asked
    assert ("Authorization", f"Bearer {HUSH}") in request.headers


def test_wavefront_gives_the_points_closest_to_now() -> None:
    one = found("wavefront", WAVEFRONT)
    assert (one.result, one.value) == (2.5, "2.50")
    assert one.metadata == {"timestamps": "1772366390", "drift": "-10"}
    series = [{"data": [[NOW_S - 9, 1.0], [NOW_S + 2, 2.0]]}, {"data": [[NOW_S, 3]]}]
    many = found("wavefront", json_reply({"timeseries": series, "warnings": "slow"}))
    assert (many.result, type(many.result), many.value) == (Floats([2, 3]), Floats, "[2.00,3.00]")
    assert many.metadata == {"timestamps": f"[{NOW_S + 2},{NOW_S}]", "drift": "[2,0]", "warnings": "slow"}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"timeseries": []}, "No TimeSeries found in response from Wavefront"),
        ({"warnings": "no series"}, "No TimeSeries found"),
        ({"timeseries": [{"data": [[1, 2.0]]}, {"data": []}]}, "No TimeSeries found"),
        ({"errorMessage": "syntax error"}, "refused the query: syntax error"),
        ({"timeseries": [{"data": [[1, None]]}]}, "not as expected"),
    ],
)
def test_wavefront_without_points_is_an_error(body: Any, message: str) -> None:
    with pytest.raises(ProviderError, match=message):
        found("wavefront", json_reply(body))


def test_wavefront_needs_the_token_of_its_address() -> None:
    with pytest.raises(ProviderError, match=r"Secret wavefront-api-tokens lacks other\.wavefront\.com"):
        found("wavefront", WAVEFRONT, config={"address": "other.wavefront.com"})


def test_graphite_is_asked_without_the_white_space() -> None:
    request = sent(sample("graphite"), "graphite", GRAPHITE)
    assert request == HTTPRequest(
        url="http://graphite.example.com/base/render?target=sumSeries%28a.%2A.errors%29&from=-5min&format=json",
        timeout=10.0,
    )
    own = sample("graphite", {"query": "target=a&format=csv&format=png"})
    assert sent(own, "graphite", GRAPHITE).url.endswith("render?target=a&format=json")


def test_graphite_gives_the_values_of_the_first_series_without_nulls() -> None:
    one = found("graphite", GRAPHITE)
    assert (one.result, type(one.result), one.value) == (Floats([1.5, 2.0]), Floats, "[1.5,2]")
    texts = found("graphite", json_reply([{"target": "a", "datapoints": [["3.5", "1772366400"]]}]))
    assert texts.result == [3.5]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ([], "no data: the query has no series"),
        ([{"datapoints": []}], "no data: all values are null"),
        ([{"datapoints": [[None, 1]]}], "no data: all values are null"),
        ([{"datapoints": [["x", 1]]}], "a value that is no number"),
        ([{"datapoints": [[1]]}], "not as expected"),
        ({"error": "x"}, "not as expected"),
    ],
)
def test_graphite_without_values_is_an_error(body: Any, message: str) -> None:
    with pytest.raises(ProviderError, match=message):
        found("graphite", json_reply(body))


def test_influxdb_is_asked_in_flux_for_annotated_csv() -> None:
    request = sent(sample("influxdb"), "influxdb", INFLUXDB)
    assert (request.method, request.url, request.timeout) == (
        "POST",
        "http://influx.example.com:8086/api/v2/query?org=shop",
        30,
    )
    assert ("Authorization", f"Token {HUSH}") in request.headers
    assert msgspec.json.decode(request.body) == {
        "query": 'from(bucket: "web") |> range(start: -5m)',
        "type": "flux",
        "dialect": {"annotations": ["datatype"], "delimiter": ",", "header": True},
    }


@pytest.mark.parametrize(
    ("reply", "result", "value"),
    [
        (INFLUXDB, [0.5, 12.0], "[0.5,12.0]"),
        (table("long", "3", "-4"), [3, -4], "[3,-4]"),
        (table("unsignedLong", "3", ""), [3, None], "[3,null]"),
        (table("boolean", "true", "false"), [True, False], "[true,false]"),
        (table("string", '"a, ""b"""', ""), ['a, "b"', ""], '["a, \\"b\\"",""]'),
        (table("dateTime:RFC3339", "2026-03-01T12:00:00Z"), ["2026-03-01T12:00:00Z"], '["2026-03-01T12:00:00Z"]'),
        (table("double", "+Inf"), [math.inf], '["+Inf"]'),
        (
            HTTPResponse(200, {}, table("long", "1").body + table("double", "0.5").body),
            [1, 0.5],
            "[1,0.5]",
        ),
        (
            HTTPResponse(
                200, {}, b",result,table,_value\r\n,_result,0,x\r\n\r\n,result,table,_value\r\n,_result,0,y\r\n"
            ),
            ["x", "y"],
            '["x","y"]',
        ),
    ],
)
def test_influxdb_gives_the_values_of_all_tables(reply: HTTPResponse, result: Any, value: str) -> None:
    one = found("influxdb", reply)
    assert [(item, type(item)) for item in one.result] == [(item, type(item)) for item in result]
    assert one.value == value


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (HTTPResponse(200, {}, b"\r\n"), "no results returned from flux query"),
        (table("long"), "no results returned from flux query"),
        (HTTPResponse(200, {}, b",result,table,_time\r\n,_result,0,x\r\n"), "no results"),
        (
            HTTPResponse(200, {}, b"#datatype,string,long\r\n,error,reference\r\n,failed to parse query,897\r\n"),
            "refused the query: failed to parse query",
        ),
        (table("long", "x"), "a long that cannot be read"),
        (json_reply({"code": "unauthorized", "message": "unauthorized access"}, 401), "401 .*: unauthorized access"),
        (HTTPResponse(503, {}, b"busy"), "503: busy"),
    ],
)
def test_influxdb_without_values_is_an_error(reply: HTTPResponse, message: str) -> None:
    with pytest.raises(ProviderError, match=message):
        found("influxdb", reply)


def test_cloud_watch_is_asked_in_json_and_signed() -> None:
    request = sent(sample("cloudWatch", {"interval": "30m"}), "cloudWatch", CLOUD_WATCH)
    assert (request.method, request.url) == ("POST", "https://monitoring.eu-west-1.amazonaws.com/")
    assert request.sign == AwsSigning("monitoring", "eu-west-1")
    assert ("X-Amz-Target", "GraniteServiceVersion20100801.GetMetricData") in request.headers
    assert msgspec.json.decode(request.body) == {
        "StartTime": NOW_S - 1800,
        "EndTime": NOW_S,
        "MetricDataQueries": [
            {
                "Id": "errors",
                "Label": "5xx",
                "MetricStat": {
                    "Metric": {
                        "Namespace": "AWS/ApplicationELB",
                        "MetricName": "HTTPCode_Target_5XX_Count",
                        "Dimensions": [{"Name": "LoadBalancer", "Value": "app/web/1"}],
                    },
                    "Period": 60,
                    "Stat": "Sum",
                    "Unit": "Count",
                },
                "ReturnData": False,
            },
            {"Id": "rate", "Expression": "errors / 60", "Period": 60},
        ],
    }


def test_the_request_to_cloud_watch_fits_the_service_model() -> None:
    from botocore.session import Session  # noqa: PLC0415
    from botocore.validate import ParamValidator  # noqa: PLC0415

    model = Session().get_service_model("cloudwatch")
    body = msgspec.json.decode(sent(sample("cloudWatch"), "cloudWatch", CLOUD_WATCH).body)
    shape = model.operation_model("GetMetricData").input_shape
    assert ParamValidator().validate(body, shape).generate_report() == ""
    assert "json" in model.metadata["protocols"]
    assert f"{model.metadata['targetPrefix']}.GetMetricData" == "GraniteServiceVersion20100801.GetMetricData"


def test_cloud_watch_gives_results_with_the_names_of_aws() -> None:
    one = found("cloudWatch", CLOUD_WATCH)
    assert one.result == [
        {
            "Id": "errors",
            "Label": "5xx",
            "Messages": [],
            "StatusCode": "Complete",
            "Timestamps": ["2026-03-01T11:59:00Z", "2026-03-01T11:58:00Z"],
            "Values": [4.0, 2.0],
        }
    ]
    assert (one.value, one.metadata) == ("[[4.0,2.0]]", {})
    assert evaluate_condition("all(result[0].Values, # < 5)", one.result, NOW)
    noted = found("cloudWatch", json_reply({"MetricDataResults": [], "Messages": [{"Code": "C", "Value": "v"}]}))
    assert (noted.result, noted.metadata) == ([], {"messages": '[{"Code":"C","Value":"v"}]'})


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (
            json_reply({"__type": "com.amazonaws.cloudwatch#ValidationError", "message": "bad period"}, 400),
            "CloudWatch answered 400: ValidationError: bad period",
        ),
        (json_reply({"__type": "ThrottlingException"}, 400), "400: ThrottlingException: no reason given"),
        (HTTPResponse(502, {}, b"<html>bad</html>"), "502: <html>bad</html>"),
    ],
)
def test_what_cloud_watch_refuses_is_told_in_its_words(reply: HTTPResponse, message: str) -> None:
    with pytest.raises(ProviderError, match=message):
        found("cloudWatch", reply)


def test_cloud_watch_needs_a_region_and_numbers() -> None:
    with pytest.raises(ProviderError, match="set AWS_REGION where the controller runs"):
        next(PROVIDERS["cloudWatch"].run(sample("cloudWatch", settings=sample("web").settings.__class__())))
    with pytest.raises(ProviderError, match="cloudWatch period of a 'soon' is not a whole number"):
        next(PROVIDERS["cloudWatch"].run(sample("cloudWatch", {"metricDataQueries": [{"id": "a", "period": "soon"}]})))
    china = sample("cloudWatch", settings=sample("web").settings.__class__(aws_region="cn-north-1"))
    assert sent(china, "cloudWatch", CLOUD_WATCH).url == "https://monitoring.cn-north-1.amazonaws.com.cn/"


def test_sky_walking_is_asked_with_a_duration() -> None:
    request = sent(sample("skywalking", {"interval": "90m"}), "skywalking", SKY_WALKING)
    assert (request.method, request.url, request.timeout) == ("POST", "http://oap.skywalking:12800/graphql", 30)
    assert msgspec.json.decode(request.body) == {
        "query": "query q($duration: Duration!) { x }",
        "variables": {"duration": {"start": "2026-03-01 1030", "end": "2026-03-01 1200", "step": "MINUTE"}},
    }


def test_sky_walking_gives_its_data() -> None:
    one = found("skywalking", SKY_WALKING)
    condition = "all(result.service_apdex.values.values, #.value >= 9900)"
    assert evaluate_condition(condition, one.result, NOW)


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (json_reply({"data": None}), "no results returned from SkyWalking query"),
        (json_reply({"data": None, "errors": [{"message": "no such field"}, {}]}), "no such field; no reason given"),
        (json_reply({"data": {"a": 1}, "errors": [{"message": "half of it"}]}), "refused the query: half of it"),
    ],
)
def test_sky_walking_without_data_is_an_error(reply: HTTPResponse, message: str) -> None:
    with pytest.raises(ProviderError, match=message):
        found("skywalking", reply)


@pytest.mark.parametrize("name", ["graphite", "skywalking", "wavefront"])
def test_an_address_is_needed(name: str) -> None:
    with pytest.raises(ProviderError, match=f"{name} address is not configured"):
        next(PROVIDERS[name].run(sample(name, {"address": ""}, secrets=SECRETS)))
