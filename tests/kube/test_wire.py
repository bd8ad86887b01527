"""The items of a list are the same bytes as a watch would give."""

from __future__ import annotations

import msgspec
import pytest

from serinus.kube.wire import read_page


@pytest.mark.parametrize("item", [{}, {"metadata": {"name": "a"}}, {"kind": "Pod", "apiVersion": "v1"}])
def test_every_item_carries_its_kind(item):
    page = {"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": [item]}
    (data,) = read_page(msgspec.json.encode(page)).objects()
    assert msgspec.json.decode(data) == (item and {"kind": "Pod", "apiVersion": "v1", **item})


def test_an_item_that_names_its_kind_keeps_it():
    item = {"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata", "metadata": {}}
    page = {"kind": "OtherList", "apiVersion": "x/v1", "metadata": {}, "items": [item]}
    assert [msgspec.json.decode(data) for data in read_page(msgspec.json.encode(page)).objects()] == [item]


def test_a_list_may_have_no_items():
    assert list(read_page(b'{"kind":"PodList","apiVersion":"v1","metadata":{},"items":null}').objects()) == []
