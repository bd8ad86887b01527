"""What a measurement adds to its metric: the counters, and the last measurements."""

from msgspec.structs import replace

from serinus.analysis import phases
from serinus.analysis.phases import INCONCLUSIVE, RUNNING, SUCCESSFUL
from serinus.analysis.schedule import pending
from serinus.api.analysis import Measurement, MetricResult

KEPT = 10
"""Measurements of a metric that stay in the status, unless a rule says otherwise."""
TERMINATED = "Metric Terminated"


def recorded(result: MetricResult, measurement: Measurement) -> MetricResult:
    """A result with one measurement more, or with the one that was running as it stands now."""
    before = result.measurements[:-1] if pending(result) else result.measurements
    result = replace(result, measurements=(*before, measurement))
    return result if measurement.finished_at is None else _counted(result, measurement.phase)


def terminated(measurement: Measurement) -> Measurement:
    """A measurement that was ended before its time."""
    if measurement.finished_at is None or measurement.phase not in {SUCCESSFUL, INCONCLUSIVE}:
        return measurement
    return replace(measurement, message=TERMINATED)


def _counted(result: MetricResult, phase: str) -> MetricResult:
    match phase:
        case phases.SUCCESSFUL:
            return replace(
                result,
                count=result.count + 1,
                successful=result.successful + 1,
                consecutive_error=0,
                consecutive_success=result.consecutive_success + 1,
            )
        case phases.FAILED:
            reset = replace(result, consecutive_error=0, consecutive_success=0)
            return replace(reset, count=result.count + 1, failed=result.failed + 1)
        case phases.INCONCLUSIVE:
            reset = replace(result, consecutive_error=0, consecutive_success=0)
            return replace(reset, count=result.count + 1, inconclusive=result.inconclusive + 1)
        case _:
            errors = replace(result, error=result.error + 1, consecutive_error=result.consecutive_error + 1)
            return replace(errors, consecutive_success=0)


def new_result(name: str, *, is_dry: bool) -> MetricResult:
    """A metric before its first measurement."""
    return MetricResult(name=name, phase=RUNNING, dry_run=is_dry)


def trimmed(result: MetricResult, limit: int) -> MetricResult:
    """A result with its last measurements only; a limit that is not above 0 means the usual number."""
    return replace(result, measurements=result.measurements[-kept(limit) :])


def kept(limit: int) -> int:
    """How many measurements stay."""
    return limit if limit > 0 else KEPT
