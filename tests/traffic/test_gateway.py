"""What only the Gateway API router has: conditions, precedence of matches, affinity, shared routes."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serinus.api.canary import HeaderRouteStep, MirrorMatch, StringMatch
from serinus.traffic.cookies import is_kept
from serinus.traffic.gateway import Gateway
from serinus.traffic.gateway_match import EVERYTHING, header_matches, narrowed, with_headers
from serinus.traffic.gateway_status import in_effect
from traffic.cases import apply, foreign, objects, rollout, traffic

ROUTING = {"plugins": {"argoproj-labs/gatewayAPI": {"httpRoute": "site", "sessionAffinity": {}}}}


def route(generation: int = 1, parents: list[dict[str, Any]] | None = None, **metadata: Any) -> dict[str, Any]:
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": "site", "namespace": "shop", "generation": generation} | metadata,
        "spec": {"rules": [{"backendRefs": [{"name": "web"}, {"name": "web-canary"}]}]},
        "status": {"parents": parents or []},
    }


def parent(accepted: str = "True", resolved: str = "True", **condition: Any) -> dict[str, Any]:
    seen = {"observedGeneration": 5} | condition
    types = {"Accepted": accepted, "ResolvedRefs": resolved}
    return {"conditions": [{"type": name, "status": status} | seen for name, status in types.items() if status]}


@pytest.mark.parametrize(
    ("parents", "verdict"),
    [
        ([], None),
        ([parent()], True),
        ([parent(), parent()], True),
        ([parent(observedGeneration=6)], True),
        ([parent(observedGeneration=4)], False),
        ([parent(accepted="False")], False),
        ([parent(resolved="False")], False),
        ([parent(accepted="Unknown")], False),
        ([parent(), parent(observedGeneration=4)], False),
        ([parent(observedGeneration=None)], None),
        ([parent(), parent(resolved="")], None),
        ([parent(observedGeneration=4), parent(resolved="")], False),
        ([{}], None),
    ],
)
def test_it_believes_what_every_parent_reports_for_this_generation(parents: list[Any], verdict: bool | None) -> None:
    assert in_effect(foreign(route(5, parents))) is verdict


def test_our_own_route_must_be_in_effect_too() -> None:
    decided = traffic(rollout(ROUTING), weight=10)
    once, _ = apply(Gateway(), decided, objects([route(5, [parent()])]))
    assert Gateway().verified(decided, once) is None
    own = next(item for item in once.values() if item.metadata.name == "site-web-managed")
    raw = own.raw | {"metadata": own.raw["metadata"] | {"generation": 5}, "status": {"parents": [parent()]}}
    reported = {ref: foreign(raw) if item is own else item for ref, item in once.items()}
    assert Gateway().verified(decided, reported) is True
    over = traffic(rollout(ROUTING), weight=10, over=True)
    assert Gateway().verified(over, reported) is False, "a route of ours that should be gone still takes requests"


@pytest.mark.parametrize(
    ("weight", "additional", "over", "kept"),
    [
        (0, 0, False, False),
        (1, 0, False, True),
        (99, 0, False, True),
        (100, 0, False, False),
        (50, 50, False, False),
        (50, 0, True, False),
    ],
)
def test_users_are_kept_apart_only_between_two_versions(weight: int, additional: int, over: bool, kept: bool) -> None:
    extra = [{"service": "exp", "weight": additional, "hash": "exp"}] if additional else []
    assert is_kept(traffic(rollout(ROUTING), weight=weight, additional=extra, over=over)) is kept


def test_rollouts_share_a_route_and_each_leaves_on_its_own() -> None:
    notes = '{"shop/gone":{"backends":["exp"]},"shop/web":{"cookie":"serinus"}}'
    annotations = {
        "rollouts.argoproj.io/gatewayapi-active-rollouts": "shop/gone,shop/web",
        "rollout.serinus.dev/gateway-additions": notes,
    }
    labels = {"rollouts.argoproj.io/gatewayapi-canary": "in-progress"}
    shared = route(annotations=annotations, labels=labels)
    shared["spec"]["rules"][0]["backendRefs"].append({"name": "exp", "weight": 3})
    ((ref, item),) = objects([shared]).items()
    assert Gateway().leave(ref, item, [rollout(ROUTING), renamed("gone")]) is None
    left = Gateway().leave(ref, item, [rollout(ROUTING)])
    assert left is not None
    assert left.manifest["metadata"] == {
        "annotations": {
            "rollouts.argoproj.io/gatewayapi-active-rollouts": "shop/web",
            "rollout.serinus.dev/gateway-additions": '{"shop/web":{"cookie":"serinus"}}',
        }
    }
    assert [entry["name"] for entry in left.manifest["spec"]["rules"][0]["backendRefs"]] == ["web", "web-canary"]


def test_it_leaves_other_kinds_alone() -> None:
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "site", "namespace": "shop"}}
    ((ref, item),) = objects([pod]).items()
    assert Gateway().leave(ref, item, ()) is None


def renamed(name: str) -> Any:
    item = rollout(ROUTING)
    return msgspec.structs.replace(item, metadata=msgspec.structs.replace(item.metadata, name=name))


PATHS = st.sampled_from(["/", "/a", "/a/b", "/a/b/c", "/ab", "/b"])
TYPES = st.sampled_from(["PathPrefix", "Exact"])
MATCHES = st.builds(
    lambda kind, path, headers, method: (
        {"path": {"type": kind, "value": path}}
        | ({"headers": [{"type": "Exact", "name": name, "value": "1"} for name in headers]} if headers else {})
        | ({"method": method} if method else {})
    ),
    TYPES,
    PATHS,
    st.lists(st.sampled_from(["x", "y"]), unique=True),
    st.sampled_from([None, "GET"]),
)
MIRRORS = st.builds(
    lambda kind, path, method, header: MirrorMatch(
        path=StringMatch(**{kind: path}) if path else None,
        method=StringMatch(exact=method) if method else None,
        headers={"z": StringMatch(exact="1")} if header else {},
    ),
    st.sampled_from(["exact", "prefix"]),
    st.one_of(st.none(), PATHS),
    st.sampled_from([None, "GET", "POST"]),
    st.booleans(),
)


def rank(match: dict[str, Any]) -> tuple[bool, int, bool, int]:
    """The precedence of a match, as the Gateway API orders it."""
    path = match["path"]
    return path["type"] == "Exact", len(path["value"]), "method" in match, len(match.get("headers") or [])


@given(MATCHES)
def test_a_header_route_is_taken_before_the_rule_that_it_stands_beside(match: dict[str, Any]) -> None:
    asked = {"name": "testers", "match": [{"headerName": "t", "headerValue": {"exact": "1"}}]}
    ours = with_headers(match, header_matches(msgspec.convert(asked, HeaderRouteStep)))
    assert ours is not None
    assert rank(ours) > rank(match)


@given(MATCHES, MIRRORS)
def test_a_mirror_is_taken_before_its_rule_and_only_for_its_requests(
    match: dict[str, Any], mirror: MirrorMatch
) -> None:
    ours = narrowed(match, mirror)
    if ours is None:
        return
    assert rank(ours) > rank(match)
    assert all(header in (ours.get("headers") or []) for header in match.get("headers") or [])
    assert ours.get("method", "GET") == match.get("method", ours.get("method", "GET"))
    stem = match["path"]["value"].rstrip("/")
    value = ours["path"]["value"]
    assert value == match["path"]["value"] or value.startswith(f"{stem}/")


@pytest.mark.parametrize(
    ("mirror", "path"),
    [
        ({"path": {"regex": "/a.*"}}, {"type": "RegularExpression", "value": "/a.*"}),
        ({"path": {"prefix": "/a"}}, {"type": "PathPrefix", "value": "/a"}),
        ({"path": {"prefix": "/"}}, None),
        ({}, None),
        ({"method": {"exact": "PUT"}}, {"type": "PathPrefix", "value": "/"}),
    ],
)
def test_a_mirror_of_everything_narrows_it(mirror: dict[str, Any], path: dict[str, str] | None) -> None:
    ours = narrowed(EVERYTHING, msgspec.convert(mirror, MirrorMatch))
    assert (ours or {}).get("path") == path


def test_a_header_that_the_rule_already_looks_at_is_not_matched_twice() -> None:
    match = EVERYTHING | {"headers": [{"type": "Exact", "name": "X-Canary", "value": "no"}]}
    assert with_headers(match, [{"type": "Exact", "name": "x-canary", "value": "yes"}]) is None
