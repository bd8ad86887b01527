"""From what a provider found to a measurement: conditions, and what to think of no data."""

from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from serinus.analysis.missing import filled, has_gaps, missing, speaks_of
from serinus.analysis.phases import ERROR, FAILED, INCONCLUSIVE, RUNNING, SUCCESSFUL
from serinus.analysis.schedule import pause_after
from serinus.api.analysis import Measurement, Metric
from serinus.expr import ConditionError, evaluate_condition
from serinus.providers.provider import Later, Outcome, Reading, Verdict
from serinus.providers.text import shortened

_SHOWN = 200
"""Characters of a value that a message quotes; all of it stands beside."""
_ON_NO_DATA = {"inconclusive": INCONCLUSIVE, "fail": FAILED, "pass": SUCCESSFUL}


class Judgement(Struct, frozen=True):
    """A phase, and why."""

    phase: str
    message: str = ""


def measured(metric: Metric, outcome: Outcome, measurement: Measurement, now: datetime) -> Measurement:
    """A measurement as it stands after a provider's outcome; before, it holds what was known of it."""
    known = {**measurement.metadata, **outcome.metadata}
    match outcome:
        case Later(resume_at, _, message):
            return replace(measurement, phase=RUNNING, message=message, metadata=known, resume_at=resume_at)
        case Verdict(phase, message, value, _):
            return _ended(measurement, Judgement(phase, message), value or measurement.value, known, now)
        case Reading(result, value, _):
            judgement = judged(metric, result, value, now)
            if judgement.phase == RUNNING:
                later = now + timedelta(seconds=pause_after(metric, RUNNING))
                return replace(
                    measurement, phase=RUNNING, message=judgement.message, value=value, metadata=known, resume_at=later
                )
            return _ended(measurement, judgement, value, known, now)


def rules_of(metric: Metric) -> dict[str, str]:
    """The rules by which a metric is judged, with its arguments filled in, for its result's metadata."""
    rules = {
        "successCondition": metric.success_condition,
        "failureCondition": metric.failure_condition,
        "onNoData": metric.on_no_data,
    }
    return {name: text for name, text in rules.items() if text}


def failed_to_measure(measurement: Measurement, message: str, now: datetime) -> Measurement:
    """A measurement that came to nothing."""
    return _ended(measurement, Judgement(ERROR, message), measurement.value, measurement.metadata, now)


def _ended(
    measurement: Measurement, judgement: Judgement, value: str, metadata: dict[str, str], now: datetime
) -> Measurement:
    return replace(
        measurement,
        phase=judgement.phase,
        message=judgement.message,
        value=value,
        metadata=metadata,
        finished_at=now,
        resume_at=None,
    )


def judged(metric: Metric, result: Any, value: str, now: datetime) -> Judgement:
    """What a result means by a metric's rules; Running where data is still waited for."""
    gone = missing(result)
    if gone and metric.on_no_data:
        return _without_data(metric.on_no_data, gone)
    try:
        judgement = _by_conditions(metric, result, value, now)
        if judgement.phase != SUCCESSFUL or not (gone or has_gaps(result)):
            return judgement
        rests = gone or ("" if _holds_without(metric, result, value, now) else "NaN among its numbers")
        return judgement if not rests or _speaks(metric, result) else _rests_upon(metric, rests)
    except ConditionError as error:
        return Judgement(ERROR, str(error))


def _without_data(choice: str, gone: str) -> Judgement:
    if choice == "wait":
        return Judgement(RUNNING, f"waiting for data: the provider gave {gone}")
    return Judgement(_ON_NO_DATA[choice], f"no data: the provider gave {gone} (onNoData: {choice})")


def _by_conditions(metric: Metric, result: Any, value: str, now: datetime) -> Judgement:
    """The verdict of the conditions alone. Raises ConditionError."""
    shown = shortened(value, _SHOWN)
    is_good = _condition("successCondition", metric.success_condition, result, now)
    is_bad = _condition("failureCondition", metric.failure_condition, result, now)
    if is_bad:
        return Judgement(FAILED, f'{shown} meets failureCondition "{metric.failure_condition}"')
    if is_good is None or is_good:
        return Judgement(SUCCESSFUL)
    unmet = f'{shown} does not meet successCondition "{metric.success_condition}"'
    if is_bad is None:
        return Judgement(FAILED, unmet)
    return Judgement(INCONCLUSIVE, f'{unmet}, nor failureCondition "{metric.failure_condition}"')


def _condition(name: str, text: str, result: Any, now: datetime) -> bool | None:
    """Whether a condition holds; None where there is none. Raises ConditionError."""
    if not text:
        return None
    try:
        return evaluate_condition(text, result, now)
    except ConditionError as error:
        raise ConditionError(f'could not evaluate {name} "{text}": {error}') from error


def _speaks(metric: Metric, result: Any) -> bool:
    """Whether the conditions, if there are any, say what is to be thought of what is missing."""
    conditions = [text for text in (metric.success_condition, metric.failure_condition) if text]
    return not conditions or any(speaks_of(text, result) for text in conditions)


def _holds_without(metric: Metric, result: Any, value: str, now: datetime) -> bool:
    """Whether a result is good whatever stood in its gaps."""
    try:
        return all(_by_conditions(metric, other, value, now).phase == SUCCESSFUL for other in filled(result))
    except ConditionError:
        return False


def _rests_upon(metric: Metric, what: str) -> Judgement:
    rules = {"successCondition": metric.success_condition, "failureCondition": metric.failure_condition}
    conditions = " and ".join(f'{name} "{text}"' for name, text in rules.items() if text)
    return Judgement(ERROR, f"no data: the provider gave {what}, and {conditions} would pass that; set onNoData")
