"""Prometheus, and what speaks its API (https://prometheus.io/docs/prometheus/latest/querying/api/)."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import msgspec
from msgspec import Struct

from serinus.api.amounts import parse_duration
from serinus.api.provider import PrometheusMetric, RangeQuery
from serinus.expr import ConditionError, Floats, evaluate_time
from serinus.providers.address import query_string, server
from serinus.providers.authentication import fetch_authorized, headers_of
from serinus.providers.provider import (
    AtOnce,
    AwsSigning,
    HTTPRequest,
    HTTPResponse,
    Measuring,
    Order,
    ProviderError,
    Reading,
)
from serinus.providers.reply import decoded_as, meaning
from serinus.providers.settings import PROMETHEUS_ADDRESS
from serinus.providers.text import number_text, numbers_text

RESOLVED_QUERY = "ResolvedPrometheusQuery"
DEFAULT_TIMEOUT = 30
LONGEST_URL = 4000
"""Characters; a longer query is sent by POST, which not every proxy lets through."""
AMAZON = "aps-workspaces"
"""In the address of Amazon Managed Service for Prometheus."""

Sample = tuple[float, str]


class Data(Struct, frozen=True, rename="camel"):
    """The ``data`` of a reply."""

    result_type: str
    result: Any


class Answer(Struct, frozen=True, rename="camel"):
    """A reply, good or bad."""

    status: str
    data: Data | None = None
    error_type: str = ""
    error: str = ""
    warnings: tuple[str, ...] = ()


class Prometheus(AtOnce):
    """PromQL: a vector or a matrix gives a list of numbers, a scalar a number."""

    name = "prometheus"

    def metadata(self, order: Order) -> Mapping[str, str]:
        """The query as it is sent."""
        query = _spec(order).query
        return {RESOLVED_QUERY: query} if query else {}

    def run(self, order: Order) -> Measuring:
        """Ask for the query's value."""
        spec = _spec(order)
        request = _request(order, spec)
        answer = _answer(request, (yield from fetch_authorized(request, spec.authentication)))
        assert answer.data is not None
        result = numbers(answer.data)
        metadata = {"warnings": ", ".join(f'"{item}"' for item in answer.warnings)} if answer.warnings else {}
        text = numbers_text(result) if isinstance(result, Floats) else number_text(result)
        return Reading(result, text, metadata)


def numbers(data: Data) -> Floats | float:
    """The numbers in a result. Raises ProviderError where it has none that can be judged."""
    try:
        match data.result_type:
            case "scalar":
                return float(data.result[1])
            case "vector":
                return Floats(float(item["value"][1]) for item in data.result)
            case "matrix":
                return Floats(float(point[1]) for item in data.result for point in item["values"])
    except KeyError:
        raise ProviderError("the query gives native histograms: take a number, as by histogram_quantile()") from None
    except (TypeError, ValueError, IndexError):
        raise ProviderError(f"the {data.result_type} of the reply cannot be read") from None
    raise ProviderError(f"Prometheus metric type not supported: {data.result_type}")


def _request(order: Order, spec: PrometheusMetric) -> HTTPRequest:
    address = server(
        spec.address or order.settings.prometheus_address, f"prometheus address (or ${PROMETHEUS_ADDRESS})"
    )
    if spec.range_query is None:
        url, values = f"{address}/api/v1/query", [("query", spec.query)]
    else:
        url, values = f"{address}/api/v1/query_range", [("query", spec.query), *_span(spec.range_query, order)]
    form = query_string(values)
    is_long = len(url) + len(form) > LONGEST_URL
    headers = headers_of(spec.headers)
    if is_long:
        headers = (("Content-Type", "application/x-www-form-urlencoded"), *headers)
    return HTTPRequest(
        url=url if is_long else f"{url}?{form}",
        method="POST" if is_long else "GET",
        headers=headers,
        body=form.encode() if is_long else b"",
        timeout=_timeout(spec),
        verify=not spec.insecure,
        sign=_signing(spec, address),
        reads_only=True,
    )


def _span(span: RangeQuery, order: Order) -> list[tuple[str, str]]:
    """The parameters of a range. Raises ProviderError."""
    found: list[tuple[str, str]] = []
    for key, text in (("start", span.start), ("end", span.end)):
        try:
            found.append((key, f"{evaluate_time(text, order.now).timestamp():.3f}"))
        except ConditionError as error:
            raise ProviderError(f"rangeQuery.{key} {text!r} gives no time: {error}") from error
    try:
        step = parse_duration(span.step)
    except ValueError as error:
        raise ProviderError(f"rangeQuery.step: {error}") from None
    if step <= 0:
        raise ProviderError(f"rangeQuery.step {span.step!r} is not longer than nothing")
    return [*found, ("step", number_text(step))]


def _timeout(spec: PrometheusMetric) -> float:
    if spec.timeout is not None and spec.timeout < 0:
        raise ProviderError("prometheus timeout should not be negative")
    return spec.timeout or DEFAULT_TIMEOUT


def _signing(spec: PrometheusMetric, address: str) -> AwsSigning | None:
    sigv4 = spec.authentication.sigv4 if spec.authentication else None
    if sigv4 is None or AMAZON not in address or not (sigv4.region or sigv4.profile or sigv4.role_arn):
        return None
    return AwsSigning("aps", sigv4.region, sigv4.profile, sigv4.role_arn)


def _answer(request: HTTPRequest, reply: HTTPResponse) -> Answer:
    """A good answer; Prometheus' own words for a bad one. Raises ProviderError."""
    who = f"Prometheus at {request.origin}"
    with suppress(msgspec.DecodeError, UnicodeDecodeError):
        refusal = msgspec.json.decode(reply.body, type=Answer)
        if refusal.error:
            raise ProviderError(f"{who} answered {meaning(reply.status)}: {refusal.error_type}: {refusal.error}")
    answer = decoded_as(reply, who, Answer)
    if answer.status != "success" or answer.data is None:
        raise ProviderError(f"the reply of {who} holds no data")
    return answer


def _spec(order: Order) -> PrometheusMetric:
    spec = order.metric.provider.prometheus
    assert spec is not None
    return spec
