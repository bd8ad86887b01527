"""Orders for tests, and replies to what providers ask."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from serinus.api.analysis import AnalysisRun, AnalysisRunSpec, Metric
from serinus.api.meta import ObjectMeta
from serinus.api.provider import MetricProvider
from serinus.providers.provider import (
    Collecting,
    HTTPRequest,
    HTTPResponse,
    Measuring,
    Order,
    Outcome,
    Reading,
    SecretName,
)
from serinus.providers.request import ClusterRequest, Reply, Request
from serinus.providers.settings import ProviderSettings

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
NO_SECRETS: Mapping[SecretName, Mapping[str, str]] = {}


def order(provider: Mapping[str, Any], **fields: Any) -> Order:
    """An order to measure by a provider, as a manifest configures it."""
    metric = Metric(name=fields.pop("metric", "latency"), provider=msgspec.convert(provider, MetricProvider))
    run = AnalysisRun(
        metadata=ObjectMeta(name="web-6d4b9f7c5-2", namespace="shop", uid="0f7a2e0c-5d41-4a8f-9a8b-1d2c3e4f5a6b"),
        spec=AnalysisRunSpec(metrics=(metric,)),
    )
    return Order(**{"metric": metric, "run": run, "number": 1, "now": NOW} | fields)


def json_reply(body: Any, status: int = 200, **headers: str) -> HTTPResponse:
    """A reply with JSON."""
    return HTTPResponse(status, {"content-type": "application/json"} | headers, msgspec.json.encode(body))


def play(measuring: Measuring | Collecting, *replies: Reply) -> tuple[Sequence[Request], Any]:
    """What was asked, and the outcome, when these replies come; all must be used."""
    asked: list[Request] = []
    left = list(replies)
    try:
        request = next(measuring)
        while True:
            asked.append(request)
            request = measuring.send(left.pop(0))
    except StopIteration as stop:
        assert left == [], "more replies than were asked for"
        return asked, stop.value


def measured(measuring: Measuring, *replies: Reply) -> Outcome:
    """The outcome alone."""
    outcome: Outcome = play(measuring, *replies)[1]
    return outcome


def reading(measuring: Measuring, *replies: Reply) -> Reading:
    """The outcome, which must be a reading."""
    outcome = measured(measuring, *replies)
    assert isinstance(outcome, Reading)
    return outcome


def http(request: Request) -> HTTPRequest:
    """A request, which must go over HTTP."""
    assert isinstance(request, HTTPRequest)
    return request


def cluster(request: Request) -> ClusterRequest:
    """A request, which must go to the cluster."""
    assert isinstance(request, ClusterRequest)
    return request


def settings(**fields: str) -> ProviderSettings:
    """What the operator has set."""
    return ProviderSettings(**fields)
