"""Manifests are read as Kubernetes reads them, and every value has its place."""

import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from serinus.lint import source
from serinus.lint.source import Place, SourceError, read

TEXT = """\
# a comment
kind: Rollout
spec:
  replicas: 3
  steps:
    - setWeight: 20
    - pause: {duration: 5m}
---
---
kind: Service
"""


def test_each_value_has_its_place() -> None:
    rollout, service = read(TEXT, "a.yaml")
    assert rollout.data == {"kind": "Rollout", "spec": {"replicas": 3, "steps": [SET, {"pause": {"duration": "5m"}}]}}
    assert service.data == {"kind": "Service"}
    assert rollout.place(("spec", "replicas")) == Place(4, 3)
    assert rollout.place(("spec", "steps", 1, "pause", "duration")) == Place(7, 15)
    assert service.place(("kind",)) == Place(10, 1)


SET = {"setWeight": 20}


def test_what_is_not_there_is_where_it_would_be() -> None:
    (rollout, _) = read(TEXT, "a.yaml")
    assert rollout.place(("spec", "strategy", "canary")) == Place(3, 1)
    assert rollout.place(("spec", "steps", 9)) == Place(5, 3)
    assert rollout.place(("status",)) == Place(2, 1)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("a: 2026-01-01", "2026-01-01"),
        ("a: 1e3", 1000.0),
        ("a: -1.5", -1.5),
        ("a: .5", 0.5),
        ("a: 12:30:45", "12:30:45"),
        ("a: 22:22", "22:22"),
        ("a: =", "="),
        ("a: 010", 8),
        ("a: yes", True),
        ('{"a": "\\ud83d\\ude00 \\u00e9"}', "😀 é"),
        ("a: 0x10", 16),
        ("a: 'x'", "x"),
        ("a: ~", None),
        ('{"a": {"b": [1, 2.5, null, true]}}', {"b": [1, 2.5, None, True]}),
        ('{\n\t"a":\t"tab"\n}', "tab"),
        ("x: &x {b: 1, c: 1}\na:\n  <<: *x\n  c: 2", {"b": 1, "c": 2}),
        ("x: &x [1]\na: *x", [1]),
    ],
)
def test_values_are_what_kubernetes_reads(text: str, value: Any) -> None:
    assert read(text, "a.yaml")[0].data["a"] == value


def test_the_objects_of_a_list_stand_alone() -> None:
    text = "kind: List\nitems:\n  - kind: A\n  - kind: B\n    kind: C\n"
    first, second = read(text, "a.yaml")
    assert (first.data, second.data) == ({"kind": "A"}, {"kind": "C"})
    assert second.place(("kind",)) == Place(5, 5)
    assert (first.twice, second.twice) == ((), (("kind",),))


def test_a_key_that_a_merge_brings_too_is_not_there_twice() -> None:
    assert read("x: &x {b: 1}\na:\n  b: 2\n  <<: *x", "a.yaml")[0].twice == ()


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("a: 1\n b: 2", Place(2, 3), "mapping values are not allowed"),
        ("a: [1\n", Place(2, 1), "flow sequence"),
        ("a: *b", Place(1, 4), "undefined alias"),
        ("a: !!python/name:os.system x", Place(1, 4), "could not determine a constructor"),
        ("a: \x07", Place(), "control characters"),
    ],
)
def test_what_is_no_yaml_is_told_with_its_place(text: str, place: Place, message: str) -> None:
    with pytest.raises(SourceError, match=message) as caught:
        read(text, "a.yaml")
    assert caught.value.place.line == place.line


@pytest.mark.parametrize("text", ["a: &a [*a]", "a: &a\n  b: *a"])
def test_an_anchor_that_holds_itself_is_refused(text: str) -> None:
    with pytest.raises(SourceError, match="too deep"):
        read(text, "a.yaml")


def test_anchors_that_multiply_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "LARGEST", 5_000)
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(SourceError, match="too large"):
        read("\n".join(lines), "a.yaml")


CHARACTERS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufeff")
TEXTS, KEYS = st.text(CHARACTERS), st.text(CHARACTERS, min_size=1, max_size=50)
SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS
TREES = st.recursive(SCALARS, lambda each: st.lists(each) | st.dictionaries(KEYS, each), max_leaves=20)
OBJECTS = st.dictionaries(KEYS, TREES, min_size=1).filter(lambda item: "kind" not in item)


class Dumper(yaml.SafeDumper):
    """Puts in quotes what would be read as something else than text."""

    yaml_implicit_resolvers = source._Loader.yaml_implicit_resolvers


def paths(data: Any, path: source.Path = ()) -> list[source.Path]:
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [path, *(found for key, value in inner for found in paths(value, (*path, key)))]


@settings(max_examples=100, deadline=None)
@given(OBJECTS)
def test_whatever_is_written_is_read_again_and_every_value_has_a_place(data: dict[str, Any]) -> None:
    for text in (
        yaml.dump(data, Dumper=Dumper, allow_unicode=True, sort_keys=False),
        json.dumps(data, ensure_ascii=False, indent="\t"),
        json.dumps(data),
    ):
        (document,) = read(text, "a.yaml")
        assert document.data == data
        places = [document.places[path] for path in paths(data)]
        assert places == sorted(places)
