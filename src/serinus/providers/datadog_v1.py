"""Datadog's ``GET /api/v1/query`` (https://docs.datadoghq.com/api/latest/metrics/#query-timeseries-points)."""

from msgspec import Struct

from serinus.api.provider import DatadogMetric
from serinus.providers.address import query_string
from serinus.providers.datadog_query import Question, limit_of
from serinus.providers.provider import HTTPRequest, Measuring, ProviderError, Reading, fetch
from serinus.providers.reply import decoded_as, without
from serinus.providers.text import number_text


class Series(Struct, frozen=True):
    """One series of a reply."""

    pointlist: tuple[tuple[float | None, ...], ...] = ()
    """Moments with their values; a moment without data has null."""


class Answer(Struct, frozen=True):
    """A reply, good or bad."""

    status: str = "ok"
    error: str | None = None
    series: tuple[Series, ...] = ()


def measured(spec: DatadogMetric, question: Question) -> Measuring:
    """The last value of the first series; None where there is none. Raises ProviderError."""
    if not spec.query or spec.queries or spec.formula:
        raise ProviderError("datadog v1 takes query, and neither queries nor formula: use apiVersion v2 for these")
    span = [("from", str(question.span.start)), ("to", str(question.span.end))]
    request = HTTPRequest(
        url=f"{question.account.address}/api/v1/query?{query_string([*span, ('query', spec.query)])}",
        headers=question.account.headers,
        timeout=question.timeout,
    )
    reply = without((yield from fetch(request)), question.account.api_key, question.account.app_key)
    if limit := limit_of(reply):
        raise ProviderError(limit)
    answer = decoded_as(reply, "Datadog", Answer)
    if answer.status == "error" or answer.error:
        raise ProviderError(f"Datadog refused the query: {answer.error or 'no reason given'}")
    return _reading(answer)


def _reading(answer: Answer) -> Reading:
    points = answer.series[0].pointlist if answer.series else ()
    if any(len(point) != 2 for point in points):
        raise ProviderError("the reply of Datadog is not as expected: a point is not a moment and a value")
    values = [point[1] for point in points if point[1] is not None]
    return Reading(values[-1], number_text(values[-1])) if values else Reading(None, "[]")
