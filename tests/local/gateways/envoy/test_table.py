"""From objects to routes, without any Envoy."""

from collections.abc import Callable
from typing import Any

import pytest

from serinus.local.gateways.envoy.model import Answer, Forward, Mesh, Routing, Text
from serinus.local.gateways.envoy.table import route

Read = Callable[..., Mesh]

SERVICES = """
kind: Service
metadata: {name: web}
spec: {ports: [{port: 80, name: http}]}
---
kind: Service
metadata: {name: api}
spec: {ports: [{port: 8080}, {port: 9090, name: grpc}]}
---
kind: Service
metadata: {name: far, namespace: shop}
spec: {ports: [{port: 80}]}
"""
CLASS = """
kind: GatewayClass
metadata: {name: serinus}
spec: {controllerName: local.serinus.dev/envoy}
"""


def gateway(**listener: Any) -> str:
    spoken = {"name": "http", "port": 80, "protocol": "HTTP", **listener}
    return f"kind: Gateway\nmetadata: {{name: door}}\nspec: {{gatewayClassName: serinus, listeners: [{_flow(spoken)}]}}"


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
    return (
        f"[{', '.join(map(_flow, value))}]" if isinstance(value, list) else f"'{value}'" if value == "*" else str(value)
    )


def http_route(name: str = "r", rules: str = "[{backendRefs: [{name: web, port: 80}]}]", **spec: Any) -> str:
    spoken = {"parentRefs": [{"name": "door"}], **spec}
    parts = ", ".join(f"{key}: {_flow(value)}" for key, value in spoken.items())
    return f"kind: HTTPRoute\nmetadata: {{name: {name}, generation: 4}}\nspec: {{{parts}, rules: {rules}}}"


def virtual(http: str, hosts: str = "shop.test", **spec: str) -> str:
    more = "".join(f", {key}: {value}" for key, value in spec.items())
    return f"kind: VirtualService\nmetadata: {{name: v}}\nspec: {{hosts: [{hosts}], http: {http}{more}}}"


def outside(routing: Routing) -> dict[str, list[Any]]:
    return {host.domains[0]: list(host.routes) for host in routing.outside}


def inside(routing: Routing, namespace: str = "default") -> dict[str, list[Any]]:
    hosts = dict(routing.inside)[namespace]
    return {domain: list(host.routes) for host in hosts for domain in host.domains}


def clusters(action: Any) -> list[tuple[str, int]]:
    assert isinstance(action, Forward)
    return [(share.cluster, share.weight) for share in action.shares]


@pytest.mark.parametrize(
    ("destination", "expected"),
    [
        ("{host: web}", "default_web_80"),
        ("{host: web.default.svc.cluster.local}", "default_web_80"),
        ("{host: far.shop}", "shop_far_80"),
        ("{host: far.shop.svc}", "shop_far_80"),
        ("{host: api, port: {number: 8080}}", "default_api_8080"),
        ("{host: api, port: {number: 9090}}", "default_api_9090_h2"),
        ("{host: api}", "_nowhere"),
        ("{host: web, port: {number: 81}}", "_nowhere"),
        ("{host: web, subset: unknown}", "_nowhere"),
        ("{host: example.com}", "_nowhere"),
    ],
)
def test_a_destination_is_a_port_of_a_service(destination: str, expected: str, mesh: Read) -> None:
    routing = route(mesh(SERVICES, virtual(f"[{{route: [{{destination: {destination}}}]}}]")))
    assert clusters(outside(routing)["shop.test"][0].action) == [(expected, 1)]


@pytest.mark.parametrize(
    ("gateways", "out", "within"),
    [("[]", True, True), ("[mesh]", False, True), ("[door]", True, False), ("[door, mesh]", True, True)],
)
def test_gateways_say_where_a_virtual_service_counts(gateways: str, out: bool, within: bool, mesh: Read) -> None:
    one = virtual("[{route: [{destination: {host: web}}]}]", gateways=gateways)
    routing = route(mesh(SERVICES, one), ["default"])
    assert ("shop.test" in outside(routing)) is out
    owner = [each.owner for each in inside(routing).get("shop.test", [])]
    assert owner == ["VirtualService default/v"] if within or out else not owner


def test_pods_reach_hosts_of_the_gateway_as_people_outside_do(mesh: Read) -> None:
    routing = route(mesh(SERVICES, CLASS, gateway(), http_route(hostnames=["out.test"])), ["default"])
    assert inside(routing)["out.test"] == inside(routing)["out.test:*"] == outside(routing)["out.test"]


@pytest.mark.parametrize(
    ("weights", "expected"),
    [((90, 10), [90, 10]), ((100, 0), [100]), ((0, 0), []), ((1, 3), [1, 3])],
)
def test_weights_are_taken_as_they_stand(weights: tuple[int, int], expected: list[int], mesh: Read) -> None:
    items = ", ".join(f"{{destination: {{host: web}}, weight: {weight}}}" for weight in weights)
    routing = route(mesh(SERVICES, virtual(f"[{{route: [{items}]}}]")))
    assert [weight for _, weight in clusters(outside(routing)["shop.test"][0].action)] == expected


def test_a_single_destination_gets_everything_whatever_its_weight(mesh: Read) -> None:
    routing = route(mesh(SERVICES, virtual("[{route: [{destination: {host: web}, weight: 0}]}]")))
    assert clusters(outside(routing)["shop.test"][0].action) == [("default_web_80", 1)]


def test_a_virtual_service_takes_the_place_of_a_services_direct_way_per_port(mesh: Read) -> None:
    one = virtual("[{match: [{port: 8080}], route: [{destination: {host: web}}]}]", hosts="api")
    routing = route(mesh(SERVICES, one), ["default", "shop"])
    found = inside(routing)
    assert clusters(found["api:8080"][0].action) == [("default_web_80", 1)]
    assert found["api:9090"] == []
    assert "api" not in found
    assert clusters(found["web"][0].action) == [("default_web_80", 1)]
    assert "web" not in inside(routing, "shop")
    assert clusters(inside(routing, "shop")["far"][0].action) == [("shop_far_80", 1)]


@pytest.mark.parametrize(
    ("http", "text"),
    [
        ("[{match: [{sourceLabels: {a: b}}], route: []}]", "sourceLabels: callers are known by namespace only"),
        ("[{delegate: {name: x}}]", "delegate: delegation is not served"),
        ("[{timeout: soon, route: []}]", "'soon' is not a duration"),
        ("[{headers: {request: {set: {'a b': c}}}, route: []}]", "'a b' is not a valid name of a header"),
        ("[{directResponse: {status: 99}}]", "99 is not from 200 to 599"),
        ("[{redirect: {redirectCode: 300}}]", "300 is none of 301"),
        ('[{match: [{uri: {exact: "/\\n"}}], route: []}]', "control characters"),
    ],
)
def test_what_cannot_be_served_is_left_out_with_the_field_and_the_reason(http: str, text: str, mesh: Read) -> None:
    routing = route(mesh(SERVICES, virtual(http)), ["default"])
    assert [remark.owner for remark in routing.left_out] == ["VirtualService default/v"]
    assert text in routing.left_out[0].text
    assert "shop.test" not in outside(routing)


def test_fields_without_effect_are_told(mesh: Read) -> None:
    routing = route(mesh(SERVICES, virtual("[{fault: {}, route: [{destination: {host: web}}]}]")))
    assert [remark.text for remark in routing.remarks] == ["spec.http[0].fault is not served"]


def test_the_more_specific_match_of_gateway_api_comes_first(mesh: Read) -> None:
    paths = [("PathPrefix", "/"), ("Exact", "/a"), ("PathPrefix", "/a/b"), ("PathPrefix", "/a")]
    matches = ", ".join(f"{{path: {{type: {kind}, value: {value}}}}}" for kind, value in paths)
    more = "{method: GET}, {headers: [{name: x, value: y}]}, {queryParams: [{name: q, value: z}]}"
    rules = f"[{{matches: [{matches}, {more}], backendRefs: [{{name: web, port: 80}}]}}]"
    routing = route(mesh(SERVICES, CLASS, gateway(), http_route(rules=rules)))
    found = [(each.match.path.kind, each.match.path.value) for each in outside(routing)["*"]]
    assert found[:3] == [("exact", "/a"), ("element", "/a/b"), ("element", "/a")]
    last = [(each.match.headers, each.match.queries) for each in outside(routing)["*"][3:]]
    assert last == [
        (((":method", Text("exact", "GET")),), ()),
        ((("x", Text("exact", "y")),), ()),
        ((), (("q", Text("exact", "z")),)),
        ((), ()),
    ]


@pytest.mark.parametrize(
    ("listener", "hostnames", "expected"),
    [
        ("", [], ["*"]),
        ("", ["a.test"], ["a.test"]),
        ("'*.test'", ["a.test", "b.other"], ["a.test"]),
        ("'*.test'", [], ["*.test"]),
        ("a.test", ["'*.test'"], ["a.test"]),
        ("a.test", ["b.test"], []),
        ("'*.test'", ["test"], []),
    ],
)
def test_a_route_is_served_under_the_names_that_it_shares_with_the_listener(
    listener: str, hostnames: list[str], expected: list[str], mesh: Read
) -> None:
    entrance = gateway(**({"hostname": listener} if listener else {}))
    routing = route(mesh(SERVICES, CLASS, entrance, http_route(hostnames=hostnames)))
    assert sorted(outside(routing)) == expected
    reason = "Accepted" if expected else "NoMatchingListenerHostname"
    assert [report.accepted[0] for report in routing.reports] == [reason]


@pytest.mark.parametrize(
    ("document", "accepted", "resolved"),
    [
        (http_route(), "Accepted", "ResolvedRefs"),
        (http_route(parentRefs=[{"name": "door", "sectionName": "other"}]), "NoMatchingParent", "ResolvedRefs"),
        (http_route(rules="[{backendRefs: [{name: nobody, port: 80}]}]"), "Accepted", "BackendNotFound"),
        (http_route(rules="[{backendRefs: [{name: web, port: 81}]}]"), "Accepted", "BackendNotFound"),
        (http_route(rules="[{backendRefs: [{name: x, kind: Bucket, group: s3}]}]"), "Accepted", "InvalidKind"),
        (
            http_route(rules="[{backendRefs: [{name: far, namespace: shop, port: 80}]}]"),
            "Accepted",
            "RefNotPermitted",
        ),
        (http_route(rules="[{filters: [{type: CORS}]}]"), "UnsupportedValue", "ResolvedRefs"),
        (http_route(parentRefs=[{"name": "nobody", "kind": "Service", "group": "''"}]), "NoMatchingParent", ""),
    ],
)
def test_a_routes_report_names_what_is_wrong(document: str, accepted: str, resolved: str, mesh: Read) -> None:
    report = route(mesh(SERVICES, CLASS, gateway(), document)).reports[0]
    assert (report.generation, report.accepted[0]) == (4, accepted)
    assert report.resolved[0] == (resolved or "ResolvedRefs")


GRANT = """
kind: ReferenceGrant
metadata: {name: grant, namespace: shop}
spec:
  from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: default}]
  to: [{group: '', kind: Service}]
"""


def test_a_grant_opens_services_of_another_namespace(mesh: Read) -> None:
    document = http_route(rules="[{backendRefs: [{name: far, namespace: shop, port: 80}]}]")
    routing = route(mesh(SERVICES, CLASS, gateway(), GRANT, document))
    assert routing.reports[0].resolved[0] == "ResolvedRefs"
    assert clusters(outside(routing)["*"][0].action) == [("shop_far_80", 1)]


@pytest.mark.parametrize(
    ("rule", "accepted"),
    [("{from: All}", True), ("{from: Same}", False), ("{from: Selector, selector: {matchLabels: {a: b}}}", True)],
)
def test_a_listener_says_from_which_namespaces_routes_may_come(rule: str, accepted: bool, mesh: Read) -> None:
    entrance = gateway(allowedRoutes=f"{{namespaces: {rule}}}")
    one = http_route(parentRefs=[{"name": "door", "namespace": "default"}]).replace(
        "name: r,", "name: r, namespace: x,"
    )
    space = "kind: Namespace\nmetadata: {name: x, labels: {a: b}}"
    report = route(mesh(SERVICES, CLASS, entrance, one, space)).reports[0]
    assert report.accepted[0] == ("Accepted" if accepted else "NotAllowedByListeners")


def test_gateways_of_other_classes_are_nobodys_business(mesh: Read) -> None:
    other = CLASS.replace("local.serinus.dev/envoy", "example.com/other")
    routing = route(mesh(SERVICES, other, gateway(), http_route()))
    assert (routing.reports, routing.outside) == ((), ())


def test_a_route_of_a_service_holds_for_what_pods_send_there(mesh: Read) -> None:
    ref = {"name": "web", "kind": "Service", "group": "''"}
    rules = "[{backendRefs: [{name: far, namespace: default, port: 80}, {name: api, port: 8080, weight: 3}]}]"
    routing = route(mesh(SERVICES, http_route(rules=rules, parentRefs=[ref])), ["default"])
    assert clusters(inside(routing)["web"][0].action) == [("_nowhere", 1), ("default_api_8080", 3)]
    assert routing.outside == ()


def test_a_rule_without_weights_answers_500(mesh: Read) -> None:
    rules = "[{backendRefs: [{name: web, port: 80, weight: 0}]}]"
    routing = route(mesh(SERVICES, CLASS, gateway(), http_route(rules=rules)))
    assert outside(routing)["*"][0].action == Answer(500)


def test_grpc_calls_are_paths_and_go_to_http2(mesh: Read) -> None:
    document = (
        "kind: GRPCRoute\nmetadata: {name: g}\nspec: {parentRefs: [{name: door}], rules: ["
        "{matches: [{method: {service: s.S, method: M}}, {method: {service: s.S}}],"
        " backendRefs: [{name: api, port: 8080}]}]}"
    )
    found = outside(route(mesh(SERVICES, CLASS, gateway(), document)))["*"]
    assert [(each.match.path.kind, each.match.path.value) for each in found] == [
        ("exact", "/s.S/M"),
        ("element", "/s.S"),
    ]
    assert clusters(found[0].action) == [("default_api_8080_h2", 1)]


def test_no_name_stands_twice_inside(mesh: Read) -> None:
    one = virtual("[{route: [{destination: {host: web}}]}]", hosts="web, web.default, far.shop, '*'")
    domains = [
        name for host in dict(route(mesh(SERVICES, one), ["default"]).inside)["default"] for name in host.domains
    ]
    assert len(domains) == len(set(domains))
