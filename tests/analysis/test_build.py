"""A run is built from templates and arguments, or it is said why not."""

from typing import Any

import msgspec
import pytest

from serinus.analysis.build import run_spec
from serinus.analysis.templates import BuildError, gathered
from serinus.api.analysis import AnalysisRunSpec, AnalysisTemplate, Argument
from serinus.api.analysis_ref import RolloutAnalysis, TemplateRef

Manifest = dict[str, Any]


def metric(name: str) -> Manifest:
    return {"name": name, "provider": {"web": {"url": "http://example.com"}}}


def template(name: str, **spec: Any) -> Manifest:
    return {"metadata": {"name": name}, "spec": spec}


def ref(name: str, *, cluster: bool = False) -> Manifest:
    return {"templateName": name, **({"clusterScope": True} if cluster else {})}


def build(
    *templates: Manifest,
    cluster: tuple[Manifest, ...] = (),
    names: tuple[Manifest, ...] | None = None,
    args: tuple[Manifest, ...] = (),
    **wanted: Any,
) -> AnalysisRunSpec:
    """A run of some templates; of all that are there, unless it is said which."""
    known = {
        TemplateRef(template_name=item["metadata"]["name"], cluster_scope=is_cluster): msgspec.convert(
            item, AnalysisTemplate
        )
        for is_cluster, items in ((False, templates), (True, cluster))
        for item in items
    }
    refs = [{"templateName": item.template_name, "clusterScope": item.cluster_scope} for item in known]
    asked = msgspec.convert({"templates": list(names) if names is not None else refs, **wanted}, RolloutAnalysis)
    return run_spec(asked, msgspec.convert(args, tuple[Argument, ...]), known)


def test_metrics_of_all_templates_come_together_those_of_the_namespace_first() -> None:
    spec = build(
        template("a", metrics=[metric("m1")], templates=[ref("c", cluster=True), ref("b")]),
        template("b", metrics=[metric("m2")]),
        cluster=(template("c", metrics=[metric("m3")]),),
        names=(ref("a"),),
    )
    assert [item.name for item in spec.metrics] == ["m1", "m2", "m3"]


def test_a_template_that_is_named_twice_counts_once() -> None:
    spec = build(
        template("a", metrics=[metric("m1")], templates=[ref("b")]),
        template("b", metrics=[metric("m2")], templates=[ref("c")]),
        template("c", metrics=[metric("m3")]),
        names=(ref("a"), ref("b"), ref("a"), ref("c")),
    )
    assert [item.name for item in spec.metrics] == ["m1", "m2", "m3"]


REFUSED = [
    pytest.param((), {"names": (ref("a"),)}, "AnalysisTemplate 'a' not found", id="missing"),
    pytest.param(
        (), {"names": (ref("a", cluster=True),)}, "ClusterAnalysisTemplate 'a' not found", id="missing in the cluster"
    ),
    pytest.param(
        (template("a", metrics=[metric("m")], templates=[ref("b")]),), {}, "AnalysisTemplate 'b' not found", id="nested"
    ),
    pytest.param((), {}, "no metrics specified", id="nothing"),
    pytest.param(
        (template("a", metrics=[metric("m")], templates=[ref("a")]),),
        {},
        "AnalysisTemplate 'a' refers to itself: a → a",
        id="itself",
    ),
    pytest.param(
        (
            template("a", metrics=[metric("m")], templates=[ref("b")]),
            template("b", templates=[ref("c")]),
            template("c", templates=[ref("b")]),
        ),
        {"names": (ref("a"),)},
        "AnalysisTemplate 'b' refers to itself: b → c → b",
        id="circle",
    ),
    pytest.param(
        (template("a", metrics=[metric("m")]), template("b", metrics=[metric("m")])),
        {},
        "two metrics have the same name 'm'",
        id="equal names",
    ),
    pytest.param(
        (
            template("a", metrics=[metric("m")], args=[{"name": "x", "value": "1"}]),
            template("b", args=[{"name": "x", "value": "2"}]),
        ),
        {},
        "Argument `x` specified multiple times with different values: '1', '2'",
        id="two values",
    ),
    pytest.param(
        (template("a", metrics=[metric("m")], args=[{"name": "x"}]),), {}, "args.x was not resolved", id="no value"
    ),
    pytest.param(
        (template("a", metrics=[metric("m")], dryRun=[{"metricName": "m"}]),),
        {"dryRun": [{"metricName": "m"}]},
        "two Dry-Run metric rules have the same name 'm'",
        id="dry run twice",
    ),
    pytest.param(
        (template("a", metrics=[metric("m")]),),
        {"dryRun": [{"metricName": ".*"}, {"metricName": "^n"}]},
        "dryRun[1]: Rule didn't match any metric name(s)",
        id="dry run of nothing",
    ),
    pytest.param(
        (template("a", metrics=[metric("m")], measurementRetention=[{"metricName": "n", "limit": 3}]),),
        {},
        "measurementRetention[0]: Rule didn't match any metric name(s)",
        id="retention of nothing",
    ),
    pytest.param(
        (template("a", metrics=[metric("m")], measurementRetention=[{"metricName": "m", "limit": 3}]),),
        {"measurementRetention": [{"metricName": "m", "limit": 4}]},
        "two Measurement Retention metric rules have the same name 'm'",
        id="retention twice",
    ),
]


@pytest.mark.parametrize(("templates", "fields", "text"), REFUSED)
def test_what_makes_no_run_is_refused(templates: tuple[Manifest, ...], fields: Manifest, text: str) -> None:
    with pytest.raises(BuildError) as refused:
        build(*templates, **fields)
    assert str(refused.value) == text


def test_a_pattern_that_is_none_is_refused_with_its_place() -> None:
    with pytest.raises(BuildError, match=r"^dryRun\[0\]: error parsing regexp"):
        build(template("a", metrics=[metric("m")], dryRun=[{"metricName": "("}]))


def values(spec: AnalysisRunSpec) -> dict[str, str | None]:
    return {arg.name: arg.value for arg in spec.args}


def test_what_is_given_replaces_what_is_declared_and_nothing_else_gets_in() -> None:
    one = template("a", metrics=[metric("m")], args=[{"name": "x", "value": "1"}, {"name": "y"}])
    spec = build(one, args=({"name": "x", "value": "2"}, {"name": "y", "value": ""}, {"name": "z", "value": "3"}))
    assert values(spec) == {"x": "2", "y": ""}


def test_a_value_of_one_template_serves_another_that_has_none() -> None:
    one = template("a", metrics=[metric("m")], args=[{"name": "x"}])
    assert values(build(one, template("b", args=[{"name": "x", "value": "1"}]))) == {"x": "1"}
    assert values(build(template("b", args=[{"name": "x", "value": "1"}]), one)) == {"x": "1"}


def test_a_secret_of_a_template_stays_beside_a_value() -> None:
    secret = {"secretKeyRef": {"name": "token", "key": "value"}}
    spec = build(
        template("a", metrics=[metric("m")], args=[{"name": "x", "valueFrom": secret}]),
        args=({"name": "x", "value": "2"},),
    )
    (arg,) = spec.args
    assert arg.value == "2"
    assert arg.value_from is not None
    assert arg.value_from.secret_key_ref is not None


def test_a_secret_may_be_given_too() -> None:
    secret = {"secretKeyRef": {"name": "token", "key": "value"}}
    spec = build(template("a", metrics=[metric("m")], args=[{"name": "x"}]), args=({"name": "x", "valueFrom": secret},))
    assert spec.args[0].value_from is not None


def test_rules_of_the_analysis_come_before_those_of_templates() -> None:
    one = template("a", metrics=[metric("m1"), metric("m2")], dryRun=[{"metricName": "m1"}])
    assert [rule.metric_name for rule in build(one, dryRun=[{"metricName": "m2"}]).dry_run] == ["m2", "m1"]


def test_gathering_ends_where_templates_go_in_circles() -> None:
    known = {
        "a": template("a", templates=[ref("b"), ref("gone")]),
        "b": template("b", templates=[ref("a")]),
    }
    found = gathered(
        [TemplateRef(template_name="a")],
        lambda item: (
            msgspec.convert(known[item.template_name], AnalysisTemplate) if item.template_name in known else None
        ),
    )
    assert {item.template_name for item in found} == {"a", "b"}
