"""The article's manifests, as they stand and with shorter times."""

import re
from importlib.resources import files
from typing import Any

import yaml

from serinus.api.amounts import parse_duration

PAUSE = 300.0
"""Seconds of a timed pause in the article."""
DELAYS = ("scaleDownDelaySeconds", "abortScaleDownDelaySeconds")
WINDOW = re.compile(r"\[(\d+[smh])\]")
"""The range of a query, as in `rate(http_requests_total[5m])`."""


def manifest(name: str) -> str:
    """The text of a manifest that we ship."""
    return (files("serinus.demo") / "manifests" / name).read_text()


def shortened(text: str, seconds: float, scale_down: float | None = None) -> str:
    """Let the timed pauses of all Rollouts take so many seconds, and quicken analyses as much.

    ``scale_down`` are the seconds that versions keep their pods after they lost their traffic; nothing else changes.
    """
    documents = list(yaml.safe_load_all(text))
    for document in documents:
        match document["kind"]:
            case "Rollout":
                (strategy,) = document["spec"]["strategy"].values()
                _shorten(strategy.get("steps", []), seconds)
                if scale_down is not None:
                    strategy |= dict.fromkeys(DELAYS, round(scale_down))
            case "AnalysisTemplate":
                for metric in document["spec"]["metrics"]:
                    _quicken(metric, seconds / PAUSE)
    return yaml.safe_dump_all(documents, sort_keys=False)


def _quicken(metric: dict[str, Any], factor: float) -> None:
    """Shorten the interval, and the window that the query looks back on."""
    metric["interval"] = _scaled(metric["interval"], factor)
    query = metric["provider"]["prometheus"]
    query["query"] = WINDOW.sub(lambda found: f"[{_scaled(found[1], factor)}]", query["query"])


def _scaled(duration: str, factor: float) -> str:
    return f"{round(parse_duration(duration) * factor)}s"


def _shorten(steps: list[dict[str, Any]], seconds: float) -> None:
    for step in steps:
        if "duration" in step.get("pause", {}):
            step["pause"]["duration"] = f"{seconds:g}s"
