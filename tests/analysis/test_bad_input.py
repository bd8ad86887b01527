"""What is wrong with a run is said in one sentence, and ends it."""

from typing import Any

import pytest

from analysis.scenes import Shell, metric, run_of
from serinus.analysis.arguments import ArgumentError, resolved, substituted, values_of
from serinus.analysis.validate import metric_problem, problem, runs_forever
from serinus.api.analysis import Argument, Metric
from serinus.plan import Refused

SECRET = {"name": "token", "valueFrom": {"secretKeyRef": {"name": "access", "key": "token"}}}
NO_DURATION = "is not a duration: write a number and a unit, as in 30s, 5m or 1h30m"

INVALID = {
    "no metrics": ([], {}, "no metrics specified"),
    "duplicate names": ([metric("x"), metric("x")], {}, "metrics[1]: duplicate name 'x"),
    "no provider": ([{"name": "x", "provider": {}}], {}, "metrics[0]: no provider specified"),
    "two providers": (
        [{"name": "x", "provider": {"web": {"url": "u"}, "prometheus": {"query": "q"}}}],
        {},
        "metrics[0]: multiple providers specified",
    ),
    "count without interval": ([metric(count=2)], {}, "metrics[0]: interval must be specified when count > 1"),
    "count below failureLimit": (
        [metric(interval="1s", count=1, failureLimit=2)],
        {},
        "metrics[0]: count must be >= failureLimit",
    ),
    "count below both": (
        [metric(interval="1s", count=3, failureLimit=2, consecutiveSuccessLimit=2)],
        {},
        "metrics[0]: count must be >= failureLimit + consecutiveSuccessLimit",
    ),
    "count below successes": (
        [metric(interval="1s", count=1, failureLimit=-1, consecutiveSuccessLimit=2)],
        {},
        "metrics[0]: count must be >= consecutiveSuccessLimit",
    ),
    "count below inconclusiveLimit": (
        [metric(interval="1s", count=1, inconclusiveLimit=2)],
        {},
        "metrics[0]: count must be >= inconclusiveLimit",
    ),
    "a negative count": ([metric(count=-1)], {}, "metrics[0]: count must be >= 0"),
    "a negative interval": ([metric(interval="-5s")], {}, "metrics[0]: invalid interval string: '-5s' is negative"),
    "a count that is none": ([metric(count="many")], {}, "metrics[0]: count 'many' is not a whole number"),
    "a negative failureLimit": ([metric(failureLimit=-2)], {}, "metrics[0]: failureLimit must be >= -1"),
    "no limit at all": (
        [metric(failureLimit=-1)],
        {},
        "metrics[0]: failureLimit -1 bears any number of failures, so consecutiveSuccessLimit must be > 0",
    ),
    "a negative inconclusiveLimit": ([metric(inconclusiveLimit=-1)], {}, "metrics[0]: inconclusiveLimit must be >= 0"),
    "a negative consecutiveErrorLimit": (
        [metric(consecutiveErrorLimit=-1)],
        {},
        "metrics[0]: consecutiveErrorLimit must be >= 0",
    ),
    "a negative consecutiveSuccessLimit": (
        [metric(consecutiveSuccessLimit=-1)],
        {},
        "metrics[0]: consecutiveSuccessLimit must be >= 0",
    ),
    "an interval that is none": (
        [metric(interval="soon")],
        {},
        f"metrics[0]: invalid interval string: 'soon' {NO_DURATION}",
    ),
    "a delay that is none": (
        [metric(initialDelay="5")],
        {},
        f"metrics[0]: invalid startDelay string: '5' {NO_DURATION}",
    ),
    "an unknown onNoData": (
        [metric(onNoData="ignore")],
        {},
        "metrics[0]: onNoData 'ignore' is unknown: write one of wait, inconclusive, fail, pass",
    ),
    "a condition that does not parse": (
        [metric(successCondition="result >")],
        {},
        'metrics[0]: successCondition "result >" cannot be read: unexpected end of expression (line 1, column 9)',
    ),
    "a dry run of nothing": (
        [metric()],
        {"dryRun": [{"metricName": "latency"}]},
        "dryRun[0]: Rule didn't match any metric name(s)",
    ),
    "retention of nothing": (
        [metric()],
        {"measurementRetention": [{"metricName": "err", "limit": 1}, {"metricName": "z", "limit": 1}]},
        "measurementRetention[1]: Rule didn't match any metric name(s)",
    ),
}


@pytest.mark.parametrize(("metrics", "spec", "said"), INVALID.values(), ids=INVALID)
def test_an_invalid_run_ends_at_once(metrics: list[Any], spec: dict[str, Any], said: str) -> None:
    shell = Shell(run_of(*metrics, **spec))
    shell.look()
    assert (shell.phase, shell.message, shell.is_over) == ("Error", f"Analysis spec invalid: {said}", True)
    assert [event.reason for event in shell.events] == ["AnalysisRunError"]
    assert not shell.asked
    assert shell.look().is_empty


def test_a_bad_pattern_is_named() -> None:
    shell = Shell(run_of(metric(), dryRun=[{"metricName": "("}]))
    shell.look()
    assert shell.message.startswith("Analysis spec invalid: dryRun[0]: error parsing regexp: missing )")


@pytest.mark.parametrize(
    ("args", "text", "said"),
    [
        ([], "{{args.x}}", "failed to resolve {{args.x}}"),
        ([{"name": "x", "value": "1"}], "{{x}}", "failed to resolve {{x}}"),
        ([{"name": "x", "value": "1"}], "{{ inputs.x }}", "failed to resolve {{ inputs.x }}"),
        ([{"name": "x"}], "no argument", 'argument "x" was not supplied'),
        ([{"name": "x", "valueFrom": {"fieldRef": {"fieldPath": "a"}}}], "", 'argument "x" was not supplied'),
        ([], "up{job='x'}}} {{", "{{ without }} in \"up{job='x'}}} {{\""),
    ],
)
def test_arguments_without_value(args: list[Any], text: str, said: str) -> None:
    shell = Shell(run_of(metric(provider={"prometheus": {"query": text}}), args=args))
    shell.look()
    assert (shell.phase, shell.message) == ("Error", f"Unable to resolve metric arguments: {said}")
    assert shell.is_over


def test_an_invalid_condition_of_a_dry_metric_does_not_end_the_run() -> None:
    run = run_of(metric("good"), metric("dry", successCondition="result >"), dryRun=[{"metricName": "dry"}])
    shell = Shell(run)
    shell.play()
    assert shell.phase == "Successful"


def test_a_condition_may_come_out_of_a_secret() -> None:
    run = run_of(metric(successCondition="result {{args.token}}"), args=[SECRET])
    assert Shell(run).play().status.phase == "Successful"


def test_a_refusal_ends_a_run_once() -> None:
    shell = Shell(run_of(metric("a"), metric("b")), lambda _: Refused("gone"))
    shell.settle()
    assert shell.message == "Unable to resolve metric arguments: gone"
    assert [event.reason for event in shell.events] == ["AnalysisRunError"]
    assert shell.look().is_empty


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{{args.a}}-{{ args.b }}", '1-"2"\n'),
        ("{{args.a}}{{args.a}}", "11"),
        ('up{job="{{args.a}}"}', 'up{job="1"}'),
        ("}} nothing {", "}} nothing {"),
    ],
)
def test_substitution(text: str, filled: str) -> None:
    assert substituted(text, {"a": "1", "b": '"2"\n'}) == filled


def test_substitution_reaches_every_text_of_a_metric() -> None:
    spec = {
        "web": {
            "url": "{{args.a}}",
            "headers": [{"key": "k", "value": "{{args.a}}"}],
            "jsonBody": {"{{args.a}}": ["{{args.a}}", 1, None, True]},
        }
    }
    args = [{"name": "a", "value": "x"}]
    run = run_of({"name": "{{args.a}}", "provider": spec, "count": "{{args.a}}"}, args=args)
    found = resolved(run.spec.metrics[0], values_of(run.spec.args))
    assert (found.name, found.count) == ("x", "x")
    assert found.provider.web is not None
    assert found.provider.web.url == "x"
    assert found.provider.web.headers[0].value == "x"
    assert found.provider.web.json_body == {"x": ["x", 1, None, True]}


def test_an_argument_never_becomes_a_template() -> None:
    assert substituted("{{args.a}}", {"a": "{{args.b}}", "b": "secret"}) == "{{args.b}}"


def test_a_secret_wins_over_a_value_and_is_masked_where_it_is_not_known() -> None:
    run = run_of(metric(), args=[{**SECRET, "value": "given"}])
    assert values_of(run.spec.args) == {"token": "*****"}
    assert values_of(run.spec.args, {"token": "real"}) == {"token": "real"}


def test_an_argument_without_value_names_itself() -> None:
    with pytest.raises(ArgumentError, match='argument "x" was not supplied'):
        values_of([Argument(name="x")])


@pytest.mark.parametrize(
    ("fields", "forever"),
    [
        ({}, False),
        ({"interval": "5s"}, True),
        ({"interval": "5s", "count": 0}, True),
        ({"interval": "5s", "count": 3}, False),
        ({"interval": "5s", "consecutiveSuccessLimit": 3}, False),
    ],
)
def test_which_metrics_run_for_ever(fields: dict[str, Any], forever: bool) -> None:
    spec: Metric = run_of(metric(**fields)).spec.metrics[0]
    assert not metric_problem(spec)
    assert not problem([spec])
    assert runs_forever(spec) == forever
