"""Istio objects over the whole life of updates, with whatever else stands in them."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serinus.api.patches import merged
from serinus.traffic.istio import Istio
from traffic.cases import Manifest, Objects, apply, foreign, objects, rollout, traffic

ROUTER = Istio()
KIND = {"apiVersion": "networking.istio.io/v1alpha3", "kind": "VirtualService"}
NOTE = "rollout.serinus.dev/canary-destinations"
DONE = {"over": True, "canary_hash": "new", "stable_hash": "new"}
RULE = {"name": "rule", "canarySubsetName": "canary", "stableSubsetName": "stable"}

plain = st.recursive(
    st.integers(0, 9) | st.text("ab", max_size=3) | st.booleans(),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text("xy", min_size=1, max_size=2), inner, max_size=2)
    ),
    max_leaves=5,
)
unknown = st.dictionaries(st.sampled_from(["retries", "timeout", "new"]), plain, max_size=2)
weights = st.integers(0, 100)


@st.composite
def virtual_services(draw: st.DrawFn) -> Manifest:
    """One with a weighted route ``primary`` and others around it, all with fields that nobody knows."""
    entries = [
        {"destination": {"host": "web", **draw(unknown)}, "weight": draw(weights), **draw(unknown)},
        {"destination": {"host": "web-canary", **draw(unknown)}, "weight": draw(weights), **draw(unknown)},
    ]
    primary = {"name": "primary", "route": draw(st.permutations(entries)), **draw(unknown)}
    others = [
        {"name": f"other-{number}", "route": [{"destination": {"host": "x"}, **draw(unknown)}], **draw(unknown)}
        for number in range(draw(st.integers(0, 2)))
    ]
    spec = {"http": draw(st.permutations([primary, *others])), "hosts": ["a"], **draw(unknown)}
    return {**KIND, "metadata": {"name": "site", "namespace": "shop"}, "spec": spec}


def after(found: Objects, **decided: Any) -> Objects:
    routing = {"istio": {"virtualService": {"name": "site", "routes": ["primary"]}}}
    result, _ = apply(ROUTER, traffic(rollout(routing), **decided), found)
    again, writes = apply(ROUTER, traffic(rollout(routing), **decided), result)
    assert (again, writes) == (result, 0), "applied twice, it is written twice"
    return result


def spec(found: Objects) -> Manifest:
    (item,) = found.values()
    return item.raw["spec"]


def without_weights(found: Objects) -> Manifest:
    result = copy.deepcopy(spec(found))
    for route in result["http"]:
        for entry in route["route"]:
            entry.pop("weight", None)
    return result


def shares(found: Objects) -> dict[str, int]:
    (primary,) = (route for route in spec(found)["http"] if route["name"] == "primary")
    return {entry["destination"]["host"]: entry.get("weight", 0) for entry in primary["route"]}


@given(virtual_services(), weights)
def test_weights_sum_up_and_nothing_else_changes(manifest: Manifest, weight: int) -> None:
    found = objects([manifest])
    result = after(found, weight=weight)
    assert shares(result) == {"web": 100 - weight, "web-canary": weight}
    assert without_weights(result) == without_weights(found)


@given(virtual_services(), st.lists(weights, min_size=1, max_size=4), weights)
def test_an_update_takes_the_canary_out_and_the_next_one_puts_it_back_as_it_was(
    manifest: Manifest, steps: list[int], last: int
) -> None:
    found = objects([manifest])
    for weight in [*steps, 100]:
        found = after(found, weight=weight)
    done = after(found, **DONE)
    assert shares(done) == {"web": 100}
    again = after(done, weight=max(1, last))
    assert without_weights(again) == without_weights(found)
    given_up = after(again, over=True)
    assert shares(given_up) == {"web": 100, "web-canary": 0}


@given(virtual_services(), st.booleans())
def test_a_virtual_service_that_is_left_is_as_it_was(manifest: Manifest, is_done: bool) -> None:
    first = after(objects([manifest]), weight=100)
    found = after(first, **DONE) if is_done else first
    ((ref, item),) = found.items()
    wanted = ROUTER.leave(ref, item, [])
    assert (wanted is not None) == is_done
    if wanted is not None:
        result = wanted.manifest
        assert result["metadata"]["annotations"] == {NOTE: None}
        assert (
            without_weights({ref: item.__class__(metadata=item.metadata, raw=result)})["http"]
            == (without_weights(first)["http"])
        )
        assert ROUTER.leave(ref, item, [rollout({"istio": {}})]) is None


def ruled(stable: str, canary: str, weight: int) -> Objects:
    def labels(hash_: str) -> dict[str, Any]:
        return {"labels": {"rollouts-pod-template-hash": hash_}} if hash_ else {}

    entries = [
        {"destination": {"host": "web", "subset": "stable"}, "weight": 100 - weight},
        {"destination": {"host": "web", "subset": "canary"}, "weight": weight},
    ]
    service = {**KIND, "metadata": {"name": "site", "namespace": "shop"}, "spec": {"http": [{"route": entries}]}}
    subsets = [{"name": "stable", **labels(stable)}, {"name": "canary", **labels(canary)}]
    meta = {"name": "rule", "namespace": "shop"}
    rule = KIND | {"kind": "DestinationRule", "metadata": meta, "spec": {"host": "web", "subsets": subsets}}
    return objects([service, rule])


def state(found: Objects) -> tuple[str, str, int]:
    """Which version each subset leads to, and the canary's weight; -1 when it is taken out."""
    raws = {ref.kind.kind: item.raw["spec"] for ref, item in found.items()}
    hashes = [
        (item.get("labels") or {}).get("rollouts-pod-template-hash", "") for item in raws["DestinationRule"]["subsets"]
    ]
    entries = raws["VirtualService"]["http"][0]["route"]
    weight = next((item["weight"] for item in entries if item["destination"]["subset"] == "canary"), -1)
    return hashes[0], hashes[1], weight


BOTH = {"serving": ["old", "new"], "whole": ["old", "new"]}
PHASES = [
    ("a new version gets its subset before its weight", ("old", "older", 0), BOTH | {"weight": 10},
     [("old", "new", 0), ("old", "new", 10)]),
    ("a superseded version loses its weight before its subset", ("old", "older", 30), BOTH | {"weight": 10},
     [("old", "older", 0), ("old", "new", 0), ("old", "new", 10)]),
    ("a version without pods gets neither", ("old", "older", 30), {"serving": ["old"], "whole": ["old"], "weight": 0},
     [("old", "older", 0), ("old", "older", 0)]),
    ("after a promotion stable moves first, then the canary is taken out", ("old", "new", 100), BOTH | DONE,
     [("new", "new", 100), ("new", "new", -1)]),
    ("after an abort only weights move", ("old", "new", 60), BOTH | {"over": True}, [("old", "new", 0)]),
    ("a subset that leads to all pods is narrowed only onto a version that is wholly there", ("", "", 0),
     {"serving": ["new"], "whole": [], **DONE}, [("", "", 0)]),
    ("the version that is there at first is both", ("", "", 0), {"serving": ["new"], "whole": ["new"], **DONE},
     [("new", "new", 0)]),
]  # fmt: skip


@pytest.mark.parametrize(("story", "start", "decided", "stations"), PHASES, ids=[phase[0] for phase in PHASES])
def test_subsets_and_weights_change_one_after_the_other(
    story: str, start: tuple[str, str, int], decided: dict[str, Any], stations: list[tuple[str, str, int]]
) -> None:
    found = ruled(*start)
    routing = {"istio": {"virtualService": {"name": "site"}, "destinationRule": RULE}}
    asked = traffic(rollout(routing, {"stableService": "", "canaryService": ""}), **decided)
    seen = []
    for _ in stations:
        found, _ = apply(ROUTER, asked, found)
        seen.append(state(found))
    assert seen == stations
    assert apply(ROUTER, asked, found) == (found, 0)


def test_a_destination_rule_that_is_left_is_as_it_was() -> None:
    found = ruled("old", "new", 0)
    ((ref, item),) = ((ref, item) for ref, item in found.items() if ref.kind.kind == "DestinationRule")
    owner = {"argo-rollouts.argoproj.io/managed-by-rollouts": "web"}
    raw = item.raw | {"metadata": item.raw["metadata"] | {"annotations": owner}}
    (owned,) = objects([raw]).values()
    assert ROUTER.leave(ref, owned, [rollout({"istio": {}})]) is None
    wanted = ROUTER.leave(ref, owned, [])
    assert wanted is not None
    assert wanted.manifest == {
        "metadata": {"annotations": dict.fromkeys(owner)},
        "spec": {"subsets": [{"name": "stable"}, {"name": "canary"}]},
    }


HASHES = ["a", "b", "c"]
decisions = st.tuples(st.sampled_from(HASHES), st.integers(0, 100), st.sets(st.sampled_from(HASHES)), st.booleans())


@given(st.lists(decisions, min_size=1, max_size=12), st.data())
def test_no_traffic_goes_where_the_new_version_is_not_whatever_is_decided_and_however_much_of_it_is_written(
    decided: list[tuple[str, int, set[str], bool]], data: st.DataObject
) -> None:
    found = ruled("a", "a", 0)
    routing = {"istio": {"virtualService": {"name": "site"}, "destinationRule": RULE}}
    asked = rollout(routing, {"stableService": "", "canaryService": ""})
    for hash_, weight, serving, over in decided:
        able = {"serving": sorted(serving | {"a"}), "whole": sorted(serving | {"a"})}
        fields = {"canary_hash": hash_, "stable_hash": "a", "over": over, **able}
        fields["weight"] = 0 if over or hash_ not in able["serving"] else weight
        plan = ROUTER.route(traffic(asked, **fields), found)
        for item in plan[: data.draw(st.integers(0, len(plan)), label="writes that come through")]:
            before, found = state(found), found | {item.ref: foreign(merged(found[item.ref].raw, item.manifest))}
            (_, old, share), (_, new, now) = before, state(found)
            assert old == new or share <= 0, "a subset moved while it had traffic"
            assert old == new or new in able["serving"], "a subset moved onto a version that cannot serve"
            assert now <= max(share, 0) or new == hash_, "weight was given to a subset that leads elsewhere"


def test_what_kept_users_apart_is_taken_out_once_its_rollout_is_gone() -> None:
    entries = [{"destination": {"host": name}, "weight": share} for name, share in (("web", 100), ("web-canary", 0))]
    meta = {"name": "site", "namespace": "shop"}
    given = {
        "apiVersion": "networking.istio.io/v1alpha3",
        "kind": "VirtualService",
        "metadata": meta,
        "spec": {"http": [{"name": "main", "route": entries}]},
    }
    asked = rollout({"istio": {"virtualService": {"name": "site"}, "sessionAffinity": {}}})
    found, writes = apply(ROUTER, traffic(asked, weight=30), objects([given]))
    ((ref, item),) = found.items()
    assert writes == 1
    assert [route["name"].rpartition("/")[2] for route in item.raw["spec"]["http"]] == ["canary", "stable", "main"]
    assert ROUTER.leave(ref, item, [asked]) is None
    wanted = ROUTER.leave(ref, item, [])
    assert wanted is not None
    left = [entry | {"weight": share} for entry, share in zip(entries, (70, 30), strict=True)]
    assert wanted.manifest["spec"]["http"] == [{"name": "main", "route": left}]
