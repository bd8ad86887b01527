"""How a metric stands, and how a run stands because of its metrics."""

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from serinus.analysis.course import Course
from serinus.analysis.limits import Limits, limits_of
from serinus.analysis.phases import BAD, COMPLETED, ERROR, FAILED, INCONCLUSIVE, PENDING, RUNNING, SUCCESSFUL, badness
from serinus.analysis.schedule import pending
from serinus.api.analysis import Metric, MetricResult, RunSummary

RUN_TERMINATED = "Run Terminated"

Results = Mapping[str, MetricResult]


class Ending(Struct, frozen=True):
    """What is known of the end: whether it is asked for, and which metrics are being measured still."""

    terminating: bool = False
    measuring: frozenset[str] = frozenset()


class Standing(Struct, frozen=True):
    """A phase and a message."""

    phase: str
    message: str = ""


def metric_phase(metric: Metric, result: MetricResult | None, ending: Ending) -> str:
    """How a metric stands; once complete it stays so."""
    if result is not None and result.phase in COMPLETED:
        return result.phase
    ends = ending.terminating and metric.name not in ending.measuring
    if result is None or not result.measurements:
        return SUCCESSFUL if ends else PENDING
    if pending(result):
        return RUNNING
    limits = limits_of(metric)
    return _by_limits(limits, result) or _by_count(limits, result) or (SUCCESSFUL if ends else RUNNING)


def _by_limits(limits: Limits, result: MetricResult) -> str:
    """What the limits say; of several, the later one counts."""
    phase = ""
    if limits.failed >= 0 and result.failed > limits.failed:
        phase = FAILED
    if result.inconclusive > limits.inconclusive:
        phase = INCONCLUSIVE
    if result.consecutive_error > limits.consecutive_errors:
        phase = ERROR
    if not phase and 0 < limits.consecutive_successes <= result.consecutive_success:
        phase = SUCCESSFUL
    return phase


def _by_count(limits: Limits, result: MetricResult) -> str:
    """What it means that all measurements are taken."""
    if limits.count is None or result.count < limits.count:
        return ""
    if limits.consecutive_successes == 0:
        return SUCCESSFUL
    return FAILED if limits.failed < 0 else INCONCLUSIVE


def reason(metric: Metric, result: MetricResult) -> str:
    """Why a metric did not succeed, in numbers; empty where it did."""
    if result.phase not in BAD:
        return ""
    limits = limits_of(metric)
    numbers = {
        FAILED: ("failed", result.failed, "failureLimit", limits.failed),
        INCONCLUSIVE: ("inconclusive", result.inconclusive, "inconclusiveLimit", limits.inconclusive),
        ERROR: ("consecutiveErrors", result.consecutive_error, "consecutiveErrorLimit", limits.consecutive_errors),
    }
    name, value, limit_name, limit = numbers[result.phase]
    if value > limit >= 0:
        return f"{name} ({value}) > {limit_name} ({limit})"
    wanted = f"consecutiveSuccessLimit ({limits.consecutive_successes})"
    return f"consecutiveSuccesses ({result.consecutive_success}) < {wanted} after count ({result.count})"


def assessed(metric: Metric, result: MetricResult, phase: str, *, is_dry: bool) -> MetricResult:
    """A result in its new phase, with the words of its last measurement."""
    if phase == result.phase:
        return result
    message = result.measurements[-1].message if result.measurements else ""
    result = replace(result, phase=phase, message=message)
    if is_dry and (why := reason(metric, result)):
        return replace(result, message=f"Metric assessed {phase} due to {why}")
    return result


def run_standing(course: Course, results: Results, ending: Ending, *, is_told: bool) -> Standing:
    """How a run stands; ``is_told`` says that somebody asked for its end.

    Nothing is worse than a failure, so a run fails without waiting for what is still measured.
    """
    phases = {metric.name: metric_phase(metric, results.get(metric.name), ending) for metric in course.metrics}
    deciding = [metric for metric in course.metrics if not course.is_dry(metric) and phases[metric.name] in COMPLETED]
    worst = max(deciding, key=lambda metric: badness(phases[metric.name]), default=None)
    phase = phases[worst.name] if worst is not None else SUCCESSFUL
    if phase != FAILED and not COMPLETED.issuperset(phases.values()):
        return Standing(RUNNING)
    message = _sentence(worst, results.get(worst.name)) if worst is not None else ""
    return Standing(phase, message or (RUN_TERMINATED if is_told else ""))


def _sentence(metric: Metric, result: MetricResult | None) -> str:
    """Why a run did not succeed; empty where it did."""
    if result is None or result.phase not in BAD:
        return ""
    sentence = f'Metric "{metric.name}" assessed {result.phase} due to {reason(metric, result)}'
    if not result.message:
        return sentence
    return (
        f'{sentence}: "Error Message: {result.message}"' if result.phase == ERROR else f"{sentence}: {result.message}"
    )


def summary(course: Course, results: Results, *, dry: bool) -> RunSummary:
    """How many metrics ended how: those that decide, or those of the dry run."""
    metrics = [metric for metric in course.metrics if course.is_dry(metric) == dry]
    phases = [results[metric.name].phase for metric in metrics if metric.name in results]
    return RunSummary(
        count=len(metrics),
        successful=phases.count(SUCCESSFUL),
        failed=phases.count(FAILED),
        inconclusive=phases.count(INCONCLUSIVE),
        error=phases.count(ERROR),
    )
