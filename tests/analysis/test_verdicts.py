"""Verdicts that hold: what was not measured never counts as good, unless a condition asks for that."""

from datetime import timedelta
from typing import Any

import pytest

from analysis.scenes import NOON, Shell, metric_of, run_of
from analysis.scenes import metric as metric_in
from serinus.analysis.judge import failed_to_measure, judged, measured, rules_of
from serinus.api.analysis import Measurement
from serinus.expr import Floats
from serinus.providers.provider import Later, Reading, Verdict

NAN = float("nan")
BEGUN = Measurement(phase="", started_at=NOON)


@pytest.mark.parametrize(
    ("result", "success", "failure"),
    [
        (Floats(), "all(result, # < 0.05)", ""),
        (Floats(), "none(result, # > 0.05)", ""),
        (Floats(), "sum(result) < 5", ""),
        (Floats(), "len(filter(result, # > 5)) == 0", ""),
        (Floats(), "true", ""),
        (Floats(), "", "any(result, # > 0.05)"),
        (Floats(), "all(result, # < 0.05)", "any(result, # > 0.5)"),
        (None, "true", ""),
        (None, "result != 5", ""),
        (Floats([NAN]), "", "result[0] > 0.05"),
        (Floats([NAN]), "result[0] != 0", ""),
        (Floats([NAN]), "!(result[0] > 0.05)", ""),
        (Floats([NAN, NAN]), "", "any(result, # > 0.05)"),
        (Floats([0.01, NAN]), "", "any(result, # > 0.05)"),
        (Floats([NAN, 0.01]), "", "result[0] > 0.05"),
        (NAN, "", "result > 0.05"),
        ([], "all(result, .ok)", ""),
        (Floats([NAN, 1.0]), "", "int(result[0]) > 5"),
        (Floats([NAN, 1.0]), 'result[0] > 0 ? len(repeat("a", int(result[0]))) < 9 : true', ""),
    ],
)
def test_nothing_never_passes_by_itself(result: Any, success: str, failure: str) -> None:
    judgement = judged(metric_of(successCondition=success, failureCondition=failure), result, "", NOON)
    assert judgement.phase == "Error"
    assert judgement.message.startswith("no data: the provider gave ")
    assert judgement.message.endswith("; set onNoData")


@pytest.mark.parametrize(
    ("result", "success", "failure"),
    [
        (Floats(), "len(result) == 0 || result[0] < 0.05", ""),
        (Floats(), "result | len() == 0", ""),
        (Floats(), "", "len(result) > 0 && result[0] > 0.05"),
        (None, "default(result, 0) < 5", ""),
        (None, "isNil(result)", ""),
        (None, "result == nil", ""),
        (None, "(result ?? 0) < 5", ""),
        (Floats([NAN]), "isNaN(result[0]) || result[0] < 0.05", ""),
        (NAN, "isNaN(result)", ""),
        (Floats([0.99, NAN]), "result[0] > 0.95", ""),
        (Floats([0.99, NAN]), "any(result, # > 0.95)", ""),
        (None, "", ""),
    ],
)
def test_nothing_passes_where_a_condition_asks_for_it(result: Any, success: str, failure: str) -> None:
    assert judged(metric_of(successCondition=success, failureCondition=failure), result, "", NOON).phase == "Successful"


def test_an_empty_vector_is_the_error_that_argo_rollouts_tells() -> None:
    judgement = judged(metric_of(successCondition="result[0] >= 0.95"), Floats(), "[]", NOON)
    said = "metric result is nil or empty: no data returned from the metric provider"
    assert judgement.message == f'could not evaluate successCondition "result[0] >= 0.95": {said}'


def test_a_verdict_says_value_and_rule() -> None:
    spec = metric_of(successCondition="result[0] < 0.1", failureCondition="result[0] > 0.5")
    assert judged(spec, Floats([0.7]), "[0.7]", NOON).message == '[0.7] meets failureCondition "result[0] > 0.5"'
    unclear = '[0.3] does not meet successCondition "result[0] < 0.1", nor failureCondition "result[0] > 0.5"'
    assert judged(spec, Floats([0.3]), "[0.3]", NOON).message == unclear


def test_a_long_value_is_quoted_in_part() -> None:
    message = judged(metric_of(successCondition="false"), "x" * 9999, "x" * 4096, NOON).message
    assert len(message) < 300


def test_the_rules_are_kept_with_their_arguments_filled_in() -> None:
    spec = metric_of(successCondition="a", failureCondition="", onNoData="wait")
    assert rules_of(spec) == {"successCondition": "a", "onNoData": "wait"}


def test_a_reading_ends_a_measurement() -> None:
    now = NOON + timedelta(seconds=2)
    found = measured(metric_of(successCondition="result > 0"), Reading(1.0, "1", {"warnings": "w"}), BEGUN, now)
    assert found == Measurement(
        phase="Successful", started_at=NOON, finished_at=now, value="1", metadata={"warnings": "w"}
    )


def test_later_keeps_what_is_needed_to_go_on() -> None:
    later = NOON + timedelta(seconds=5)
    found = measured(metric_of(), Later(later, {"job-name": "x"}, "still running"), BEGUN, NOON)
    assert (found.phase, found.resume_at, found.finished_at) == ("Running", later, None)
    again = measured(metric_of(), Verdict("Failed", "it failed"), found, later)
    assert (again.phase, again.resume_at, again.finished_at) == ("Failed", None, later)
    assert again.metadata == {"job-name": "x"}


def test_an_error_keeps_what_was_known() -> None:
    found = failed_to_measure(Measurement(phase="Running", started_at=NOON, metadata={"a": "b"}), "why", NOON)
    assert (found.phase, found.message, found.metadata, found.finished_at) == ("Error", "why", {"a": "b"}, NOON)


@pytest.mark.parametrize(("interval", "seconds"), [("", 10), ("2s", 2)])
def test_waiting_for_data_looks_again_after_the_interval(interval: str, seconds: int) -> None:
    spec = metric_of(successCondition="result[0] > 0.9", onNoData="wait", interval=interval)
    found = measured(spec, Reading(Floats(), "[]"), BEGUN, NOON)
    assert (found.phase, found.resume_at) == ("Running", NOON + timedelta(seconds=seconds))
    assert found.message == "waiting for data: the provider gave an empty list: no series matched"


def test_waiting_for_data_takes_none_of_the_measurements() -> None:
    shell = Shell(
        run_of(metric_in(interval="5s", count=2, onNoData="wait")),
        lambda _: "Running" if len(shell.asked) < 4 else "Successful",
    )
    shell.play()
    assert (shell.phase, shell.run.status.metric_results[0].count) == ("Successful", 2)
    assert [ask.action for ask in shell.asked] == ["run", "resume", "resume", "resume", "run"]
