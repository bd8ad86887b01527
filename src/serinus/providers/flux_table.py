"""Annotated CSV, in which InfluxDB answers (https://docs.influxdata.com/influxdb/v2/reference/syntax/annotated-csv/)."""

import csv
import io
from typing import Any

from serinus.providers.provider import ProviderError

_WHOLE = frozenset({"long", "unsignedLong"})


def values(text: str) -> list[Any]:
    """What stands in the columns ``_value`` of all tables. Raises ProviderError for an error that is told there."""
    found: list[Any] = []
    kinds: list[str] = []
    header: list[str] = []
    for row in csv.reader(io.StringIO(text)):
        if not any(row):
            header = []
        elif row[0] == "#datatype":
            kinds, header = row, []
        elif row[0].startswith("#"):
            header = []
        elif not header:
            header = row
        else:
            found += _record(dict(zip(header, row, strict=False)), dict(zip(header, kinds, strict=False)))
    return found


def _record(record: dict[str, str], kinds: dict[str, str]) -> list[Any]:
    """The value of one row, if it has one."""
    if "error" in record and "_value" not in record:
        raise ProviderError(f"InfluxDB refused the query: {record['error']}")
    return [_value(record["_value"], kinds.get("_value", ""))] if "_value" in record else []


def _value(text: str, kind: str) -> Any:
    try:
        match kind:
            case "string":
                return text
            case _ if not text:
                return None
            case "double":
                return float(text)
            case "boolean":
                return text == "true"
            case _ if kind in _WHOLE:
                return int(text)
    except ValueError:
        raise ProviderError(f"the reply of InfluxDB has a {kind} that cannot be read") from None
    return text
