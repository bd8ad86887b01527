"""What no router of a Rollout can do is said, with those that could."""

from typing import Any

import pytest

from rollout.scenes import rollout
from serinus.plugins import routers
from serinus.rollout.abilities import unable
from stories import manifests

HEADER = {"setHeaderRoute": {"name": "a", "match": [{"headerName": "x", "headerValue": {"exact": "y"}}]}}
MIRROR = {"setMirrorRoute": {"name": "a", "match": [{"path": {"prefix": "/"}}]}}
EXPERIMENT = {"experiment": {"templates": [{"name": "e", "specRef": "canary", "weight": 5}]}}
STEP = "spec.strategy.canary.steps[0]"

NGINX = {"nginx": {"stableIngress": "x"}}
ISTIO = {"istio": {"virtualService": {"name": "x"}}}
ALB = {"alb": {"ingress": "x", "servicePort": 80}}
SMI: dict[str, Any] = {"smi": {}}
GATEWAY = {"plugins": {"argoproj-labs/gatewayAPI": {"httpRoute": "x"}}}
PING_PONG = {"pingPong": {"pingService": "a", "pongService": "b"}}


def said(routing: dict[str, Any], step: dict[str, Any], **canary: Any) -> list[str]:
    item = rollout(manifests.routed((step,), trafficRouting=routing, **canary))
    return list(unable(item, routers()))


@pytest.mark.parametrize(
    ("routing", "step", "text"),
    [
        (
            NGINX,
            HEADER,
            "SetHeaderRoute requires TrafficRouting, supports ALB, Apisix, argoproj-labs/gatewayAPI, Istio",
        ),
        (SMI, HEADER, "SetHeaderRoute requires TrafficRouting, supports ALB, Apisix, argoproj-labs/gatewayAPI, Istio"),
        (ALB, MIRROR, "SetMirrorRoute requires TrafficRouting, supports argoproj-labs/gatewayAPI, Istio"),
        (
            NGINX,
            EXPERIMENT,
            "Experiment template weight requires TrafficRouting, supports ALB, argoproj-labs/gatewayAPI, Istio, SMI",
        ),
    ],
)
def test_a_step_that_no_router_can_carry_out(routing: dict[str, Any], step: dict[str, Any], text: str) -> None:
    (found,) = said(routing, step)
    assert found.startswith(STEP)
    assert found.endswith(text)


@pytest.mark.parametrize(
    ("routing", "step"),
    [(ISTIO, HEADER), (ALB, HEADER), (GATEWAY, MIRROR), (SMI, EXPERIMENT), (NGINX | ISTIO, MIRROR)],
)
def test_one_router_that_can_is_enough(routing: dict[str, Any], step: dict[str, Any]) -> None:
    assert said(routing, step) == []


def test_other_weights_than_percent_need_a_router_that_knows_them() -> None:
    assert said(ISTIO | {"maxTrafficWeight": 1000}, manifests.weight(1)) == [
        "spec.strategy.canary.trafficRouting.maxTrafficWeight: Invalid value: 1000: needs nginx or a plugin"
    ]
    assert said(GATEWAY | {"maxTrafficWeight": 1000}, manifests.weight(1)) == []


def test_ping_pong_needs_a_router_that_knows_it() -> None:
    (found,) = said(SMI, manifests.weight(1), **PING_PONG)
    assert found.endswith("works with these traffic routers only: ALB, argoproj-labs/gatewayAPI, Istio")
    assert said(GATEWAY, manifests.weight(1), **PING_PONG) == []
