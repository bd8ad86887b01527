"""Runs from their beginning to their end."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from analysis.scenes import NOON, Shell, metric, run_of
from serinus.api.kinds import ANALYSIS_RUN
from serinus.plan import Collect, Delete, Event, Measure, Ref, Refused

ONCE = metric()
FIVE = metric(interval="5s", count=5)


def phases(**by_metric: str) -> Any:
    return lambda ask: by_metric[ask.metric]


def test_one_good_measurement_is_a_success() -> None:
    shell = Shell(run_of(ONCE))
    shell.look()
    assert (shell.phase, shell.run.status.started_at) == ("Running", NOON)
    assert shell.asked == [Measure("errors", 1)]
    shell.answer()
    shell.look()
    status = shell.run.status
    assert (status.phase, status.message, status.completed_at) == ("Successful", "", NOON)
    assert msgspec.to_builtins(status.run_summary) == {"count": 1, "successful": 1}
    assert shell.events == [
        Event("MetricSuccessful", "Metric 'errors' Completed. Result: Successful"),
        Event("AnalysisRunSuccessful", "Analysis Completed. Result: Successful"),
    ]


def test_a_plan_that_was_carried_out_is_followed_by_an_empty_one() -> None:
    shell = Shell(run_of(FIVE))
    shell.settle()
    assert shell.look().is_empty
    assert shell.look().wake == NOON + timedelta(seconds=5)


def test_the_sentence_of_a_failure() -> None:
    shell = Shell(run_of(metric(interval="5s", failureLimit=1)), lambda _: "Failed")
    shell.play()
    assert shell.phase == "Failed"
    assert shell.message == 'Metric "errors" assessed Failed due to failed (2) > failureLimit (1): why'
    assert shell.events[-1] == Event("AnalysisRunFailed", "Analysis Completed. Result: Failed", "Warning")
    assert shell.now == NOON + timedelta(seconds=5)


def test_the_sentence_of_errors() -> None:
    shell = Shell(run_of(FIVE), lambda _: "Error")
    shell.play()
    assert shell.phase == "Error"
    said = (
        'Metric "errors" assessed Error due to consecutiveErrors (5) > consecutiveErrorLimit (4): "Error Message: why"'
    )
    assert shell.message == said
    assert shell.now == NOON + timedelta(seconds=40), "ten seconds lie between an error and the next measurement"
    assert shell.run.status.metric_results[0].count == 0, "errors are not counted as measurements"


def test_the_sentence_of_too_few_successes_in_a_row() -> None:
    limits = {"interval": "5s", "count": 3, "failureLimit": -1, "consecutiveSuccessLimit": 2}
    shell = Shell(run_of(metric(**limits)), lambda ask: ("Failed", "Successful", "Failed")[ask.number - 1])
    shell.play()
    assert shell.phase == "Failed"
    assert shell.message == (
        'Metric "errors" assessed Failed due to consecutiveSuccesses (0) < consecutiveSuccessLimit (2) after count (3)'
        ": why"
    )


def test_successes_in_a_row_end_a_metric_early() -> None:
    shell = Shell(run_of(metric(interval="5s", consecutiveSuccessLimit=2)))
    shell.play()
    assert (shell.phase, len(shell.asked)) == ("Successful", 2)


def test_a_failure_stops_the_others_in_the_same_turn() -> None:
    shell = Shell(run_of(metric("good", interval="5s"), metric("bad")), phases(good="Successful", bad="Failed"))
    shell.look()
    shell.answer()
    shell.answer()
    shell.look()
    assert shell.phase == "Failed"
    assert [item.phase for item in shell.run.status.metric_results] == ["Successful", "Failed"]


def test_a_failure_does_not_wait_for_what_is_measured_still() -> None:
    shell = Shell(run_of(metric("slow"), metric("bad")), phases(slow="Error", bad="Failed"))
    shell.look()
    shell.answer(Measure("bad", 1))
    shell.look()
    assert shell.is_over
    before = shell.run.status
    shell.answer(Measure("slow", 1))
    shell.look()
    after = shell.run.status
    assert (after.phase, after.message, after.completed_at) == (before.phase, before.message, before.completed_at)
    assert [item.name for item in after.metric_results] == ["slow", "bad"], "what came late is told, too"
    assert shell.look().is_empty


def test_what_may_become_worse_waits_for_what_is_measured_still() -> None:
    shell = Shell(run_of(metric("slow"), metric("odd")), phases(slow="Failed", odd="Inconclusive"))
    shell.look()
    shell.answer(Measure("odd", 1))
    shell.look()
    assert not shell.is_over
    shell.answer()
    shell.look()
    assert shell.phase == "Failed"
    assert shell.message.startswith('Metric "slow" assessed Failed')


def test_a_measurement_that_takes_long_is_looked_at_again_when_its_time_has_come() -> None:
    shell = Shell(run_of(ONCE), lambda _: "Running" if len(shell.asked) < 3 else "Successful")
    shell.play()
    assert shell.phase == "Successful"
    assert [(ask.number, ask.action) for ask in shell.asked] == [(1, "run"), (1, "resume"), (1, "resume")]
    assert shell.now == NOON + timedelta(seconds=10)
    assert len(shell.run.status.metric_results[0].measurements) == 1


def test_the_end_that_somebody_asks_for_ends_what_still_runs() -> None:
    shell = Shell(run_of(ONCE), lambda ask: "Inconclusive" if ask.action == "terminate" else "Running")
    shell.settle()
    shell.terminate()
    shell.settle()
    assert shell.asked[-1].action == "terminate"
    assert (shell.phase, shell.is_over) == ("Inconclusive", True)
    measurement = shell.run.status.metric_results[0].measurements[0]
    assert (measurement.phase, measurement.message) == ("Inconclusive", "Metric Terminated")


def test_the_end_that_somebody_asks_for_is_a_success_where_all_was_well() -> None:
    shell = Shell(run_of(metric(interval="5s"), metric("late", initialDelay="1h")))
    shell.settle()
    shell.terminate()
    shell.settle()
    assert (shell.phase, shell.message) == ("Successful", "Run Terminated")
    assert [item.name for item in shell.run.status.metric_results] == ["errors"]


def test_what_runs_beside_a_failure_is_ended_after_the_verdict() -> None:
    said = {"run": {"job": "Running", "bad": "Failed"}, "terminate": {"job": "Inconclusive"}}
    shell = Shell(run_of(metric("job"), metric("bad", initialDelay="1s")), lambda ask: said[ask.action][ask.metric])
    shell.settle()
    shell.now += timedelta(seconds=1)
    shell.look()
    shell.answer()
    shell.look()
    assert (shell.phase, shell.is_over) == ("Failed", True)
    assert [(ask.metric, ask.action) for ask in shell.measuring] == [("job", "terminate")]
    shell.settle()
    job = shell.run.status.result("job")
    assert job is not None
    assert (job.phase, job.measurements[0].message) == ("Inconclusive", "Metric Terminated")
    assert shell.phase == "Failed"


def test_a_measurement_that_does_not_end_at_once_is_told_again_to_end() -> None:
    says = {"run": "Running", "terminate": "Running"}
    shell = Shell(run_of(ONCE), lambda ask: says[ask.action])
    shell.settle()
    shell.terminate()
    shell.look()
    shell.now += timedelta(seconds=1)
    shell.answer()
    shell.look()
    assert not shell.is_over
    assert [ask.action for ask in shell.asked] == ["run", "terminate", "terminate"]
    says["terminate"] = "Inconclusive"
    shell.settle()
    assert shell.phase == "Inconclusive"


def test_what_was_begun_before_a_failure_and_shows_up_after_it_is_ended() -> None:
    said = {"run": {"job": "Running", "bad": "Failed"}, "terminate": {"job": "Inconclusive"}}
    shell = Shell(run_of(metric("job"), metric("bad")), lambda ask: said[ask.action][ask.metric])
    shell.look()
    shell.answer(Measure("bad", 1))
    shell.look()
    assert shell.is_over
    shell.settle()
    assert shell.asked[-1].action == "terminate"
    assert not shell.measuring


def test_an_initial_delay_is_waited_for() -> None:
    shell = Shell(run_of(metric(initialDelay="30s")))
    shell.look()
    assert (shell.asked, shell.plan.wake) == ([], NOON + timedelta(seconds=30))
    shell.play()
    assert shell.phase == "Successful"


def test_a_count_may_be_an_argument() -> None:
    run = run_of(metric(interval="5s", count="{{args.n}}"), args=[{"name": "n", "value": "3"}])
    shell = Shell(run)
    shell.play()
    assert (shell.phase, len(shell.asked)) == ("Successful", 3)


def test_dry_metrics_never_decide() -> None:
    run = run_of(metric("good"), metric("dry-one"), dryRun=[{"metricName": "^dry"}])
    shell = Shell(run, lambda ask: "Failed" if ask.metric == "dry-one" else "Successful")
    shell.play()
    assert (shell.phase, shell.message) == ("Successful", "")
    dry = shell.run.status.result("dry-one")
    assert dry is not None
    assert dry.message == "Metric assessed Failed due to failed (1) > failureLimit (0)"
    assert dry.dry_run
    assert msgspec.to_builtins(shell.run.status.run_summary) == {"count": 1, "successful": 1}
    assert msgspec.to_builtins(shell.run.status.dry_run_summary) == {"count": 1, "failed": 1}


def test_a_run_waits_for_its_dry_metrics() -> None:
    run = run_of(metric("good"), metric("dry", interval="5s", count=3), dryRun=[{"metricName": "dry"}])
    shell = Shell(run)
    shell.play()
    assert (shell.phase, shell.now) == ("Successful", NOON + timedelta(seconds=10))


def test_only_the_last_measurements_stay_and_older_ones_are_cleared_away() -> None:
    shell = Shell(run_of(metric(interval="5s", count=13)))
    shell.play()
    (found,) = shell.run.status.metric_results
    assert (found.count, len(found.measurements)) == (13, 10)
    assert shell.plan.asks == (Collect("errors", 10, 13),)


def test_a_rule_says_how_many_measurements_stay() -> None:
    retention = [{"metricName": ".*", "limit": 2}]
    shell = Shell(run_of(FIVE, measurementRetention=retention))
    shell.play()
    assert len(shell.run.status.metric_results[0].measurements) == 2


@pytest.mark.parametrize(
    ("strategy", "phase", "seconds"),
    [
        ({"secondsAfterCompletion": 30}, "Successful", 30),
        ({"secondsAfterCompletion": 30, "secondsAfterSuccess": 10}, "Successful", 10),
        ({"secondsAfterCompletion": 30, "secondsAfterFailure": 10}, "Failed", 10),
        ({"secondsAfterCompletion": 30, "secondsAfterSuccess": 10}, "Failed", 30),
        ({"secondsAfterCompletion": 30, "secondsAfterFailure": 10}, "Inconclusive", 30),
        ({"secondsAfterCompletion": 0}, "Error", 0),
    ],
)
def test_a_run_is_deleted_when_its_time_is_over(strategy: dict[str, int], phase: str, seconds: int) -> None:
    shell = Shell(run_of(metric(consecutiveErrorLimit=0), ttlStrategy=strategy), lambda _: phase)
    shell.play()
    end = shell.now + timedelta(seconds=seconds)
    assert shell.look().writes == ()
    shell.now = end
    assert shell.look().writes == (), "strictly after"
    assert shell.plan.wake is not None
    shell.now = shell.plan.wake
    assert shell.look().writes == (Delete(Ref(ANALYSIS_RUN, "shop", "run"), "u1"),)


@pytest.mark.parametrize("strategy", [None, {}, {"secondsAfterSuccess": 1}], ids=str)
def test_a_run_without_such_a_time_stays(strategy: dict[str, int] | None) -> None:
    spec = {} if strategy is None else {"ttlStrategy": strategy}
    shell = Shell(run_of(ONCE, **spec), lambda _: "Failed")
    shell.play()
    shell.now += timedelta(days=999)
    assert shell.look().is_empty
    assert shell.plan.wake is None


def test_a_missing_secret_ends_the_run() -> None:
    shell = Shell(run_of(ONCE), lambda _: Refused('secrets "token" not found'))
    shell.play()
    assert (shell.phase, shell.is_over) == ("Error", True)
    assert shell.message == 'Unable to resolve metric arguments: secrets "token" not found'


def test_an_answer_to_an_older_question_is_none() -> None:
    shell = Shell(run_of(FIVE))
    shell.settle()
    shell.answers = {Measure("errors", 1): shell.measured(Measure("errors", 1), "Failed")}
    shell.look()
    assert shell.run.status.metric_results[0].failed == 0
