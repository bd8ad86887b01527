"""The world's API drops what a definition does not know, as the real one does."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.test_agreement import objects
from serinus.api.kinds import ROLLOUT
from serinus.api.rollout import Rollout
from serinus.api.schema import schema
from serinus.plan import Ref
from serinus.world import Server
from serinus.world.pruning import pruned
from serinus.world.world import START
from stories import manifests
from stories.simulated import COMPATIBLE

TEXT = {"type": "string"}
OBJECT = {"type": "object", "properties": {"known": TEXT}}

KEPT = [
    ({"spec": {"known": "a", "own": "b"}}, {"spec": OBJECT}, {"spec": {"known": "a"}}),
    ({"spec": [{"known": "a"}, {"own": "b"}]}, {"spec": {"items": OBJECT}}, {"spec": [{"known": "a"}, {}]}),
    ({"spec": {"x": {"own": "b"}}}, {"spec": {"additionalProperties": OBJECT}}, {"spec": {"x": {}}}),
    ({"spec": {"x": 1}}, {"spec": {"x-kubernetes-preserve-unknown-fields": True}}, {"spec": {"x": 1}}),
    ({"metadata": {"x": 1}, "kind": "K", "own": 1}, {}, {"metadata": {"x": 1}, "kind": "K"}),
]


@pytest.mark.parametrize(("manifest", "properties", "expected"), KEPT)
def test_what_a_schema_does_not_name_is_dropped(
    manifest: dict[str, Any], properties: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert {
        key: value for key, value in pruned(manifest, {"properties": properties}).items() if key != "apiVersion"
    } == (expected)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_what_a_definition_accepts_is_kept_as_it_is(data: st.DataObject) -> None:
    definition = schema(Rollout)
    manifest = data.draw(objects(definition))
    assert pruned(manifest, definition) == manifest


def test_a_write_of_which_nothing_is_left_changes_nothing() -> None:
    server, ref = Server(), Ref(ROLLOUT, "shop", manifests.NAME)
    server.schemas = COMPATIBLE
    server.create(ref, manifests.rollout(), START)
    weights = {"canary": {"weight": 1}, "stable": {"weight": 99}}
    before = server.patch_status(ref, {"canary": {"weights": weights}})
    after = server.patch_status(ref, {"canary": {"weights": {"since": "2026-01-02T03:04:05Z"}}})
    assert after == before
    assert server.patch(ref, {"spec": {"ours": 1}}) == before
