"""Paths, patterns and rewrite targets of ingress-nginx as matches and filters."""

from typing import Any

import pytest

from serinus.migrate import MigrationError, Parent, Source, migrate

PREFIX = "nginx.ingress.kubernetes.io/"
CASE = "path {}: nginx compares patterns without regard to case, Gateways with it"
TARGET = "path {}: an HTTPRoute has nothing like the rewrite-target {}"


def rollout(nginx: Any, **canary: Any) -> Any:
    services = {"canaryService": "canary", "stableService": "stable"}
    strategy = {"canary": {**services, "trafficRouting": {"nginx": nginx}, **canary}}
    return {"kind": "Rollout", "metadata": {"name": "web"}, "spec": {"strategy": strategy}}


def ingress(path: str = "/", service: str = "stable", port: Any = None, kind: str = "Prefix", **said: str) -> Any:
    backend = {"service": {"name": service, "port": port or {"number": 80}}}
    paths = [{"path": path, "pathType": kind, "backend": backend}]
    annotations = {PREFIX + name.replace("_", "-"): value for name, value in said.items()}
    spec = {"rules": [{"host": "shop.test", "http": {"paths": paths}}]}
    return {"kind": "Ingress", "metadata": {"name": "web", "annotations": annotations}, "spec": spec}


def full(path: str) -> Any:
    return {"type": "ReplaceFullPath", "replaceFullPath": path}


def rest(path: str) -> Any:
    return {"type": "ReplacePrefixMatch", "replacePrefixMatch": path}


@pytest.mark.parametrize(
    ("path", "said", "match", "change", "lost"),
    [
        ("/shop", {}, ("PathPrefix", "/shop"), None, []),
        ("/shop(.*)", {}, ("PathPrefix", "/shop(.*)"), None, []),
        ("/shop", {"use_regex": "true"}, ("PathPrefix", "/shop"), None, []),
        ("/a[0-9]", {"use_regex": "true"}, ("RegularExpression", "/a[0-9].*"), None, [CASE.format("/a[0-9]")]),
        ("^/a+$", {"use_regex": "true"}, ("RegularExpression", "/a+"), None, [CASE.format("^/a+$")]),
        ("/a/.*", {"use_regex": "true"}, ("RegularExpression", "/a/.*"), None, [CASE.format("/a/.*")]),
        ("/shop(/|$)(.*)", {"use_regex": "true"}, ("PathPrefix", "/shop"), None, []),
        ("/shop(/|$)(.*)", {"rewrite_target": "/$2"}, ("PathPrefix", "/shop"), rest("/"), []),
        ("/shop(/|$)(.*)", {"rewrite_target": "/v2/$2"}, ("PathPrefix", "/shop"), rest("/v2"), []),
        ("/shop", {"rewrite_target": "/new"}, ("PathPrefix", "/shop"), full("/new"), []),
        ("/a[0-9]", {"rewrite_target": "/b"}, ("RegularExpression", "/a[0-9].*"), full("/b"), [CASE.format("/a[0-9]")]),
        (
            "/(a|b)/(.*)",
            {"rewrite_target": "/$2/$1"},
            ("RegularExpression", "/(a|b)/(.*)"),
            None,
            [CASE.format("/(a|b)/(.*)"), TARGET.format("/(a|b)/(.*)", "/$2/$1")],
        ),
        ("/shop", {"rewrite_target": "/$1"}, ("PathPrefix", "/shop"), None, [TARGET.format("/shop", "/$1")]),
    ],
)
def test_a_path_becomes_a_match_and_a_target_a_filter(
    path: str, said: Any, match: Any, change: Any, lost: list[str]
) -> None:
    migration = migrate(Source([rollout({"stableIngress": "web"})], [ingress(path, **said)]), Parent("public"))
    (rule,) = migration.manifests[0]["spec"]["rules"]
    assert rule["matches"] == [{"path": {"type": match[0], "value": match[1]}}]
    filters = [{"type": "URLRewrite", "urlRewrite": {"path": change}}] if change else []
    assert rule.get("filters", []) == filters
    assert list(migration.losses) == [f"Ingress web: {line}" for line in lost]


@pytest.mark.parametrize(
    ("given", "ingresses", "message"),
    [
        (rollout({}), [], "Rollout 'web' does not use nginx: trafficRouting.nginx names no Ingress"),
        (rollout({"stableIngress": "web"}), [], "the Ingress 'web' of Rollout 'web' is missing"),
        (
            rollout({"stableIngress": "web"}),
            [ingress(service="other")],
            "no Ingress of Rollout 'web' leads to its stable Service 'stable'",
        ),
        (
            rollout({"stableIngress": "web"}),
            [ingress(port={"name": "http"})],
            "Ingress 'web' names the port 'http' of Service 'stable', and an HTTPRoute needs its number",
        ),
        (
            rollout({"stableIngress": "web"}),
            [{"kind": "Ingress", "metadata": {"name": "web"}, "spec": {"rules": [{"http": {"paths": [{}]}}]}}],
            "Ingress 'web' cannot be read: Object missing required field `backend`",
        ),
        (rollout({"stableIngress": "web"}, stableService=""), [ingress()], "Rollout 'web' has no canaryService and"),
        (rollout({"stableIngress": 3}), [], "Rollout 'web' cannot be read: Expected `str`, got `int`"),
    ],
)
def test_what_is_missing_is_told(given: Any, ingresses: Any, message: str) -> None:
    with pytest.raises(MigrationError) as caught:
        migrate(Source([given], ingresses), Parent("public"))
    assert str(caught.value).startswith(message)


def test_two_rollouts_share_the_route_of_their_ingress() -> None:
    one, other = rollout({"stableIngress": "web"}), rollout({"stableIngress": "web"})
    other["metadata"]["name"] = "other"
    other["spec"]["strategy"]["canary"] |= {"stableService": "other", "canaryService": "new"}
    shared = ingress()
    shared["spec"]["rules"] += ingress("/other", service="other")["spec"]["rules"]
    route, *rollouts = migrate(Source([one, other], [shared]), Parent("public")).manifests
    assert [[ref["name"] for ref in rule["backendRefs"]] for rule in route["spec"]["rules"]] == [
        ["stable", "canary"],
        ["other", "new"],
    ]
    assert [item["metadata"]["name"] for item in rollouts] == ["web", "other"]


def test_a_second_route_does_not_take_the_name_of_another_ingress() -> None:
    one = ingress()
    one["spec"]["rules"] += [{"host": "b.test", "http": ingress("/b")["spec"]["rules"][0]["http"]}]
    other = ingress()
    other["metadata"]["name"] = "web-2"
    found = migrate(Source([rollout({"stableIngresses": ["web", "web-2"]})], [one, other]), Parent("public")).manifests
    assert [item["metadata"]["name"] for item in found] == ["web", "web-3", "web-2", "web"]
