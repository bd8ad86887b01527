"""Every combination of phase, limit and dry run: for a measurement, for a metric, and for a run.

What is expected is said a second time here, as ordered rules, and compared over the whole table.
"""

from collections.abc import Iterator
from itertools import product
from typing import Any

import msgspec
import pytest

from analysis.scenes import NOON, metric, metric_of, result, run_of
from serinus.analysis.assess import Ending, metric_phase, run_standing, summary
from serinus.analysis.course import course_of
from serinus.analysis.judge import judged
from serinus.api.analysis import MetricResult
from serinus.expr import Floats

BAD = {"Failed", "Error", "Inconclusive"}
COMPLETED = {"Successful", *BAD}

CONDITIONS = {
    "none": "",
    "true": "result > 1",
    "false": "result < 1",
    "error": "result.x.y > 1",
    "number": "result + 1",
}

VERDICTS = {
    # success      failure:  none          true      false           error    number
    "none": ("Successful", "Failed", "Successful", "Error", "Error"),
    "true": ("Successful", "Failed", "Successful", "Error", "Error"),
    "false": ("Failed", "Failed", "Inconclusive", "Error", "Error"),
    "error": ("Error", "Error", "Error", "Error", "Error"),
    "number": ("Error", "Error", "Error", "Error", "Error"),
}


@pytest.mark.parametrize(("success", "failure"), list(product(CONDITIONS, CONDITIONS)))
def test_a_measurement(success: str, failure: str) -> None:
    spec = metric_of(successCondition=CONDITIONS[success], failureCondition=CONDITIONS[failure])
    expected = VERDICTS[success][list(CONDITIONS).index(failure)]
    judgement = judged(spec, 2.0, "2", NOON)
    assert judgement.phase == expected
    assert bool(judgement.message) == (expected != "Successful"), "whatever is not good says why"


NOTHING = {"nil": None, "empty list": [], "no series": Floats(), "NaN": Floats([float("nan")]), "one NaN": float("nan")}
CHOICES = {"inconclusive": "Inconclusive", "fail": "Failed", "pass": "Successful", "wait": "Running"}


@pytest.mark.parametrize("nothing", NOTHING)
@pytest.mark.parametrize(("choice", "phase"), CHOICES.items())
@pytest.mark.parametrize("condition", ["result[0] > 0.9", "result > 0.9", "all(result, # > 0.9)", "true"])
def test_a_measurement_without_data_is_what_its_metric_chooses(
    nothing: str, choice: str, phase: str, condition: str
) -> None:
    spec = metric_of(successCondition=condition, onNoData=choice)
    judgement = judged(spec, NOTHING[nothing], "", NOON)
    assert judgement.phase == phase
    assert "the provider gave" in judgement.message


def counted() -> Iterator[MetricResult]:
    """Metrics in every state that counters can be in."""
    for failed, inconclusive, successful, errors, streak, last in product(
        range(3), range(3), (0, 2), range(3), (0, 2), ("Successful", "Running")
    ):
        yield result(
            "Running",
            last,
            failed=failed,
            inconclusive=inconclusive,
            successful=successful,
            error=errors,
            consecutive_error=errors,
            consecutive_success=min(streak, successful),
            count=failed + inconclusive + successful,
        )


def expected_phase(limits: dict[str, Any], item: MetricResult, *, terminating: bool) -> str:
    if item.measurements[-1].phase == "Running":
        return "Running"
    count = limits.get("count") or (None if "interval" in limits else 1)
    is_full = count is not None and item.count >= count
    rules = (
        (item.consecutive_error > limits["consecutiveErrorLimit"], "Error"),
        (item.inconclusive > limits["inconclusiveLimit"], "Inconclusive"),
        (item.failed > limits["failureLimit"] != -1, "Failed"),
        (item.consecutive_success >= limits["consecutiveSuccessLimit"] > 0, "Successful"),
        (is_full and limits["consecutiveSuccessLimit"] == 0, "Successful"),
        (is_full and limits["failureLimit"] == -1, "Failed"),
        (is_full, "Inconclusive"),
        (terminating, "Successful"),
        (True, "Running"),
    )
    return next(phase for applies, phase in rules if applies)


LIMITS = [
    {
        "failureLimit": failure,
        "inconclusiveLimit": inconclusive,
        "consecutiveErrorLimit": errors,
        "consecutiveSuccessLimit": successes,
        **count,
    }
    for failure, inconclusive, errors, successes, count in product(
        (-1, 0, 1), (0, 1), (0, 1), (0, 2), ({}, {"interval": "5s"}, {"interval": "5s", "count": 4})
    )
]


@pytest.mark.parametrize("limits", LIMITS, ids=lambda limits: "-".join(str(value) for value in limits.values()))
@pytest.mark.parametrize("terminating", [False, True])
def test_a_metric(limits: dict[str, Any], terminating: bool) -> None:
    spec = metric_of(**limits)
    for item in counted():
        expected = expected_phase(limits, item, terminating=terminating)
        assert metric_phase(spec, item, Ending(terminating)) == expected, item


@pytest.mark.parametrize("phase", sorted(COMPLETED))
def test_a_metric_that_is_complete_stays_so(phase: str) -> None:
    done = result(phase, "Failed", "Failed", "Error")
    assert metric_phase(metric_of(), done, Ending(terminating=True)) == phase


@pytest.mark.parametrize(
    ("terminating", "measuring", "phase"),
    [(False, False, "Pending"), (False, True, "Pending"), (True, False, "Successful"), (True, True, "Pending")],
)
def test_a_metric_before_its_first_measurement(terminating: bool, measuring: bool, phase: str) -> None:
    ending = Ending(terminating, frozenset({"errors"}) if measuring else frozenset())
    assert metric_phase(metric_of(), None, ending) == phase


STATES = {
    "": None,
    "Running": result("Running", "Successful", name="a"),
    "in flight": result("Running", "Running", name="a"),
    **{phase: result(phase, phase, name="a", message="why") for phase in sorted(COMPLETED)},
}
BADNESS = ("Successful", "Inconclusive", "Error", "Failed")


def expected_run(states: dict[str, str], dry: set[str], told: bool) -> tuple[str, str]:
    """The phase of a run, and the metric that its message speaks of."""
    deciding = {name: state for name, state in states.items() if name not in dry}
    terminating = told or any(state in BAD for state in deciding.values())
    if terminating:
        states = {name: "Successful" if state in {"", "Running"} else state for name, state in states.items()}
        deciding = {name: states[name] for name in deciding}
    ended = [name for name in deciding if states[name] in COMPLETED]
    worst = max(ended, key=lambda name: BADNESS.index(states[name]), default="")
    phase = states[worst] if worst else "Successful"
    if phase != "Failed" and not set(states.values()) <= COMPLETED:
        return "Running", ""
    return phase, worst if phase in BAD else ""


@pytest.mark.parametrize(("first", "second", "third"), list(product(STATES, STATES, ("", "Successful", "Error"))))
def test_a_run(first: str, second: str, third: str) -> None:
    states = {"a": first, "b": second, "c": third}
    for dry, told in product(({*()}, {"a"}, {"b"}, {"a", "b"}, {"a", "b", "c"}), (False, True)):
        rules = [{"metricName": f"^{name}$"} for name in sorted(dry)]
        metrics = [metric(name, interval="5s", consecutiveErrorLimit=0) for name in states]
        course = course_of(run_of(*metrics, dryRun=rules))
        results = {
            name: msgspec.structs.replace(found, name=name)
            for name, state in states.items()
            if (found := STATES[state])
        }
        terminating = told or any(state in BAD for name, state in states.items() if name not in dry)
        standing = run_standing(course, results, Ending(terminating), is_told=told)
        phase, spoken_of = expected_run(states, dry, told)
        assert standing.phase == phase
        if spoken_of:
            assert standing.message.startswith(f'Metric "{spoken_of}" assessed {phase} due to ')
        else:
            assert standing.message == ("Run Terminated" if told and phase != "Running" else "")
        for is_dry in (False, True):
            mine = [state for name, state in states.items() if (name in dry) == is_dry]
            counts = summary(course, results, dry=is_dry)
            assert counts.count == len(mine)
            assert counts.failed == mine.count("Failed")
            assert counts.successful == mine.count("Successful")
            assert counts.inconclusive == mine.count("Inconclusive")
            assert counts.error == mine.count("Error")
