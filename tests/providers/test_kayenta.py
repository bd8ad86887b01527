"""Kayenta: begin, look again, judge by the score."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from providers.orders import NOW, http, json_reply, measured, play
from providers.samples import KAYENTA, SCOPE, SCORE, sample
from serinus.api.analysis import AnalysisRunStatus, Measurement
from serinus.providers.kayenta import Kayenta
from serinus.providers.provider import Later, Order, ProviderError, Verdict

CONFIGS = json_reply([{"id": "c0", "name": "other"}, {"id": "c/1", "name": "web-config"}])
STARTED = json_reply({"canaryExecutionId": "e1"})


def kayenta(interval: str = "", **config: Any) -> Order:
    given = sample("kayenta", config)
    status = AnalysisRunStatus(started_at=NOW - timedelta(hours=1))
    return replace(given, metric=replace(given.metric, interval=interval), run=replace(given.run, status=status))


def running() -> Order:
    return replace(kayenta(), measurement=Measurement(phase="Running", metadata={"canaryExecutionId": "e1"}))


def score(value: Any) -> Any:
    return json_reply({"complete": True, "status": "terminal", "result": {"judgeResult": {"score": {"score": value}}}})


def scopes(order: Order) -> Any:
    asked, _ = play(Kayenta().run(order), CONFIGS, STARTED)
    return msgspec.json.decode(http(asked[1]).body)["scopes"]


def test_the_configuration_is_looked_up_and_the_comparison_begun() -> None:
    asked, outcome = play(Kayenta().run(kayenta()), CONFIGS, STARTED)
    assert http(asked[0]).url == (
        "https://kayenta.example.com/canaryConfig?application=web&configurationAccountName=configs"
    )
    begin = http(asked[1])
    assert (begin.method, begin.timeout, begin.is_repeatable) == ("POST", 15, False)
    assert begin.url == (
        "https://kayenta.example.com/canary/c%2F1?application=web&metricsAccountName=metrics"
        "&configurationAccountName=configs&storageAccountName=storage"
    )
    assert msgspec.json.decode(begin.body)["thresholds"] == {"pass": 90, "marginal": 75}
    assert outcome == Later(NOW + timedelta(seconds=15), {"canaryExecutionId": "e1"})


def test_both_sides_are_compared_from_the_runs_beginning_or_over_one_interval() -> None:
    side = {"region": "us", "step": 60, "end": "2026-03-01T12:00:00Z"}
    since = {"start": "2026-03-01T11:00:00Z"}
    assert scopes(kayenta()) == {
        "default": {
            "controlScope": side | since | {"scope": "v1"},
            "experimentScope": side | since | {"scope": "app=web and version=v2"},
        }
    }
    found = scopes(kayenta(interval="5m", lookback=False))
    assert {detail["start"] for detail in found["default"].values()} == {"2026-03-01T11:55:00Z"}


def test_times_that_are_given_are_kept() -> None:
    when = {"start": "2026-01-01T00:00:00Z", "end": "2026-01-01T01:00:00Z"}
    given = [{"name": "default", "controlScope": SCOPE | when, "experimentScope": SCOPE | when}]
    assert scopes(kayenta(scopes=given))["default"]["controlScope"] == SCOPE | when


def test_times_of_one_side_alone_are_refused() -> None:
    given = [{"name": "d", "controlScope": SCOPE | {"start": "x"}, "experimentScope": SCOPE}]
    with pytest.raises(ProviderError, match=r"controlScope\.start and experimentScope\.start must both be set or be"):
        scopes(kayenta(scopes=given))
    with pytest.raises(ProviderError, match="or lookback, or an interval"):
        scopes(kayenta(lookback=False))


@pytest.mark.parametrize(
    ("value", "phase", "text"),
    [
        (100, "Successful", "100"),
        (90.0, "Successful", "90"),
        (89.99, "Inconclusive", "89"),
        (75, "Inconclusive", "75"),
        (74.9, "Failed", "74"),
        (0, "Failed", "0"),
    ],
)
def test_the_score_is_judged_by_the_thresholds(value: float, phase: str, text: str) -> None:
    outcome = measured(Kayenta().resume(running()), score(value))
    assert isinstance(outcome, Verdict)
    assert (outcome.phase, outcome.value, outcome.metadata) == (phase, text, {"canaryExecutionId": "e1"})


def test_a_comparison_that_runs_is_looked_at_again() -> None:
    asked, outcome = play(Kayenta().resume(running()), json_reply({"complete": False, "status": "running"}))
    assert http(asked[0]).url == "https://kayenta.example.com/canary/e1"
    assert outcome == Later(NOW + timedelta(seconds=15), {"canaryExecutionId": "e1"})


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (json_reply({"status": "running"}), "Missing Complete Status"),
        (json_reply({"complete": True, "status": "terminal"}), "Missing Score: the comparison ended as terminal"),
        (score(None), "Missing Score"),
        (score(True), "Missing Score"),
        (score("90"), "Missing Score"),
        (json_reply({"error": "x"}, 404), "Kayenta answered 404"),
    ],
)
def test_without_a_score_there_is_an_error(reply: Any, message: str) -> None:
    with pytest.raises(ProviderError, match=message):
        measured(Kayenta().resume(running()), reply)


def test_an_unknown_configuration_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ProviderError, match="Canary config 'mine' not found; there are: other, web-config"):
        measured(Kayenta().run(kayenta(canaryConfigName="mine")), CONFIGS)
    with pytest.raises(ProviderError, match="there are: none"):
        measured(Kayenta().run(kayenta()), json_reply([]))


def test_without_an_execution_nothing_can_be_looked_at() -> None:
    with pytest.raises(ProviderError, match="Invalid canaryExecutionId"):
        measured(Kayenta().run(kayenta()), CONFIGS, json_reply({}))
    with pytest.raises(ProviderError, match="does not know its canaryExecutionId"):
        next(Kayenta().resume(kayenta()))


def test_one_that_is_ended_has_shown_nothing() -> None:
    outcome = measured(Kayenta().terminate(running()))
    assert isinstance(outcome, Verdict)
    assert (outcome.phase, outcome.metadata) == ("Inconclusive", {"canaryExecutionId": "e1"})
    assert KAYENTA["lookback"]
    assert SCORE.status == 200
