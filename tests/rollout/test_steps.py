"""When each kind of step is done, and how it is called."""

from datetime import timedelta

import msgspec
import pytest

from rollout.scenes import NOW
from serinus.api.canary import CanaryStep
from serinus.api.status import PauseCondition
from serinus.rollout.progress import CANARY_PAUSE, Progress, Trial
from serinus.rollout.steps import At, Done, Pausing, Waiting, describe, outcome


def step(**fields: object) -> CanaryStep:
    return msgspec.convert(fields, CanaryStep)


TEXTS = [
    ({"setWeight": 10}, "setWeight: 10"),
    ({"setWeight": 0}, "setWeight: 0"),
    ({"pause": {}}, "pause"),
    ({"pause": {"duration": "5m"}}, "pause: 5m"),
    ({"pause": {"duration": 30}}, "pause: 30"),
    ({"experiment": {"templates": []}}, "experiment"),
    ({"analysis": {"templates": []}}, "analysis"),
    ({"setCanaryScale": {"weight": 25}}, "setCanaryScale{weight: 25}"),
    ({"setCanaryScale": {"replicas": 0}}, "setCanaryScale{replicas: 0}"),
    ({"setCanaryScale": {"matchTrafficWeight": True}}, "setCanaryScale{matchTrafficWeight: true}"),
    ({"setCanaryScale": {}}, "invalid"),
    ({"plugin": {"name": "company/step"}}, "plugin: company/step"),
    ({"setHeaderRoute": {"name": "beta"}}, "setHeaderRoute: beta"),
    ({"setMirrorRoute": {"name": "shadow"}}, "setMirrorRoute: shadow"),
    ({}, "invalid"),
]


@pytest.mark.parametrize(("fields", "text"), TEXTS)
def test_steps_are_called_as_users_know_them(fields: dict[str, object], text: str) -> None:
    assert describe(step(**fields)) == text


def paused(seconds_ago: float) -> Progress:
    start = NOW - timedelta(seconds=seconds_ago)
    return Progress("stable", 0, pauses=(PauseCondition(reason=CANARY_PAUSE, start_time=start),), controller_pause=True)


def test_a_pause_begins_with_a_condition_of_whole_seconds() -> None:
    now = NOW.replace(microsecond=1)
    begun = outcome(step(pause={"duration": 5}), At(Progress("stable", 0), now))
    assert isinstance(begun, Pausing)
    assert begun.start == NOW + timedelta(seconds=1), "a pause is never shorter than it says"
    assert begun.event.message == "Rollout is paused (CanaryPauseStep)"
    on_time = outcome(step(pause={}), At(Progress("stable", 0), NOW))
    assert isinstance(on_time, Pausing)
    assert on_time.start == NOW


@pytest.mark.parametrize(("ago", "is_done"), [(0, False), (29.5, False), (30, True), (31, True)])
def test_a_pause_with_a_length_ends_by_itself(ago: float, is_done: bool) -> None:
    result = outcome(step(pause={"duration": "30s"}), At(paused(ago), NOW))
    assert isinstance(result, Done) is is_done
    if isinstance(result, Waiting):
        assert result.wake == NOW + timedelta(seconds=30 - ago)
        assert result.why[0].startswith("paused until 03:04:")


def test_a_pause_without_a_length_waits_for_a_person() -> None:
    assert outcome(step(pause={}), At(paused(10**6), NOW)) == Waiting(("paused until it is promoted",))


def test_a_pause_whose_condition_was_taken_away_is_over() -> None:
    assert outcome(step(pause={}), At(Progress("stable", 0, controller_pause=True), NOW)) == Done()


@pytest.mark.parametrize("fields", [{"setWeight": 10}, {"setCanaryScale": {"replicas": 2}}])
def test_weights_and_scales_wait_for_what_is_missing(fields: dict[str, object]) -> None:
    why = ("canary has 1 of 2 available",)
    assert outcome(step(**fields), At(Progress("stable", 0), NOW, why)) == Waiting(why)
    assert outcome(step(**fields), At(Progress("stable", 0), NOW)) == Done()


@pytest.mark.parametrize(("phase", "is_done"), [("Successful", True), ("Running", False), ("Pending", False)])
def test_an_experiment_is_done_when_it_was_successful(phase: str, is_done: bool) -> None:
    result = outcome(step(experiment={"templates": []}), At(Progress("stable", 0), NOW, trial=Trial("try", phase)))
    assert result == (Done() if is_done else Waiting(("experiment try goes on",)))


def test_a_step_of_no_kind_is_waited_for_with_a_reason() -> None:
    result = outcome(CanaryStep(), At(Progress("stable", 0), NOW))
    assert result == Waiting(("the step invalid is of no kind that is known",))


def test_a_pause_that_sets_a_weight_too_is_a_pause() -> None:
    both = outcome(step(pause={}, setWeight=10), At(paused(1), NOW, ("missing",)))
    assert both == Waiting(("paused until it is promoted",))
