"""One order for each provider that is built in, and a good reply in the shape that its documentation gives."""

from collections.abc import Mapping, Sequence
from typing import Any

from providers.orders import json_reply, order, settings
from serinus.providers.provider import HTTPResponse, Order, SecretName

HUSH = "hush-hush"
"""Every secret of these orders."""

PROMETHEUS = json_reply(
    {"status": "success", "data": {"resultType": "vector", "result": [{"metric": {}, "value": [1.5, "0.97"]}]}}
)
DATADOG = json_reply(
    {
        "status": "ok",
        "res_type": "time_series",
        "series": [{"metric": "errors", "scope": "*", "pointlist": [[1772366400000.0, 2.0], [1772366460000.0, 3.5]]}],
        "query": "avg:errors{*}",
    }
)
NEW_RELIC = json_reply(
    {"data": {"actor": {"account": {"nrql": {"results": [{"errors": 3, "average.duration": 0.25}]}}}}}
)
WAVEFRONT = json_reply(
    {
        "query": "ts(errors)",
        "name": "ts(errors)",
        "timeseries": [{"label": "errors", "host": "web", "data": [[1772366340, 9.0], [1772366390, 2.5]]}],
        "stats": {"points": 2},
        "granularity": 1,
    }
)
GRAPHITE = json_reply(
    [
        {"target": "errors", "tags": {"name": "errors"}, "datapoints": [[1.5, 1772366340], [None, 1772366400], [2, 1]]},
        {"target": "other", "datapoints": [[99, 1]]},
    ]
)
INFLUXDB = HTTPResponse(
    200,
    {"content-type": "text/csv; charset=utf-8"},
    (
        b"#datatype,string,long,dateTime:RFC3339,string,double\r\n"
        b",result,table,_time,host,_value\r\n"
        b",_result,0,2026-03-01T11:59:00Z,web,0.5\r\n"
        b",_result,0,2026-03-01T12:00:00Z,web,12\r\n\r\n"
    ),
)
CLOUD_WATCH = json_reply(
    {
        "MetricDataResults": [
            {
                "Id": "errors",
                "Label": "5xx",
                "StatusCode": "Complete",
                "Timestamps": [1772366340.0, 1772366280.0],
                "Values": [4.0, 2.0],
            }
        ],
        "Messages": [],
    }
)
SKY_WALKING = json_reply({"data": {"service_apdex": {"values": {"values": [{"value": 9900}, {"value": 10000}]}}}})

SCOPE = {"scope": "app=web and version=v2", "region": "us", "step": 60}
KAYENTA = {
    "address": "https://kayenta.example.com",
    "application": "web",
    "canaryConfigName": "web-config",
    "metricsAccountName": "metrics",
    "configurationAccountName": "configs",
    "storageAccountName": "storage",
    "threshold": {"pass": 90, "marginal": 75},
    "scopes": [{"name": "default", "controlScope": SCOPE | {"scope": "v1"}, "experimentScope": SCOPE}],
    "lookback": True,
}
SCORE = json_reply({"complete": True, "status": "succeeded", "result": {"judgeResult": {"score": {"score": 94.9}}}})

METRICS: Mapping[str, Mapping[str, Any]] = {
    "cloudWatch": {
        "metricDataQueries": [
            {
                "id": "errors",
                "label": "5xx",
                "metricStat": {
                    "metric": {
                        "namespace": "AWS/ApplicationELB",
                        "metricName": "HTTPCode_Target_5XX_Count",
                        "dimensions": [{"name": "LoadBalancer", "value": "app/web/1"}],
                    },
                    "period": "60",
                    "stat": "Sum",
                    "unit": "Count",
                },
                "returnData": False,
            },
            {"id": "rate", "expression": "errors / 60", "period": 60},
        ]
    },
    "datadog": {"query": "avg:errors{*}"},
    "graphite": {"address": "http://graphite.example.com/base", "query": "target=sumSeries(a.*.errors)\n  &from=-5min"},
    "influxdb": {"query": 'from(bucket: "web") |> range(start: -5m)'},
    "kayenta": KAYENTA,
    "newRelic": {"query": "SELECT count(*) FROM Transaction"},
    "prometheus": {"address": "http://prometheus.monitoring:9090", "query": "up"},
    "skywalking": {"address": "http://oap.skywalking:12800", "query": "query q($duration: Duration!) { x }"},
    "wavefront": {"address": "example.wavefront.com", "query": "ts(errors)"},
    "web": {"url": "https://shop.example/api/health", "jsonPath": "{$.data.ok}"},
}
"""The providers that ask over HTTP."""

REPLIES: Mapping[str, Sequence[HTTPResponse]] = {
    "cloudWatch": [CLOUD_WATCH],
    "datadog": [DATADOG],
    "graphite": [GRAPHITE],
    "influxdb": [INFLUXDB],
    "kayenta": [json_reply([{"id": "c1", "name": "web-config"}]), json_reply({"canaryExecutionId": "e1"})],
    "newRelic": [NEW_RELIC],
    "prometheus": [PROMETHEUS],
    "skywalking": [SKY_WALKING],
    "wavefront": [WAVEFRONT],
    "web": [json_reply({"data": {"ok": True}})],
}

SECRETS: Mapping[SecretName, Mapping[str, str]] = {
    SecretName("", "datadog"): {"api-key": HUSH, "app-key": HUSH, "address": "https://api.datadoghq.eu"},
    SecretName("", "newrelic"): {"personal-api-key": HUSH, "account-id": "42", "region": "eu"},
    SecretName("", "wavefront-api-tokens"): {"example.wavefront.com": HUSH},
    SecretName("", "influxdb"): {"address": "http://influx.example.com:8086", "authToken": f"{HUSH}\n", "org": "shop"},
}


def sample(name: str, config: Mapping[str, Any] | None = None, **fields: Any) -> Order:
    """An order that the provider can serve, with some of its configuration replaced."""
    given = {"secrets": SECRETS, "settings": settings(aws_region="eu-west-1")} | fields
    return order({name: {**METRICS[name], **(config or {})}}, **given)
