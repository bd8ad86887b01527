"""SkyWalking's query protocol (https://skywalking.apache.org/docs/main/latest/en/api/query-protocol/)."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from serinus.api.provider import SkyWalkingMetric
from serinus.providers import graphql
from serinus.providers.address import server
from serinus.providers.fields import seconds, without_data
from serinus.providers.provider import AtOnce, Measuring, Order, Reading
from serinus.providers.text import json_text

TIMEOUT = 30.0
DEFAULT_INTERVAL = 300.0


class SkyWalking(AtOnce):
    """The decoded data of a GraphQL query, which is given the variable ``$duration``."""

    name = "skywalking"

    def metadata(self, order: Order) -> Mapping[str, str]:
        """The query as it is sent."""
        return {"ResolvedSkyWalkingQuery": _spec(order).query}

    def run(self, order: Order) -> Measuring:
        """Ask for the data."""
        spec = _spec(order)
        address = server(spec.address, "skywalking address")
        begin = order.now - timedelta(seconds=seconds(spec.interval, "skywalking interval", DEFAULT_INTERVAL))
        duration = {"start": _minute(begin), "end": _minute(order.now), "step": "MINUTE"}
        endpoint = graphql.Endpoint(who="SkyWalking", url=f"{address}/graphql", timeout=TIMEOUT)
        data = yield from graphql.query(endpoint, spec.query, {"duration": duration})
        if data is None:
            return without_data(order, "no results returned from SkyWalking query")
        return Reading(data, json_text(data))


def _minute(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H%M")


def _spec(order: Order) -> SkyWalkingMetric:
    spec = order.metric.provider.skywalking
    assert spec is not None
    return spec
