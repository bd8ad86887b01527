"""What is wrong with the metrics of an analysis."""

from collections.abc import Sequence

from serinus.analysis.arguments import MASK
from serinus.analysis.limits import limits_of, number
from serinus.api.amounts import parse_duration
from serinus.api.analysis import Metric
from serinus.expr import ConditionError, compile  # noqa: A004 - the word for it
from serinus.providers.choice import provider_name
from serinus.providers.provider import ProviderError

ON_NO_DATA = ("wait", "inconclusive", "fail", "pass")


def problem(metrics: Sequence[Metric]) -> str:
    """The first thing that is wrong with metrics whose arguments are filled in; empty when all is well."""
    if not metrics:
        return "no metrics specified"
    names: set[str] = set()
    for index, metric in enumerate(metrics):
        if metric.name in names:
            return f"metrics[{index}]: duplicate name '{metric.name}"  # without the second quote, as in Argo Rollouts
        names.add(metric.name)
        if wrong := metric_problem(metric):
            return f"metrics[{index}]: {wrong}"
    return ""


def metric_problem(metric: Metric) -> str:
    """What is wrong with one metric; empty when all is well."""
    try:
        limits_of(metric)
    except ValueError as error:
        return str(error)
    return (
        _count_problem(metric)
        or _duration_problem(metric)
        or _limit_problem(metric)
        or _no_data_problem(metric)
        or _provider_problem(metric)
    )


def runs_forever(metric: Metric) -> bool:
    """Whether a metric, its arguments filled in, goes on being measured until it is told to end."""
    limits = limits_of(metric)
    return limits.count is None and limits.consecutive_successes == 0


def _count_problem(metric: Metric) -> str:
    count, failure, success = (number(metric, f) for f in ("count", "failureLimit", "consecutiveSuccessLimit"))
    if count > 0 and count < max(failure, 0) + success:
        needed = " + ".join(
            name for name, value in (("failureLimit", failure), ("consecutiveSuccessLimit", success)) if value > 0
        )
        return f"count must be >= {needed}"
    if 0 < count < number(metric, "inconclusiveLimit"):
        return "count must be >= inconclusiveLimit"
    if count > 1 and not metric.interval:
        return "interval must be specified when count > 1"
    return "count must be >= 0" if count < 0 else ""


def _duration_problem(metric: Metric) -> str:
    for text, name in ((metric.interval, "interval"), (metric.initial_delay, "startDelay")):
        try:
            seconds = parse_duration(text) if text else 0.0
        except ValueError as error:
            return f"invalid {name} string: {error}"
        if seconds < 0:
            return f"invalid {name} string: {text!r} is negative"
    return ""


def _limit_problem(metric: Metric) -> str:
    failure, success = number(metric, "failureLimit"), number(metric, "consecutiveSuccessLimit")
    if success < 0:
        return "consecutiveSuccessLimit must be >= 0"
    if failure < -1:
        return "failureLimit must be >= -1"
    if failure == -1 and success == 0:
        return "failureLimit -1 bears any number of failures, so consecutiveSuccessLimit must be > 0"
    for name in ("inconclusiveLimit", "consecutiveErrorLimit"):
        if number(metric, name) < 0:
            return f"{name} must be >= 0"
    return ""


def _no_data_problem(metric: Metric) -> str:
    if metric.on_no_data not in {"", *ON_NO_DATA}:
        return f"onNoData {metric.on_no_data!r} is unknown: write one of {', '.join(ON_NO_DATA)}"
    return ""


def condition_problem(metric: Metric) -> str:
    """What is wrong with a metric's conditions, whatever the result; empty when both can be read."""
    for name, text in (("successCondition", metric.success_condition), ("failureCondition", metric.failure_condition)):
        try:
            if text and MASK not in text:  # what a secret makes of it is not known here
                compile(text)
        except ConditionError as error:
            place = f" (line {error.line}, column {error.column})" if error.line else ""
            return f'{name} "{text}" cannot be read: {error}{place}'
    return ""


def _provider_problem(metric: Metric) -> str:
    try:
        provider_name(metric.provider)
    except ProviderError as error:
        return str(error)
    return ""
