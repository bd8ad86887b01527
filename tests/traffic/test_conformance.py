"""What every router must keep, those of third parties included."""

import json
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from msgspec.structs import replace

from serinus import plugins
from serinus.api.patches import difference, merged
from serinus.api.routing import TrafficRouting
from serinus.traffic.router import Ability, Router, Traffic
from traffic import layers
from traffic.cases import Case, apply, foreign, is_ours, load, objects, rollout, tidied, traffic
from traffic.layers import ALL, folder, layer, reader

NEW, OLD = "6d4b9f7c5", "54c8f9d7b"
STEP = {"name": "testers", "match": [{"headerName": "X-Canary", "headerValue": {"exact": "yes"}}]}

pytestmark = [pytest.mark.usefixtures("with_example"), pytest.mark.parametrize("name", ALL)]


def test_every_registered_router_is_held_to_this(name: str) -> None:
    names = {point.name for point in plugins.entry_points(group=plugins.ROUTERS)}
    assert names == set(ALL), "give a router that is not built in a folder in tests/traffic, and a name in layers.py"
    assert layers.router(name).supports <= set(get_args(Ability))


def test_it_serves_those_alone_who_ask_for_it(name: str) -> None:
    serving = [other for other in ALL if layers.router(other).serves(routing_of(sample(name)))]
    assert serving == [name]
    assert not layers.router(name).serves(TrafficRouting())


def test_the_weights_are_those_that_were_decided_and_sum_up(name: str) -> None:
    router, case, found = layers.router(name), sample(name), objects(sample(name).given)
    for weight in (1, 20, 50, 99, 100):
        found, _ = apply(router, decided(case, weight=weight), found)
        splits = reader(name)(found)
        assert splits, "no split is found in the objects"
        assert set(splits) == {(weight, 100 - weight)}


def test_what_it_does_not_know_survives(name: str) -> None:
    router, case = layers.router(name), sample(name)
    given = {ref: foreign(marked(item.raw)) for ref, item in objects(case.given).items()}
    found = given
    for step in life(router, case):
        found, _ = apply(router, step, found)
    for ref, item in given.items():
        assert marks(found[ref].raw) == marks(item.raw)


def test_applied_twice_it_is_written_once(name: str) -> None:
    router, case, found = layers.router(name), sample(name), objects(sample(name).given)
    for step in life(router, case):
        for _ in range(3):
            found, writes = apply(router, step, found)
            if writes == 0:
                break
        assert apply(router, step, found) == (found, 0)


def test_it_says_the_weight_is_in_effect_only_when_it_is_set(name: str) -> None:
    router, case, found = layers.router(name), sample(name), objects(sample(name).given)
    for step in life(router, case):
        after, _ = apply(router, step, found)
        is_set = reader(name)(after) == reader(name)(found)
        assert is_set or router.verified(step, found) is not True
        found = after


def test_what_is_missing_is_said_and_breaks_nothing(name: str) -> None:
    router, case = layers.router(name), sample(name)
    nothing = decided(case, weight=20)
    assert isinstance(router.problem(nothing.rollout, {}), str)
    for item in router.route(nothing, {}):
        assert item.manifest["metadata"]["ownerReferences"], "only what is ours may be made out of nothing"
    assert router.verified(nothing, {}) is not True


def test_while_traffic_settles_no_weight_moves(name: str) -> None:
    router, case = layers.router(name), sample(name)
    found, _ = apply(router, decided(case, weight=20), objects(case.given))
    settled, _ = apply(router, decided(case, weight=70, is_settling=True), found)
    assert reader(name)(settled) == reader(name)(found)


def test_removal_leaves_no_trace(name: str) -> None:
    router, case = layers.router(name), sample(name)
    given = objects(case.given)
    found = given
    for step in life(router, case):
        found, _ = apply(router, step, found)
    left = {ref: item for ref, item in found.items() if not is_ours(item)}
    assert set(left) == set(given), "an object of the user is gone, or one of ours does not go with the Rollout"
    for ref, item in left.items():
        wanted = router.leave(ref, item, ())
        clean = foreign(tidied(merged(item.raw, difference(item.raw, wanted.manifest)))) if wanted else item
        assert router.leave(ref, clean, ()) is None, "given back twice"
        text = json.dumps(clean.raw)
        assert [word for word in ("rollout", "serinus", NEW, OLD, "testers") if word in text] == []
        assert others(clean.raw) == others(given[ref].raw)


def sample(name: str) -> Case:
    """The beginning of a life: the case's objects, before any managed route."""
    case = load(folder(name) / layer(name).sample)
    assert not case.problem
    return case


def routing_of(case: Case) -> TrafficRouting:
    canary = rollout(case.routing).spec.strategy.canary
    assert canary is not None
    assert canary.traffic_routing is not None
    return canary.traffic_routing


def decided(case: Case, **fields: Any) -> Traffic:
    managed = case.routing | {"managedRoutes": [{"name": "testers"}]}
    hashes = {"canary_hash": NEW, "stable_hash": OLD, "serving": [NEW, OLD], "whole": [NEW, OLD]}
    return traffic(rollout(managed, case.canary, case.status), **hashes | fields)


def life(router: Router, case: Case) -> Iterator[Traffic]:
    """An update from its beginning to its end."""
    yield decided(case, weight=0)
    for weight in (20, 50, 100):
        headers = [STEP] if weight == 50 and "setHeaderRoute" in router.supports else []
        extra = [{"service": "web-exp", "weight": 10, "hash": "exp"}] if weight == 20 else []
        yield decided(
            case, weight=weight, header_routes=headers, additional=extra if "experiment" in router.supports else []
        )
    over = decided(case, weight=0, over=True, stable_hash=NEW)
    yield replace(over, weight=100, is_settling=True)
    yield over
    yield over


def marked(value: Any, path: str = "") -> Any:
    """The same, with an unknown field in every object that may have one."""
    if isinstance(value, list):
        return [marked(item, path) for item in value]
    if not isinstance(value, dict):
        return value
    inner = {key: marked(item, key) for key, item in value.items()}
    plain = path in {"metadata", "annotations", "labels", "matchLabels", "data"}
    return inner if plain else inner | {"unknownField": {"kept": [1, None]}}


def marks(value: Any) -> int:
    """How many unknown fields an object has; with a canary's destination kept aside, those in the note count."""
    return json.dumps(value).replace('\\"', '"').count('"unknownField"')


def others(value: Any) -> Any:
    """An object without its weights, notes about Rollouts and what is empty: what must be as it was."""
    if isinstance(value, list):
        return [others(item) for item in value]
    if not isinstance(value, dict):
        return value
    ours = ("weight", "/actions.", "rollout")
    kept = {key: others(item) for key, item in value.items() if not any(word in key for word in ours)}
    return {key: item for key, item in kept.items() if item != {}}
