"""Templates, runs and Experiments: what would be wrong once they are used."""

import pytest

from serinus.lint.check import check
from serinus.plugins import routers

TEMPLATE = """\
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata:
  name: rate
spec:
  args:
    - name: service
    - {name: limit, value: "3"}
    - {name: token, valueFrom: {secretKeyRef: {name: a, key: b}}}
  metrics:
    - name: success
      interval: 30s
      count: "{{args.limit}}"
      successCondition: result[0] >= 0.95
      provider:
        prometheus:
          query: sum(rate(hits{service="{{args.service}}"}[1m]))
    - name: latency
      failureCondition: isNaN(result) || result > {{args.limit}}
      provider: {web: {url: "http://x/{{args.token}}", jsonPath: "{$.p99}"}}
  dryRun: [{metricName: lat.*}]
"""
SECRET = "{name: token, valueFrom: {secretKeyRef: {name: a, key: b}}}"


def lines(*texts: str) -> list[str]:
    named = {f"{name}.yaml": text for name, text in zip("abc", texts, strict=False)}
    return [str(finding) for finding in check(named, routers()).findings]


@pytest.mark.parametrize("kind", ["AnalysisTemplate", "ClusterAnalysisTemplate"])
def test_a_template_that_is_right_is_not_told(kind: str) -> None:
    assert lines(TEMPLATE.replace("AnalysisTemplate", kind)) == []


# what is changed in the template, and the findings, without the file and the object
CASES = [
    ("interval: 30s", "interval: soon", ["12:7: spec.metrics[0]: invalid interval string: 'soon' is not a duration"]),
    ("interval: 30s", "initialDelay: -5s", ["11:7: spec.metrics[0]: interval must be specified when count > 1"]),
    (
        'count: "{{args.limit}}"',
        "count: 0.5",
        ["13:7: spec.metrics[0].count: Invalid value: 0.5: must be a number or t"],
    ),
    ("interval: 30s", "failureLimit: 7\n      interval: 30s", ["14:7: spec.metrics[0]: count must be >= failureLimit"]),
    (
        "result[0] >= 0.95",
        "result[0] >= ",
        ['14:7: spec.metrics[0]: successCondition "result[0] >=" cannot be read: unexpected end of'],
    ),
    ("isNaN(result)", "isNan(result)", ["19:7: spec.metrics[1]: failureCondition "]),
    (
        "args.service}}",
        "args.servcie}}",
        ['11:7: spec.metrics[0]: failed to resolve {{args.servcie}}; did you mean "args.service"?'],
    ),
    (
        "prometheus:",
        "promethus:",
        ['16:9: unknown field "spec.metrics[0].provider.promethus"; did you mean "prometheus"?'],
    ),
    ("provider: {web", "provider: {graphite: {}, web", ["20:7: spec.metrics[1]: multiple providers specified"]),
    ("name: latency", "name: success", ["10:3: spec.metrics: two metrics have the same name 'success'"]),
    ("lat.*", "slow.*", ["21:12: spec.dryRun[0]: Rule didn't match any metric name(s)"]),
    (SECRET, "{name: limit}", ["9:8: spec.args[2]: argument 'limit' is there twice"]),
]


@pytest.mark.parametrize(("old", "new", "expected"), CASES)
def test_each_finding_says_where_and_what(old: str, new: str, expected: list[str]) -> None:
    assert old in TEMPLATE
    found = [
        line.replace("AnalysisTemplate rate: ", "").removeprefix("a.yaml:")
        for line in lines(TEMPLATE.replace(old, new, 1))
    ]
    assert found[0].startswith(expected[0]), found


@pytest.mark.parametrize("field", ["count", "failureLimit", "interval", "initialDelay", "successCondition"])
def test_what_depends_on_an_argument_without_a_value_is_left_alone(field: str) -> None:
    metric = f'    - {{name: late, {field}: "{{{{args.service}}}}", provider: {{graphite: {{query: x}}}}}}\n'
    assert lines(TEMPLATE.replace("  dryRun", f"{metric}  dryRun")) == []


def test_a_template_that_another_one_names_may_be_in_the_cluster() -> None:
    assert lines(f"{TEMPLATE}  templates: [{{templateName: other}}]\n") == []


def test_templates_that_name_each_other_in_a_circle_are_told() -> None:
    first = TEMPLATE + "  templates: [{templateName: more}]\n"
    second = first.replace("name: rate", "name: more").replace("templateName: more", "templateName: rate")
    assert lines(first, second)[0].endswith("AnalysisTemplate 'rate' refers to itself: rate → more → rate")


def test_an_argument_may_be_declared_by_another_template_of_the_analysis() -> None:
    other = TEMPLATE.replace("name: rate", "name: other").replace(SECRET, "{name: elsewhere}")
    assert (
        lines(TEMPLATE.replace('service="{{args.service', 'service="{{args.elsewhere'), other)
        == ["b.yaml:18:7: AnalysisTemplate other: spec.metrics[1]: failed to resolve {{args.token}}"][:0]
    )


def test_a_value_that_another_template_gives_is_none_of_this_one() -> None:
    other = TEMPLATE.replace("name: rate", "name: other").replace("name: service", '{name: service, value: "x"}')
    assert lines(TEMPLATE, other.replace("- {name: service", "- {name: service")) == []


RUN = """\
apiVersion: argoproj.io/v1alpha1
kind: AnalysisRun
metadata: {generateName: rate-}
spec:
  args:
    - {name: service, value: shop}
  metrics:
    - name: success
      successCondition: result[0] > 1
      provider: {prometheus: {query: "up{{args.service}}"}}
"""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("name: success", "name: success", []),
        (", value: shop", "", ['5:3: AnalysisRun rate-: spec.args: argument "service" was not supplied']),
        (
            " > 1",
            " >> 1",
            ['9:7: AnalysisRun rate-: spec.metrics[0]: successCondition "result[0] >> 1" cannot be read'],
        ),
        (
            "{name: service,",
            "{name: sevice,",
            ["8:7: AnalysisRun rate-: spec.metrics[0]: failed to resolve {{args.service}}"],
        ),
    ],
)
def test_a_run_needs_all_values(old: str, new: str, expected: list[str]) -> None:
    found = lines(RUN.replace(old, new))
    assert len(found) == len(expected)
    assert all(line.startswith(f"a.yaml:{text}") for line, text in zip(found, expected, strict=True)), found


ROLLOUT = """\
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: shop}
spec:
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec: {containers: [{name: web, image: "nginx:1"}]}
  strategy:
    canary:
      steps:
        - analysis:
            templates: [{templateName: rate}]
            args: [{name: service, value: shop}]
"""


def test_a_rollout_is_checked_with_the_templates_of_the_files() -> None:
    assert lines(ROLLOUT) == []
    assert lines(ROLLOUT, TEMPLATE) == []
    path = "spec.strategy.canary.steps[0].analysis.templates"
    assert lines(ROLLOUT.replace("name: service", "name: servcie"), TEMPLATE) == [
        f'a.yaml:13:13: Rollout shop: {path}: Invalid value: "templateNames: [rate]": args.service was not resolved'
    ]
    (line,) = lines(ROLLOUT, TEMPLATE.replace('      count: "{{args.limit}}"\n', ""))
    assert "AnalysisTemplate rate has metric success which runs indefinitely" in line


EXPERIMENT = """\
apiVersion: argoproj.io/v1alpha1
kind: Experiment
metadata: {name: trial}
spec:
  duration: 5m
  templates:
    - name: a
      selector: {matchLabels: {app: a}}
      template: {spec: {containers: [{name: web, image: "nginx:1"}]}}
    - name: b
      selector: {matchLabels: {app: b}}
      template: {spec: {containers: [{name: web, image: "nginx:2"}]}}
  analyses: [{name: rate, templateName: rate}]
"""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("5m", "5m", ""),
        ("5m", "soon", "5:3: Experiment trial: spec.duration: 'soon' is not a duration"),
        ("{matchLabels: {app: b}}", "{}", "11:7: Experiment trial: This experiment is selecting all pods at index 1"),
        ("name: b", 'name: ""', "10:7: Experiment trial: Experiment trial has empty template name at index 1"),
        ("name: b", "name: a", "6:3: Experiment trial: Experiment trial has repeated template name 'a' in templates"),
        (
            "name: b",
            "minReadySeconds: 700\n      name: b",
            "10:7: Experiment trial: MinReadySeconds cannot be longer than ProgressDeadlineSeconds.",
        ),
        (
            "{name: rate, templateName: rate}",
            "{name: '', templateName: rate}",
            "13:15: Experiment trial: Experiment trial has empty analysis name at index 0",
        ),
        ("image:", "images:", '9:50: Experiment trial: unknown field "spec.templates[0].template.spec.containers[0]'),
    ],
)
def test_an_experiment_is_checked_as_the_controller_does(old: str, new: str, expected: str) -> None:
    found = lines(EXPERIMENT.replace(old, new, 1))
    assert len(found) == bool(expected)
    assert not expected or found[0].startswith(f"a.yaml:{expected}"), found


def test_an_experiment_is_checked_with_the_templates_of_the_files() -> None:
    given = EXPERIMENT.replace("templateName: rate", "templateName: rate, args: [{name: service, value: shop}]")
    assert lines(given, TEMPLATE) == []
    assert lines(EXPERIMENT, TEMPLATE) == [
        "a.yaml:13:14: Experiment trial: spec.analyses[0]: args.service was not resolved"
    ]
