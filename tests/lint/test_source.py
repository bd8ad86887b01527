"""Manifests are read as Kubernetes reads them, and every value has its place."""

from typing import Any

import pytest

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
        ("a: 1e3", "1e3"),
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
