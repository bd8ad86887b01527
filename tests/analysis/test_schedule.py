"""When a metric is measured next."""

from datetime import timedelta
from typing import Any

import pytest

from analysis.scenes import NOON, metric_of, result
from serinus.analysis.schedule import due_at


@pytest.mark.parametrize(
    ("fields", "measured", "seconds"),
    [
        ({}, (), 0),
        ({"initialDelay": "1m30s"}, (), 90),
        ({"interval": "5m"}, ("Successful",), 300),
        ({"interval": "5m"}, ("Failed",), 300),
        ({"interval": "5m"}, ("Error",), 10),
        ({"interval": "1s"}, ("Error",), 10),
        ({}, ("Error",), 10),
        ({"interval": "5m", "count": 2}, ("Successful",), 300),
        ({"interval": "5m", "count": 2}, ("Error", "Successful"), 300),
        ({"interval": "5m", "count": 2}, ("Successful", "Inconclusive"), None),
        ({}, ("Successful",), None),
        ({"interval": "5m"}, ("Running",), 0),
    ],
)
def test_due(fields: dict[str, Any], measured: tuple[str, ...], seconds: int | None) -> None:
    found = result("Running", *measured) if measured else None
    expected = None if seconds is None else NOON + timedelta(seconds=seconds)
    assert due_at(metric_of(**fields), found, NOON) == expected
