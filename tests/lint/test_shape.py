"""What fits a shape and what does not."""

from typing import Any

import pytest

from serinus.lint.kinds import shapes
from serinus.lint.shape import misfits, nearest

SHAPES = {
    "Thing": {
        "name!": "string",
        "count": "integer",
        "share": "number",
        "on": "boolean",
        "size": "quantity",
        "port": "int-or-string",
        "labels": {"": "string"},
        "parts": ["Thing"],
        "config": "any",
    }
}


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"count": 3, "share": 0.5, "on": False, "size": "1Gi", "port": "http"},
        {"count": 3.0, "share": 1, "size": 2, "port": 80},
        {"labels": {"a": "b"}, "parts": [{"name": "b"}], "config": [1, {"x": None}]},
        {"count": None, "labels": None, "parts": None},
    ],
)
def test_what_fits_is_not_told(more: Any) -> None:
    assert list(misfits({"name": "a", **more}, "Thing", SHAPES)) == []


PART = 'unknown field "parts[0].lables"; did you mean "labels"?'


@pytest.mark.parametrize(
    ("more", "rule", "message"),
    [
        ({"cuont": 1}, "unknown-field", 'unknown field "cuont"; did you mean "count"?'),
        ({"Count": 1}, "unknown-field", 'unknown field "Count"; did you mean "count"?'),
        ({"zzz": 1}, "unknown-field", 'unknown field "zzz"'),
        ({"parts": [{"name": "b", "lables": {}}]}, "unknown-field", PART),
        ({"name": None}, "required", "name: Required value"),
        ({"parts": [{"name": "b"}, {}]}, "required", "parts[1].name: Required value"),
        ({"count": "many"}, "type", 'count: Invalid value: "many": must be a whole number'),
        ({"count": 1.5}, "type", "count: Invalid value: 1.5: must be a whole number"),
        ({"count": True}, "type", "count: Invalid value: true: must be a whole number"),
        ({"share": "half"}, "type", 'share: Invalid value: "half": must be a number'),
        ({"on": "yes"}, "type", 'on: Invalid value: "yes": must be true or false'),
        ({"size": []}, "type", "size: Invalid value: a list: must be an amount, such as 500m or 1Gi"),
        ({"port": {}}, "type", "port: Invalid value: an object: must be a number or text"),
        ({"labels": {"a": 1}}, "type", "labels.a: Invalid value: 1: must be text: put it in quotes"),
        ({"labels": {"a.b/c": True}}, "type", "labels[a.b/c]: Invalid value: true: must be text: put it in quotes"),
        ({"labels": ["a"]}, "type", "labels: Invalid value: a list: must be a mapping"),
        ({"parts": {"name": "b"}}, "type", "parts: Invalid value: an object: must be a list"),
        ({"parts": ["b"]}, "type", 'parts[0]: Invalid value: "b": must be an object'),
    ],
)
def test_what_does_not_fit_is_told_with_its_path(more: Any, rule: str, message: str) -> None:
    assert [(item.rule, item.message) for item in misfits({"name": "a", **more}, "Thing", SHAPES)] == [(rule, message)]


@pytest.mark.parametrize(
    ("word", "near"), [("stpes", "steps"), ("setweight", "setWeight"), ("canry", "canary"), ("volume", "")]
)
def test_the_nearest_word_is_one_that_somebody_may_have_meant(word: str, near: str) -> None:
    assert nearest(word, ["steps", "setWeight", "canary"]) == near


def test_every_shape_that_is_named_exists() -> None:
    scalars = {"string", "integer", "number", "boolean", "quantity", "int-or-string", "any"}

    def names(shape: Any) -> set[str]:
        match shape:
            case str():
                return {shape} - scalars
            case list():
                return names(shape[0])
            case _:
                return set().union(*map(names, shape.values())) if shape else set()

    assert set().union(*map(names, shapes().values())) <= set(shapes())


def test_pods_and_jobs_inside_our_kinds_are_known() -> None:
    rollout, run, experiment = (shapes()[kind] for kind in ("Rollout", "AnalysisRun", "Experiment"))
    assert isinstance(rollout, dict)
    assert isinstance(run, dict)
    assert isinstance(experiment, dict)
    assert rollout["spec!"]["template"] == "PodTemplateSpec"
    assert experiment["spec!"]["templates!"][0]["template!"] == "PodTemplateSpec"
    assert run["spec!"]["metrics!"][0]["provider!"]["job"]["spec!"] == "JobSpec"
    assert run["spec!"]["metrics!"][0]["provider!"]["web"]["jsonBody"] == "any"
