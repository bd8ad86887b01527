"""What is to be measured now, and when to look again."""

from datetime import datetime, timedelta

from serinus.analysis.limits import limits_of
from serinus.analysis.phases import ERROR
from serinus.api.amounts import parse_duration
from serinus.api.analysis import Measurement, Metric, MetricResult
from serinus.plan import Measure

_RETRY_SECONDS = 10.0
"""After an error, whatever the interval; also the interval of a metric that has none."""


def pending(result: MetricResult | None) -> Measurement | None:
    """The measurement of a metric that still runs."""
    last = result.measurements[-1] if result is not None and result.measurements else None
    return last if last is not None and last.finished_at is None else None


def next_number(result: MetricResult | None) -> int:
    """Which measurement of a metric is the next one to end; errors count too."""
    return result.count + result.error + 1 if result is not None else 1


def continued(metric: str, result: MetricResult | None, *, terminating: bool) -> Measure | None:
    """The question about a measurement that still runs, if one does."""
    going = pending(result)
    if going is None:
        return None
    since = going.resume_at or going.started_at
    return Measure(metric, next_number(result), "terminate" if terminating else "resume", since)


def begun(metric: str, result: MetricResult | None) -> Measure:
    """The question that begins a metric's next measurement."""
    return Measure(metric, next_number(result))


def due_at(metric: Metric, result: MetricResult | None, started_at: datetime) -> datetime | None:
    """When a metric that is not complete is to be measured, or looked at, next; None: not any more."""
    if result is None or not result.measurements:
        return started_at + timedelta(seconds=parse_duration(metric.initial_delay) if metric.initial_delay else 0.0)
    last = result.measurements[-1]
    if last.finished_at is None:
        return last.resume_at or last.started_at or started_at
    count = limits_of(metric).count
    if count is not None and result.count >= count:
        return None
    return last.finished_at + timedelta(seconds=pause_after(metric, last.phase))


def pause_after(metric: Metric, phase: str) -> float:
    """Seconds between the end of a measurement and the beginning of the next."""
    if phase == ERROR or not metric.interval:
        return _RETRY_SECONDS
    return parse_duration(metric.interval)
