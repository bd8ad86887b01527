"""Given Ingresses, the routes that are wanted."""

from collections.abc import Callable
from fractions import Fraction

import pytest

from serinus.local.gateways.nginx.canary import PREFIX
from serinus.local.gateways.nginx.ingresses import route
from serinus.local.gateways.objects import Found
from serinus.local.gateways.routing import Location, Routing

Read = Callable[[str], Found]


def ingress(
    name: str, *paths: str, host: str = "shop.test", annotations: str = "", age: int = 1, more: str = ""
) -> str:
    """Write an Ingress; each path is "path type service"."""
    rules = ""
    if paths:
        items = ", ".join(
            f"{{path: '{path}', pathType: {kind}, backend: {{service: {{name: {service}, port: {{number: 80}}}}}}}}"
            for path, kind, service in (path.split(" ") for path in paths)
        )
        rules = f"rules: [{{host: '{host}', http: {{paths: [{items}]}}}}]"
    return f"""
kind: Ingress
metadata:
  name: {name}
  creationTimestamp: 2026-01-{age:02}T00:00:00Z
  annotations: {{{annotations or "kubernetes.io/ingress.class: nginx"}}}
spec:
  {rules}
  {more}
"""


def canary(name: str, *paths: str, age: int = 2, more: str = "", host: str = "shop.test") -> str:
    annotations = f"kubernetes.io/ingress.class: nginx, nginx.ingress.kubernetes.io/canary: 'true'{more}"
    return ingress(name, *paths, annotations=annotations, age=age, host=host)


def routes(found: Read, *documents: str) -> Routing:
    return route(found("\n---\n".join(documents)))


def table(routing: Routing) -> dict[str, str]:
    """Show routes as "host path" → "service + canary service"; `=` marks an exact path."""
    return {
        f"{server.host or '*'} {'=' if location.exact else ''}{location.path or '/'}": _goal(location)
        for server in routing.servers
        for location in server.locations
    }


def _goal(location: Location) -> str:
    main = location.backend.service if location.backend else "404"
    return f"{main} + {location.split.backend.service}" if location.split else main


DEFAULT = {"* /": "404"}


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["/ Prefix web"], {"shop.test /": "web"}),
        (["/a Prefix web"], {"shop.test /": "404", "shop.test /a": "web"}),
        (["/a/ Prefix web"], {"shop.test /": "404", "shop.test /a": "web"}),
        (["/a ImplementationSpecific web"], {"shop.test /": "404", "shop.test /a": "web"}),
        (["/a Exact web"], {"shop.test /": "404", "shop.test =/a": "web"}),
        (["/a Exact one", "/a Prefix two"], {"shop.test /": "404", "shop.test /a": "two", "shop.test =/a": "one"}),
        (["/ Exact web"], {"shop.test /": "404", "shop.test =/": "web"}),
        (["/a Prefix one", "/a/ Prefix two"], {"shop.test /": "404", "shop.test /a": "one"}),
    ],
)
def test_paths_become_locations(found: Read, paths: list[str], expected: dict[str, str]) -> None:
    assert table(routes(found, ingress("web", *paths))) == DEFAULT | expected


def test_the_oldest_ingress_wins_a_place(found: Read) -> None:
    routing = routes(found, ingress("new", "/ Prefix new", age=9), ingress("old", "/ Prefix old", age=1))
    assert table(routing)["shop.test /"] == "old"
    assert [remark.ingress for remark in routing.remarks] == ["default/new"]
    assert "older Ingress default/old" in routing.remarks[0].text


def test_ingresses_of_one_age_go_by_name(found: Read) -> None:
    routing = routes(found, ingress("b", "/ Prefix b"), ingress("a", "/ Prefix a"))
    assert table(routing)["shop.test /"] == "a"


def test_several_ingresses_share_a_host(found: Read) -> None:
    routing = routes(found, ingress("a", "/a Prefix a"), ingress("b", "/b Prefix b", age=2))
    assert table(routing) == DEFAULT | {"shop.test /": "404", "shop.test /a": "a", "shop.test /b": "b"}


def test_a_default_backend_alone_answers_for_everything(found: Read) -> None:
    rest = "defaultBackend: {service: {name: rest, port: {number: 80}}}"
    assert table(routes(found, ingress("rest", more=rest))) == {"* /": "rest"}


def test_a_default_backend_answers_for_the_other_paths_of_its_hosts(found: Read) -> None:
    rest = "defaultBackend: {service: {name: rest, port: {number: 80}}}"
    routing = routes(found, ingress("web", "/a Prefix web", more=rest))
    assert table(routing) == {"* /": "rest", "shop.test /": "rest", "shop.test /a": "web"}


def test_a_rule_without_a_host_serves_all_other_hosts(found: Read) -> None:
    assert table(routes(found, ingress("web", "/ Prefix web", host=""))) == {"* /": "web"}


def test_a_rule_without_paths_goes_to_the_default_backend(found: Read) -> None:
    more = "rules: [{host: shop.test}]\n  defaultBackend: {service: {name: rest, port: {number: 80}}}"
    assert table(routes(found, ingress("web", more=more))) == {"* /": "rest", "shop.test /": "rest"}


@pytest.mark.parametrize(
    ("annotations", "more", "served"),
    [
        ("kubernetes.io/ingress.class: nginx", "", True),
        ("kubernetes.io/ingress.class: traefik", "", False),
        ("kubernetes.io/ingress.class: traefik", "ingressClassName: nginx", False),
        ("kubernetes.io/ingress.class: nginx", "ingressClassName: traefik", True),
        ("a: b", "ingressClassName: nginx", True),
        ("a: b", "ingressClassName: traefik", False),
        ("a: b", "ingressClassName: public", True),
        ("a: b", "ingressClassName: taken", False),
        ("a: b", "", False),
    ],
)
def test_only_our_class_is_served(found: Read, annotations: str, more: str, served: bool) -> None:
    classes = """
kind: IngressClass
metadata: {name: public}
spec: {controller: k8s.io/ingress-nginx}
---
kind: IngressClass
metadata: {name: taken}
spec: {controller: example.com/other}
"""
    routing = routes(found, classes, ingress("web", "/ Prefix web", annotations=annotations, more=more))
    assert ("shop.test /" in table(routing)) is served


def test_a_class_that_somebody_else_named_nginx_is_not_ours(found: Read) -> None:
    taken = "kind: IngressClass\nmetadata: {name: nginx}\nspec: {controller: nginx.org/ingress-controller}"
    routing = routes(found, taken, ingress("web", "/ Prefix web", annotations="a: b", more="ingressClassName: nginx"))
    assert table(routing) == DEFAULT


def test_a_canary_stands_beside_the_ingress_of_its_host_and_path(found: Read) -> None:
    weight = ", nginx.ingress.kubernetes.io/canary-weight: '30'"
    routing = routes(found, ingress("web", "/ Prefix web", "/a Prefix a"), canary("two", "/ Prefix two", more=weight))
    assert table(routing) == DEFAULT | {"shop.test /": "web + two", "shop.test /a": "a"}
    split = routing.servers[1].locations[0].split
    assert split is not None
    assert (split.rule.share, split.owner) == (Fraction(30, 100), "default/two")


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (canary("two", "/b Prefix two"), "no Ingress that this canary could stand beside"),
        (canary("two", "/ Exact two"), "no Ingress that this canary could stand beside"),
        (canary("two", "/ Prefix two", host="other.test"), "no Ingress that this canary could stand beside"),
        (canary("two", "/ Prefix web"), "already goes to default/web"),
    ],
)
def test_a_canary_beside_nothing_is_ignored(found: Read, made: str, text: str) -> None:
    routing = routes(found, ingress("web", "/ Prefix web"), made)
    assert table(routing) == DEFAULT | {"shop.test /": "web"}
    assert text in routing.remarks[0].text


def test_a_canary_alone_serves_nothing(found: Read) -> None:
    assert table(routes(found, canary("two", "/ Prefix two"))) == DEFAULT


def test_a_canary_that_is_older_than_its_main_ingress_still_stands_beside_it(found: Read) -> None:
    routing = routes(found, canary("two", "/ Prefix two", age=1), ingress("web", "/ Prefix web", age=5))
    assert table(routing)["shop.test /"] == "web + two"


def test_the_oldest_canary_counts(found: Read) -> None:
    routing = routes(
        found,
        ingress("web", "/ Prefix web"),
        canary("three", "/ Prefix three", age=3),
        canary("two", "/ Prefix two", age=2),
    )
    assert table(routing)["shop.test /"] == "web + two"
    assert routing.remarks[0].text == "shop.test/ already has the canary default/two"


def test_a_canary_of_a_default_backend(found: Read) -> None:
    main = ingress("rest", more="defaultBackend: {service: {name: rest, port: {number: 80}}}")
    second = canary("two").replace("spec:", "spec: {defaultBackend: {service: {name: two, port: {number: 80}}}}")
    assert table(routes(found, main, second)) == {"* /": "rest + two"}


@pytest.mark.parametrize(
    ("document", "field"),
    [
        (ingress("web", "/ Prefix web", host="Shop.test"), "spec.rules[0].host"),
        (ingress("web", "/ Prefix web", host="a b"), "spec.rules[0].host"),
        (ingress("web", "/ Prefix web", host="*"), "spec.rules[0].host"),
        (ingress("web", "a Prefix web"), "spec.rules[0].http.paths[0].path"),
        (ingress("web", "/\x85a Prefix web").replace("'/\x85a'", '"/\\u0085a"'), "spec.rules[0].http.paths[0].path"),
        (ingress("web", f"/{'a' * 1001} Prefix web"), "longer than 1000 bytes"),
        (ingress("web", "/ Prefix Web_1"), "spec.rules[0].http.paths[0].service.name"),
        (ingress("web", more="defaultBackend: {resource: {kind: Bucket, name: a}}"), "only Services are served"),
        (canary("web", "/ Prefix web", more=", nginx.ingress.kubernetes.io/canary-by-header: 'a b'"), "by-header"),
    ],
)
def test_an_ingress_that_cannot_be_served_is_left_out_with_the_field(found: Read, document: str, field: str) -> None:
    routing = routes(found, document, ingress("good", "/ Prefix good", host="good.test"))
    assert table(routing) == DEFAULT | {"good.test /": "good"}
    assert [remark.ingress for remark in routing.left_out] == ["default/web"]
    assert field in routing.left_out[0].text


def test_an_ingress_that_nginx_refused_is_left_out_with_its_reason(found: Read) -> None:
    routing = route(found(ingress("web", "/ Prefix web")), {"default/web": "nginx refuses it"})
    assert table(routing) == DEFAULT
    assert routing.left_out[0].text == "nginx refuses it"


def test_annotations_without_effect_are_named(found: Read) -> None:
    annotations = (
        "kubernetes.io/ingress.class: nginx, nginx.ingress.kubernetes.io/rewrite-target: /, "
        "nginx.ingress.kubernetes.io/canary-weight: '5'"
    )
    texts = [remark.text for remark in routes(found, ingress("web", "/ Prefix web", annotations=annotations)).remarks]
    assert texts == [
        f"annotation {PREFIX}rewrite-target is not served",
        f'annotation {PREFIX}canary-weight has no effect without {PREFIX}canary: "true"',
    ]


def test_tls_sections_do_not_matter(found: Read) -> None:
    more = "tls: [{hosts: [shop.test], secretName: cert}]"
    assert table(routes(found, ingress("web", "/ Prefix web", more=more)))["shop.test /"] == "web"
