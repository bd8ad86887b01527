"""Names of templates: a change here would restart the pods of every user."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serinus.api.canary import CanaryStep, PauseStep
from serinus.api.podhash import VERSION, steps_hash, template_hash
from stories.manifests import V1, V2


def template(image: str) -> dict[str, Any]:
    """The article's, with a probe."""
    container = {
        "name": "nginx",
        "image": image,
        "ports": [{"containerPort": 80}],
        "resources": {"requests": {"memory": "64Mi", "cpu": "100m"}, "limits": {"memory": "128Mi", "cpu": "200m"}},
        "readinessProbe": {"httpGet": {"path": "/healthz", "port": 80}, "periodSeconds": 1},
    }
    return {"metadata": {"labels": {"app": "myapp"}}, "spec": {"containers": [container]}}


GOLDEN = [
    ({}, None, "5859f96865"),
    (template(V1), None, "5dc4997fb5"),
    (template(V2), None, "555b694d78"),
    (template(V1), 0, "7bd9b444f"),
    (template(V1), 1, "74fbdb8dc6"),
    ({"spec": {"containers": [{"name": "ä", "args": ["<&>", "\u2028"]}]}}, None, "7f546bc5df"),
]


@pytest.mark.parametrize(("given_template", "collisions", "expected"), GOLDEN)
def test_names_never_change(given_template: dict[str, Any], collisions: int | None, expected: str) -> None:
    assert template_hash(given_template, collisions) == expected


def test_the_version_of_the_names_is_the_one_that_these_tests_pin() -> None:
    assert VERSION == "1"


def test_the_order_of_keys_and_nulls_do_not_matter() -> None:
    one = {"metadata": {"labels": {"a": "1", "b": "2"}, "creationTimestamp": None}, "spec": {"containers": [{"x": 1}]}}
    two = {"spec": {"containers": [{"x": 1, "y": None}]}, "metadata": {"labels": {"b": "2", "a": "1"}}}
    assert template_hash(one) == template_hash(two)


@pytest.mark.parametrize(
    "other",
    [
        {"spec": {"containers": ["b", "a"]}},
        {"spec": {"containers": ["a", "b", "c"]}},
        {"spec": {"containers": ["a", "b"], "priority": 0}},
        {"spec": {"containers": []}},
    ],
)
def test_everything_else_does(other: dict[str, Any]) -> None:
    assert template_hash(other) != template_hash({"spec": {"containers": ["a", "b"]}})


json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**31), 2**31) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), json, max_size=5), st.randoms())
def test_any_order_of_keys_gives_the_same_name(value: dict[str, Any], random: Any) -> None:
    assert template_hash(_shuffled(value, random)) == template_hash(value)


@given(st.dictionaries(st.text(), json, max_size=5))
def test_a_name_fits_into_a_label(value: dict[str, Any]) -> None:
    assert set(template_hash(value)) <= set("bcdfghjklmnpqrstvwxz2456789")
    assert 1 <= len(template_hash(value)) <= 10


def _shuffled(value: Any, random: Any) -> Any:
    if isinstance(value, dict):
        items = [(key, _shuffled(item, random)) for key, item in value.items()]
        random.shuffle(items)
        return dict(items)
    return [_shuffled(item, random) for item in value] if isinstance(value, list) else value


STEPS = (CanaryStep(set_weight=10), CanaryStep(pause=PauseStep(duration="5m")), CanaryStep(pause=PauseStep()))
NAMED_BY_ARGO = [
    ([{"setWeight": 10}, {"pause": {}}], "849b756fd4"),
    ([], "5ffbfbbd64"),
]
"""Steps of statuses that Argo Rollouts has written; without steps, the hash of ``null``."""

WRITTEN_BY_GO = [
    ([{"pause": {"duration": 0}}, {"setWeight": 0}], b'[{"pause":{"duration":0}},{"setWeight":0}]'),
    (
        [{"analysis": {"args": [{"value": "a<b>&", "name": "x"}], "templates": [{"templateName": "t"}]}}],
        (
            rb'[{"analysis":{"templates":[{"templateName":"t"}],'
            rb'"args":[{"name":"x","value":"a\u003cb\u003e\u0026"}],"analysisRunMetadata":{}}}]'
        ),
    ),
    (
        [{"analysis": {"templates": [{"templateName": "t"}], "args": [{"name": "x", "value": ""}]}}],
        b'[{"analysis":{"templates":[{"templateName":"t"}],"args":[{"name":"x"}],"analysisRunMetadata":{}}}]',
    ),
    (
        [{"experiment": {"duration": "5m", "templates": [{"weight": 5, "specRef": "canary", "name": "a"}]}}],
        (
            b'[{"experiment":{"templates":[{"name":"a","specRef":"canary","metadata":{},"weight":5}],"duration":"5m",'
            b'"analysisRunMetadata":{}}}]'
        ),
    ),
    (
        [
            {"setCanaryScale": {"matchTrafficWeight": False, "replicas": 0}},
            {"plugin": {"name": "p", "config": {"a": 1}}},
        ],
        b'[{"setCanaryScale":{"replicas":0}},{"plugin":{"name":"p","config":{"a":1}}}]',
    ),
    (
        [{"setMirrorRoute": {"percentage": 5, "name": "m", "match": [{"headers": {"b": {"exact": "1"}, "a": {}}}]}}],
        b'[{"setMirrorRoute":{"name":"m","match":[{"headers":{"a":{},"b":{"exact":"1"}}}],"percentage":5}}]',
    ),
]


def steps_of(given_steps: list[dict[str, Any]]) -> tuple[CanaryStep, ...]:
    return msgspec.convert(given_steps, tuple[CanaryStep, ...])


@pytest.mark.parametrize(("given_steps", "expected"), NAMED_BY_ARGO)
def test_steps_have_the_names_that_argo_rollouts_gives_them(given_steps: list[dict[str, Any]], expected: str) -> None:
    assert steps_hash(steps_of(given_steps)) == expected


@pytest.mark.parametrize(("given_steps", "written"), WRITTEN_BY_GO)
def test_steps_are_named_by_what_go_writes(given_steps: list[dict[str, Any]], written: bytes) -> None:
    assert steps_hash(steps_of(given_steps)) == named(written)


def named(data: bytes) -> str:
    """FNV-1a in 32 bits, its decimal digits in letters that make no words."""
    digest = 0x811C9DC5
    for byte in data:
        digest = (digest ^ byte) * 0x01000193 % 2**32
    return "".join("bcdfghjklmnpqrstvwxz2456789"[ord(digit) % 27] for digit in str(digest))


def test_another_duration_is_another_list_of_steps() -> None:
    other = (STEPS[0], CanaryStep(pause=PauseStep(duration=300)))
    assert len({steps_hash(steps) for steps in (STEPS, STEPS[:2], other)}) == 3
