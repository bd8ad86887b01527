"""What AWS says of a load balancer, compared with what was decided."""

from typing import Any

import pytest

from serinus.plan import Answer, Ask, Balanced, Balancer, Refused
from serinus.traffic.alb import Alb
from serinus.traffic.router import Verifier
from traffic.cases import objects, rollout, traffic

ROUTER = Alb()
HOST = "k8s-shop-edge-1.eu-west-1.elb.amazonaws.com"
ASK = Balancer(HOST, "7")


def found(*hosts: str) -> Any:
    backend = {"service": {"name": "web", "port": {"name": "use-annotation"}}}
    ingress = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "edge", "namespace": "shop", "resourceVersion": "7"},
        "spec": {"rules": [{"http": {"paths": [{"path": "/", "backend": backend}]}}]},
        "status": {"loadBalancer": {"ingress": [{"hostname": host} for host in hosts]}},
    }
    return objects([ingress])


def decided(weight: int = 20, **more: Any) -> Any:
    return traffic(rollout({"alb": {"ingress": "edge", "servicePort": 80}}), weight=weight, **more)


def balanced(*forwards: dict[str, int]) -> Balanced:
    named = tuple({f"shop/edge-{name}:80": share for name, share in item.items()} for item in forwards)
    return Balanced("shop", "arn", (), named)


SPLIT = {"web": 80, "web-canary": 20}


def test_each_load_balancer_is_asked_about_in_the_version_of_its_ingress() -> None:
    assert isinstance(ROUTER, Verifier)
    assert ROUTER.asks(decided(), found(HOST, "")) == [ASK]
    assert ROUTER.asks(decided(), found()) == []


@pytest.mark.parametrize(
    ("answers", "is_so"),
    [
        ({ASK: balanced(SPLIT)}, True),
        ({ASK: balanced(SPLIT, SPLIT)}, True),
        ({ASK: balanced(SPLIT, {"web": 100, "web-canary": 0})}, False),
        ({ASK: balanced(SPLIT | {"web-exp": 5})}, False),
        ({ASK: balanced({"other": 20, "another": 80})}, False),
        ({ASK: balanced()}, False),
        ({ASK: Refused("no")}, False),
        ({}, False),
    ],
)
def test_a_weight_is_in_effect_when_every_rule_for_both_has_it(answers: dict[Ask, Answer], is_so: bool) -> None:
    assert ROUTER.answered(decided(), found(HOST), answers) is is_so


def test_an_ingress_without_a_load_balancer_serves_nothing_yet() -> None:
    assert ROUTER.answered(decided(), found(), {}) is False


def test_versions_of_an_experiment_count() -> None:
    extra = decided(additional=[{"service": "web-exp", "weight": 10, "hash": "exp"}])
    forwards = {"web": 70, "web-canary": 20, "web-exp": 10}
    assert ROUTER.answered(extra, found(HOST), {ASK: balanced(forwards)}) is True
