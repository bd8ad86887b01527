"""Amazon CloudWatch's GetMetricData, in its JSON protocol.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct

from serinus.api.provider import CloudWatchMetric, CloudWatchQuery, CloudWatchStat
from serinus.providers.fields import seconds, whole
from serinus.providers.provider import (
    AtOnce,
    AwsSigning,
    HTTPRequest,
    HTTPResponse,
    Measuring,
    Order,
    ProviderError,
    Reading,
    fetch,
)
from serinus.providers.reply import SUCCESS, decoded_as, excerpt
from serinus.providers.text import json_text

DEFAULT_INTERVAL = 300.0
TIMEOUT = 10.0
TARGET = "GraniteServiceVersion20100801.GetMetricData"


class Message(Struct, frozen=True, rename="pascal"):
    """What CloudWatch remarks."""

    code: str = ""
    value: str = ""


class Result(Struct, frozen=True, rename="pascal"):
    """One query's points, the newest first."""

    id: str = ""
    label: str = ""
    messages: list[Message] = []
    status_code: str = ""
    timestamps: list[float] = []
    values: list[float] = []


class Answer(Struct, frozen=True, rename="pascal"):
    """A reply."""

    metric_data_results: tuple[Result, ...] = ()
    messages: tuple[Message, ...] = ()


class Refusal(Struct, frozen=True):
    """What comes instead."""

    kind: str = msgspec.field(default="", name="__type")
    message: str = ""


class CloudWatch(AtOnce):
    """The results of all queries, with the field names of AWS: ``result[0].Values[0]``."""

    name = "cloudWatch"

    def metadata(self, order: Order) -> Mapping[str, str]:
        """The queries as they are sent."""
        return {"ResolvedCloudWatchQuery": json_text(_queries(order))}

    def run(self, order: Order) -> Measuring:
        """Ask for the points."""
        answer = _answer((yield from fetch(_request(order))))
        result = [_shown(item) for item in answer.metric_data_results]
        metadata = {"messages": json_text(answer.messages)} if answer.messages else {}
        return Reading(result, json_text([item.values for item in answer.metric_data_results]), metadata)


def _request(order: Order) -> HTTPRequest:
    region = order.settings.aws_region
    if not region:
        raise ProviderError("the AWS region is not known: set AWS_REGION where the controller runs")
    now = order.now.timestamp()
    body = {
        "StartTime": now - seconds(_spec(order).interval, "cloudWatch interval", DEFAULT_INTERVAL),
        "EndTime": now,
        "MetricDataQueries": _queries(order),
    }
    domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return HTTPRequest(
        url=f"https://monitoring.{region}.{domain}/",
        method="POST",
        headers=(("Content-Type", "application/x-amz-json-1.0"), ("X-Amz-Target", TARGET)),
        body=msgspec.json.encode(body),
        timeout=TIMEOUT,
        sign=AwsSigning("monitoring", region),
        reads_only=True,
    )


def _queries(order: Order) -> list[dict[str, Any]]:
    return [_query(item) for item in _spec(order).metric_data_queries]


def _query(item: CloudWatchQuery) -> dict[str, Any]:
    """A query in AWS' words. Raises ProviderError where a period is no number."""
    return _set(
        Id=item.id,
        Expression=item.expression,
        Label=item.label,
        MetricStat=_stat(item.metric_stat) if item.metric_stat else None,
        Period=whole(item.period, f"cloudWatch period of {item.id}"),
        ReturnData=item.return_data,
    )


def _stat(stat: CloudWatchStat) -> dict[str, Any]:
    metric = stat.metric
    return _set(
        Metric=_set(
            Namespace=metric.namespace,
            MetricName=metric.metric_name,
            Dimensions=[{"Name": item.name, "Value": item.value} for item in metric.dimensions] or None,
        )
        if metric
        else None,
        Period=whole(stat.period, "cloudWatch metricStat.period"),
        Stat=stat.stat,
        Unit=stat.unit or None,
    )


def _set(**values: Any) -> dict[str, Any]:
    """Only what is set: AWS refuses null."""
    return {key: value for key, value in values.items() if value is not None}


def _answer(reply: HTTPResponse) -> Answer:
    if reply.status in SUCCESS:
        return decoded_as(reply, "CloudWatch", Answer)
    try:
        refusal = msgspec.json.decode(reply.body, type=Refusal)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ProviderError(f"CloudWatch answered {reply.status}: {excerpt(reply)}") from None
    kind = refusal.kind.rpartition("#")[2]
    raise ProviderError(f"CloudWatch answered {reply.status}: {kind}: {refusal.message or 'no reason given'}")


def _shown(result: Result) -> dict[str, Any]:
    """A result as conditions see it."""
    stamps = [datetime.fromtimestamp(stamp, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for stamp in result.timestamps]
    shown: dict[str, Any] = msgspec.to_builtins(result)
    return shown | {"Timestamps": stamps}


def _spec(order: Order) -> CloudWatchMetric:
    spec = order.metric.provider.cloud_watch
    assert spec is not None
    return spec
