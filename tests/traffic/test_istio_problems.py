"""What is said of Istio objects that are not as the Rollout says."""

from typing import Any

import pytest

from serinus.traffic.istio import Istio
from serinus.traffic.router import Trouble
from traffic.cases import Manifest, objects, rollout

ONE = {"virtualService": {"name": "site"}}
VS = '.virtualService.name: Invalid value: "site": '
TO_STABLE, TO_CANARY = {"destination": {"host": "web"}}, {"destination": {"host": "web-canary"}}
BOTH = [TO_STABLE, TO_CANARY]
SUBSETS = [{"destination": {"host": "web", "subset": name}} for name in ("stable", "canary")]
RULE = {"name": "rule", "canarySubsetName": "canary", "stableSubsetName": "stable"}
OMITTED = (
    "spec.{0}[] should be set in VirtualService and it must have exactly one route when omitting "
    "spec.strategy.canary.trafficRouting.istio.virtualService.{1}"
)


def service(**spec: Any) -> Manifest:
    meta = {"name": "site", "namespace": "shop"}
    return {"apiVersion": "networking.istio.io/v1alpha3", "kind": "VirtualService", "metadata": meta, "spec": spec}


def rule(*names: str, **annotations: str) -> Manifest:
    meta = {"name": "rule", "namespace": "shop", "annotations": annotations}
    spec = {"host": "web", "subsets": [{"name": name} for name in names]}
    return {"apiVersion": "networking.istio.io/v1alpha3", "kind": "DestinationRule", "metadata": meta, "spec": spec}


def named(**fields: Any) -> dict[str, Any]:
    return {"virtualService": {"name": "site"} | fields}


PROBLEMS = [
    ({}, [], ".virtualService: Invalid value: set exactly one of virtualService and virtualServices"),
    (
        ONE | {"virtualServices": [{"name": "site"}]},
        [service(http=[{"route": BOTH}])],
        ".virtualService: Invalid value: set exactly one of virtualService and virtualServices",
    ),
    (ONE, [], VS + 'virtualservices.networking.istio.io "site" not found'),
    (
        {"virtualServices": [{"name": "site"}, {"name": "edge.gateways"}]},
        [service(http=[{"route": BOTH}])],
        (
            '.virtualServices[1].name: Invalid value: "edge.gateways": '
            'virtualservices.networking.istio.io "edge" not found'
        ),
    ),
    (
        {"virtualServices": [{"name": "site"}, {"name": "site.shop"}]},
        [service(http=[{"route": BOTH}])],
        '.virtualServices[0].name: Invalid value: "site": is named twice: list its routes in one entry',
    ),
    (ONE, [service()], VS + "Unable to get any of the HTTP, TCP or TLS routes for the Istio VirtualService"),
    (
        named(routes=["primary"]),
        [service(http=[{"name": "other", "route": BOTH}])],
        (
            f"{VS}Istio VirtualService has invalid HTTP routes. Error: "
            "HTTP Route 'primary' is not found in the defined Virtual Service."
        ),
    ),
    (
        ONE,
        [service(http=[{"name": "a", "route": BOTH}, {"name": "b", "route": BOTH}])],
        f"{VS}Istio VirtualService has invalid HTTP routes. Error: {OMITTED.format('http', 'routes')}",
    ),
    (
        ONE,
        [service(tls=[{"route": BOTH}, {"route": BOTH}])],
        f"{VS}Istio VirtualService has invalid TLS routes. Error: {OMITTED.format('tls', 'tlsRoutes')}",
    ),
    (
        ONE,
        [service(tcp=[{"route": BOTH}, {"route": BOTH}])],
        f"{VS}Istio VirtualService has invalid TCP routes. Error: {OMITTED.format('tcp', 'tcpRoutes')}",
    ),
    (
        named(tlsRoutes=[{"port": 443, "sniHosts": ["a"]}]),
        [service(tls=[{"match": [{"port": 443, "sniHosts": ["a", "b"]}], "route": BOTH}])],
        (
            f"{VS}Istio VirtualService has invalid TLS routes. Error: "
            "No matching TLS routes found in the defined Virtual Service."
        ),
    ),
    (
        named(tcpRoutes=[{"port": 1}]),
        [service(tcp=[{"match": [{"port": 1}, {"port": 2}], "route": BOTH}])],
        (
            f"{VS}Istio VirtualService has invalid TCP routes. Error: "
            "No matching TCP routes found in the defined Virtual Service."
        ),
    ),
    (
        ONE,
        [service(http=[{"route": [TO_STABLE]}])],
        f"{VS}Istio VirtualService has invalid HTTP routes. Error: Canary Service 'web-canary' not found in route",
    ),
    (
        ONE,
        [service(tcp=[{"route": [TO_CANARY]}])],
        f"{VS}Istio VirtualService has invalid TCP routes. Error: Stable Service 'web' not found in route",
    ),
    (
        ONE | {"destinationRule": RULE},
        [service(http=[{"route": BOTH}]), rule("canary", "stable")],
        (
            f"{VS}Istio VirtualService has invalid HTTP routes. Error: "
            "Canary DestinationRule subset 'canary' not found in route"
        ),
    ),
    (
        ONE | {"destinationRule": RULE},
        [service(http=[{"route": SUBSETS[1:]}]), rule("canary", "stable")],
        (
            f"{VS}Istio VirtualService has invalid HTTP routes. Error: "
            "Stable DestinationRule subset 'stable' not found in route"
        ),
    ),
    (
        ONE | {"destinationRule": RULE},
        [service(http=[{"route": SUBSETS}])],
        '.destinationRule.name: Invalid value: "rule": destinationrules.networking.istio.io "rule" not found',
    ),
    (
        ONE | {"destinationRule": RULE},
        [service(http=[{"route": SUBSETS}]), rule("stable")],
        ".destinationRule.name: Invalid value: \"rule\": DestinationRule `rule` has no subset 'canary'",
    ),
    (
        ONE | {"destinationRule": RULE},
        [
            service(http=[{"route": SUBSETS}]),
            rule("canary", "stable", **{"argo-rollouts.argoproj.io/managed-by-rollouts": "api"}),
        ],
        '.destinationRule.name: Invalid value: "rule": DestinationRule `rule` is managed by another Rollout: api',
    ),
    (
        ONE | {"sessionAffinity": {"cookieName": "a b"}},
        [service(http=[{"route": BOTH}])],
        '.sessionAffinity.cookieName: Invalid value: "a b": use letters, digits, - and _ only',
    ),
    (
        ONE | {"sessionAffinity": {"maxAge": 0}},
        [service(http=[{"route": BOTH}])],
        ".sessionAffinity.maxAge: Invalid value: 0: must be greater than 0 seconds",
    ),
    (
        ONE | {"sessionAffinity": {}},
        [service(tcp=[{"route": BOTH}])],
        ".sessionAffinity: Forbidden: only HTTP routes can keep a user on a version by a cookie",
    ),
    (
        ONE | {"sessionAffinity": {}},
        [service(http=[{"route": [TO_STABLE | {"headers": {"response": {"add": {"Set-Cookie": "a=b"}}}}, TO_CANARY]}])],
        ".sessionAffinity: Forbidden: a destination sets a cookie already, which leaves no place for serinus",
    ),
]


@pytest.mark.parametrize(("istio", "given", "text"), PROBLEMS, ids=range(len(PROBLEMS)))
def test_what_is_wrong_is_said_in_words_that_name_field_and_route(
    istio: dict[str, Any], given: list[Manifest], text: str
) -> None:
    assert Istio().problem(rollout({"istio": istio}), objects(given)) == text


@pytest.mark.parametrize(
    ("istio", "given", "reason"),
    [
        (ONE, [], "VirtualServiceNotFound"),
        (ONE | {"destinationRule": RULE}, [service(http=[{"route": SUBSETS}])], "DestinationRuleNotFound"),
        (ONE, [service(http=[{"route": [TO_STABLE]}])], "TrafficRoutingError"),
    ],
)
def test_what_is_missing_has_an_event_of_its_own(istio: dict[str, Any], given: list[Manifest], reason: str) -> None:
    trouble = Istio().problem(rollout({"istio": istio}), objects(given))
    assert isinstance(trouble, Trouble)
    assert trouble.reason == reason


def test_a_canary_destination_that_we_took_out_is_not_missed() -> None:
    given = service(http=[{"name": "a", "route": [TO_STABLE]}])
    note = '{"shop/web":{"http/a":{"at":1,"route":{"destination":{"host":"web-canary"}}}}}'
    given["metadata"]["annotations"] = {"rollout.serinus.dev/canary-destinations": note}
    assert Istio().problem(rollout({"istio": ONE}), objects([given])) == ""


def test_a_note_that_somebody_made_unreadable_counts_as_none() -> None:
    given = service(http=[{"name": "a", "route": [TO_STABLE]}])
    given["metadata"]["annotations"] = {"rollout.serinus.dev/canary-destinations": '{"shop/web": 7'}
    assert "Canary Service 'web-canary' not found in route" in Istio().problem(
        rollout({"istio": ONE}), objects([given])
    )


@pytest.mark.parametrize("version", ["v1alpha3", "v1beta1", "v1"])
def test_the_version_of_the_api_is_the_operators_choice(version: str) -> None:
    (ref,) = Istio(version).reads(rollout({"istio": ONE}))
    assert ref.path == f"/apis/networking.istio.io/{version}/namespaces/shop/virtualservices/site"
