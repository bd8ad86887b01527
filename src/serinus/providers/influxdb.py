"""InfluxDB 2's query API (https://docs.influxdata.com/influxdb/v2/api/v2/#operation/PostQuery)."""

import csv
import math
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from serinus.api.provider import InfluxdbMetric
from serinus.providers import flux_table
from serinus.providers.address import query_string, server
from serinus.providers.fields import secret, without_data
from serinus.providers.provider import (
    AtOnce,
    HTTPRequest,
    HTTPResponse,
    Measuring,
    Order,
    ProviderError,
    Reading,
    SecretName,
    fetch,
)
from serinus.providers.reply import SUCCESS, excerpt, meaning
from serinus.providers.text import json_text, number_text

TIMEOUT = 30.0


class Refusal(Struct, frozen=True):
    """What comes instead of a table."""

    code: str = ""
    message: str = ""


class Influxdb(AtOnce):
    """The values of all records that a Flux query gives."""

    name = "influxdb"

    def secrets(self, order: Order) -> Sequence[SecretName]:
        """The profile's."""
        return (_profile(order),)

    def metadata(self, order: Order) -> Mapping[str, str]:
        """The query as it is sent."""
        return {"ResolvedInfluxdbQuery": _spec(order).query}

    def run(self, order: Order) -> Measuring:
        """Ask for the records."""
        found = _values((yield from fetch(_request(order))))
        if not found:
            return without_data(order, "no results returned from flux query")
        return Reading(found, json_text([_shown(value) for value in found]))


def _request(order: Order) -> HTTPRequest:
    profile = secret(order, _profile(order), "address", "authToken", "org")
    address = server(profile["address"], f"address in Secret {_profile(order).name}")
    dialect = {"annotations": ["datatype"], "delimiter": ",", "header": True}
    return HTTPRequest(
        url=f"{address}/api/v2/query?{query_string([('org', profile['org'])])}",
        method="POST",
        headers=(
            ("Authorization", f"Token {profile['authToken']}"),
            ("Accept", "application/csv"),
            ("Content-Type", "application/json"),
        ),
        body=msgspec.json.encode({"query": _spec(order).query, "type": "flux", "dialect": dialect}),
        timeout=TIMEOUT,
        reads_only=True,
    )


def _values(reply: HTTPResponse) -> list[Any]:
    if reply.status not in SUCCESS:
        raise ProviderError(f"InfluxDB answered {meaning(reply.status)}: {_said(reply)}")
    try:
        return flux_table.values(reply.body.decode())
    except (UnicodeDecodeError, csv.Error):
        raise ProviderError("the reply of InfluxDB is not a table") from None


def _said(reply: HTTPResponse) -> str:
    """InfluxDB's own words, where it has some."""
    try:
        return msgspec.json.decode(reply.body, type=Refusal).message or excerpt(reply)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return excerpt(reply)


def _shown(value: Any) -> Any:
    """JSON has no word for what is no number."""
    return number_text(value) if isinstance(value, float) and not math.isfinite(value) else value


def _profile(order: Order) -> SecretName:
    return SecretName("", _spec(order).profile or "influxdb")


def _spec(order: Order) -> InfluxdbMetric:
    spec = order.metric.provider.influxdb
    assert spec is not None
    return spec
