"""AnalysisRuns: nobody measures; they end as a script says.

A run whose metrics are all good ends when its measurements would: after ``count`` times ``interval``, or never. One
that has a metric which is not good ends at the next measurement.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from serinus.api.amounts import parse_duration
from serinus.api.kinds import ANALYSIS_RUN
from serinus.api.scalar import Manifest
from serinus.plan import Ref
from serinus.world.delays import Delays
from serinus.world.gap import Gap
from serinus.world.server import Server

_DUE = {
    "Failed": "failed (1) > failureLimit (0)",
    "Error": "consecutiveErrors (5) > consecutiveErrorLimit (4)",
    "Inconclusive": "inconclusive (1) > inconclusiveLimit (0)",
}
"""Phase of a run, the worst first → what its message says."""
_COMPLETED = {"Successful", *_DUE}


def measuring(server: Server, delays: Delays, verdicts: Mapping[str, str]) -> Iterator[Gap]:
    """Runs that begin or end; ``verdicts`` are those of metrics (name → phase) that are not good."""
    for ref, run in server.list(ANALYSIS_RUN):
        status = run.get("status", {})
        metric, verdict = _worst(run, verdicts)
        if not status.get("phase"):
            yield Gap(("begin", ref.name), partial(_begin, server, ref), delays.measure)
        elif status["phase"] in _COMPLETED:
            continue
        elif verdict:
            message = f'Metric "{metric}" assessed {verdict} due to {_DUE[verdict]}'
            yield Gap(("judge", ref.name, verdict), partial(_end, server, ref, verdict, message), delays.measure)
        elif run["spec"].get("terminate"):
            done = partial(_end, server, ref, "Successful", "Run Terminated")
            yield Gap(("terminate", ref.name), done, delays.measure)
        elif (length := _length(run)) is not None:
            at = datetime.fromisoformat(status["startedAt"]) + timedelta(seconds=length)
            yield Gap(("succeed", ref.name), partial(_end, server, ref, "Successful", ""), at=at)


def _worst(run: Manifest, verdicts: Mapping[str, str]) -> tuple[str, str]:
    """The metric that decides, and how; nothing where all are good."""
    found = {verdicts.get(metric["name"], ""): metric["name"] for metric in run["spec"]["metrics"]}
    return next(((found[verdict], verdict) for verdict in _DUE if verdict in found), ("", ""))


def _length(run: Manifest) -> float | None:
    """How many seconds a run takes whose metrics are all good; None for one without end."""
    lengths = [_length_of(metric) for metric in run["spec"]["metrics"]]
    return None if None in lengths else max(length for length in lengths if length is not None)


def _length_of(metric: Mapping[str, Any]) -> float | None:
    interval, number = metric.get("interval", ""), metric.get("count", 0)
    if interval and not number:
        return None
    pause = parse_duration(interval or "0")
    return parse_duration(metric.get("initialDelay") or "0") + pause * max(0, int(number) - 1)


def _begin(server: Server, ref: Ref, now: datetime) -> None:
    server.patch_status(ref, {"phase": "Running", "startedAt": now.astimezone(UTC).isoformat()})


def _end(server: Server, ref: Ref, phase: str, message: str, now: datetime) -> None:
    completed = now.astimezone(UTC).isoformat()
    server.patch_status(ref, {"phase": phase, "message": message, "completedAt": completed})
