"""A store answers as a plain dictionary and a scan would."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from serinus.kube import Object, ObjectMeta, Store

places = st.tuples(st.sampled_from(["", "n1", "n2"]), st.sampled_from("ab"))
owners = st.lists(st.sampled_from("xyz"), max_size=3)


def thing(place: tuple[str, str], owners: list[str]) -> Object:
    return Object(ObjectMeta(namespace=place[0], name=place[1]), {"owners": owners})


class StoreMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.store: Store[Object] = Store({"owner": lambda it: it.raw["owners"]})
        self.model: dict[tuple[str, str], Object] = {}

    @rule(place=places, owners=owners)
    def put(self, place, owners):
        new = thing(place, owners)
        assert self.store.put(new) is self.model.get(place)
        self.model[place] = new

    @rule(place=places)
    def drop(self, place):
        assert self.store.drop(*place) is self.model.pop(place, None)

    @invariant()
    def both_agree(self):
        assert len(self.store) == len(self.model)
        assert set(self.store.places()) == set(self.model)
        assert sorted(map(id, self.store.values())) == sorted(map(id, self.model.values()))
        for place, held in self.model.items():
            assert self.store.get(*place) is held
        for namespace in ("", "n1", "n2", "none"):
            here = {id(held) for place, held in self.model.items() if place[0] == namespace}
            assert {id(held) for held in self.store.values(namespace)} == here
        for owner in "xyz":
            owned = {id(held) for held in self.model.values() if owner in held.raw["owners"]}
            assert {id(held) for held in self.store.by("owner", owner)} == owned

    @invariant()
    def nothing_is_left_behind(self):
        if not self.model:
            assert self.store._spaces == {}
            assert self.store._indexed == {"owner": {}}


StoreMachine.TestCase.settings = settings(max_examples=100, deadline=None)
TestStoreMachine = StoreMachine.TestCase


def test_an_unknown_index_names_the_known_ones():
    with pytest.raises(KeyError, match="no index 'color' here; there are: owner"):
        Store({"owner": lambda _: []}).by("color", "red")
