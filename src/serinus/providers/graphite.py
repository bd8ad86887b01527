"""Graphite's render API (https://graphite.readthedocs.io/en/latest/render_api.html)."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from msgspec import Struct

from serinus.api.provider import GraphiteMetric
from serinus.expr import Floats
from serinus.providers.address import query_string, server
from serinus.providers.fields import without_data
from serinus.providers.provider import AtOnce, HTTPRequest, Measuring, Order, ProviderError, Reading, fetch
from serinus.providers.reply import decoded_as
from serinus.providers.text import numbers_text

TIMEOUT = 10.0

Point = tuple[float | str | None, float | str | None]
"""A value and its moment."""


class Target(Struct, frozen=True):
    """One series of a reply."""

    datapoints: tuple[Point, ...] = ()


class Graphite(AtOnce):
    """The values of the first series that a query gives."""

    name = "graphite"

    def metadata(self, order: Order) -> Mapping[str, str]:
        """The query as it is sent."""
        return {"ResolvedGraphiteQuery": _query(_spec(order))}

    def run(self, order: Order) -> Measuring:
        """Ask for the series."""
        spec = _spec(order)
        address = server(spec.address, "graphite address")
        values = [item for item in parse_qsl(_query(spec), keep_blank_values=True) if item[0] != "format"]
        url = f"{address}/render?{query_string([*values, ('format', 'json')])}"
        who = f"Graphite at {address.rpartition('@')[2]}"
        targets = decoded_as((yield from fetch(HTTPRequest(url=url, timeout=TIMEOUT))), who, tuple[Target, ...])
        points = [point[0] for point in targets[0].datapoints if point[0] is not None] if targets else []
        if not points:
            why = "no data: all values are null" if targets else "no data: the query has no series"
            return without_data(order, why)
        try:
            result = Floats(float(point) for point in points)
        except ValueError:
            raise ProviderError(f"the reply of {who} has a value that is no number") from None
        return Reading(result, numbers_text(result))


def _query(spec: GraphiteMetric) -> str:
    """The query without white space, which is there for people only."""
    return "".join(spec.query.split())


def _spec(order: Order) -> GraphiteMetric:
    spec = order.metric.provider.graphite
    assert spec is not None
    return spec
