"""Datadog's ``POST /api/v2/query/scalar`` (https://docs.datadoghq.com/api/latest/metrics/#query-scalar-data)."""

import math
from typing import Any

import msgspec
from msgspec import Struct, field

from serinus.api.provider import DatadogMetric
from serinus.expr import Floats
from serinus.providers.datadog_query import Question, limit_of
from serinus.providers.provider import HTTPRequest, Measuring, ProviderError, Reading, fetch
from serinus.providers.reply import decoded_as, without
from serinus.providers.text import json_text, number_text, numbers_text

AGGREGATORS = ("avg", "min", "max", "sum", "last", "percentile", "mean", "l2norm", "area")
ONLY = "query"
"""The name of a query that stands alone."""


class Column(Struct, frozen=True):
    """The groups, or the values for them in the same order."""

    type: str
    values: tuple[Any, ...] = ()


class Attributes(Struct, frozen=True):
    """What a reply says."""

    columns: tuple[Column, ...] = ()


class Data(Struct, frozen=True):
    """The frame around it."""

    attributes: Attributes = field(default_factory=Attributes)


class Answer(Struct, frozen=True):
    """A reply, good or bad."""

    data: Data = field(default_factory=Data)
    errors: str | tuple[str, ...] | None = None


def measured(spec: DatadogMetric, question: Question) -> Measuring:
    """A number, or a list of numbers where the query groups; None where there is none. Raises ProviderError."""
    body = {"data": {"type": "scalar_request", "attributes": attributes(spec, question)}}
    request = HTTPRequest(
        url=f"{question.account.address}/api/v2/query/scalar",
        method="POST",
        headers=question.account.headers,
        body=msgspec.json.encode(body),
        timeout=question.timeout,
        reads_only=True,
    )
    reply = without((yield from fetch(request)), question.account.api_key, question.account.app_key)
    if limit := limit_of(reply):
        raise ProviderError(limit)
    answer = decoded_as(reply, "Datadog", Answer)
    if answer.errors:
        said = answer.errors if isinstance(answer.errors, str) else "; ".join(answer.errors)
        raise ProviderError(f"Datadog refused the query: {said}")
    return _reading(answer.data.attributes.columns)


def attributes(spec: DatadogMetric, question: Question) -> dict[str, Any]:
    """What is asked. Raises ProviderError where it cannot be meant."""
    queries, formula = _named(spec)
    aggregator = spec.aggregator or "last"
    if aggregator not in AGGREGATORS:
        raise ProviderError(f"datadog aggregator {aggregator!r} is not known; there are: {', '.join(AGGREGATORS)}")
    return {
        "from": question.span.start * 1000,
        "to": question.span.end * 1000,
        "queries": [
            {"aggregator": aggregator, "data_source": "metrics", "name": name, "query": query}
            for name, query in sorted(queries.items())
        ],
        "formulas": [{"formula": formula}],
    }


def _named(spec: DatadogMetric) -> tuple[dict[str, str], str]:
    """The queries by their names, and the formula over them."""
    if bool(spec.query) == bool(spec.queries):
        raise ProviderError("datadog takes either query or queries")
    if spec.query and spec.formula:
        raise ProviderError("datadog formula needs queries, whose names it uses")
    if len(spec.queries) > 1 and not spec.formula:
        raise ProviderError("datadog needs a formula that says how its queries make one value")
    if spec.query:
        return {ONLY: spec.query}, ONLY
    return spec.queries, spec.formula or next(iter(spec.queries))


def _reading(columns: tuple[Column, ...]) -> Reading:
    """The numbers; a group without data is NaN, so that no condition takes it for good."""
    numbers = next((column.values for column in columns if column.type == "number"), ())
    if any(not isinstance(number, int | float | None) for number in numbers):
        raise ProviderError("the reply of Datadog has a value that is no number")
    groups = [column.values for column in columns if column.type == "group"]
    if groups:
        result = Floats(math.nan if number is None else float(number) for number in numbers)
        labels = [[_label(part) for part in row] for row in zip(*groups, strict=False)]
        return Reading(result, numbers_text(result), {"groups": json_text(labels)})
    if not numbers or numbers[0] is None:
        return Reading(None, "[]")
    return Reading(float(numbers[0]), number_text(numbers[0]))


def _label(part: Any) -> str:
    """The tags of one group: a list, which mostly has one."""
    return ",".join(map(str, part)) if isinstance(part, list) else str(part)
