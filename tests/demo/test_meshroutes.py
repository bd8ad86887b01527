"""When Envoy's routes count as in effect."""

import pytest
from msgspec.structs import replace

from demo.seeds import ISTIO_MOMENTS
from demo.test_routes import NEW, OLD, SIGHT
from serinus.demo.meshroutes import is_in_effect
from serinus.demo.scenarios.istio import DOOR
from serinus.demo.sight import Sight
from serinus.local.gateways.envoy.model import Answer, Cluster, Forward, Host, Match, Route, Routing, Share

CLUSTERS = (Cluster("stable", OLD), Cluster("canary", NEW), Cluster("empty"))


def host(name: str, **weights: int) -> Host:
    shares = tuple(Share(cluster, weight) for cluster, weight in weights.items())
    return Host((name, f"{name}:80"), (Route("VirtualService a/b", Match(), Forward(shares=shares)),))


def routing(**weights: int) -> Routing:
    """Routes with the same weights from outside and from inside."""
    inside = (("default", (host(DOOR.service, **weights),)),)
    return Routing(outside=(host(DOOR.host, **weights),), inside=inside, clusters=CLUSTERS)


TEN = routing(stable=90, canary=10)
ANSWER = Host((DOOR.host,), (Route("VirtualService a/b", Match(), Answer(200)),))


@pytest.mark.parametrize(
    ("title", "found", "wanted"),
    [
        ("before", routing(stable=1), True),
        ("before", TEN, False),
        ("before", Routing(), False),
        ("before", routing(canary=1), False),
        ("setWeight 10", TEN, True),
        ("setWeight 10", routing(stable=9, canary=1), True),
        ("setWeight 10", routing(stable=70, canary=30), False),
        ("setWeight 10", routing(stable=90, empty=10), False),
        ("setWeight 10", routing(stable=90, gone=10), False),
        ("setWeight 10", replace(TEN, inside=()), False),
        ("setWeight 10", replace(TEN, inside=routing(stable=1).inside), False),
        ("setWeight 10", replace(TEN, outside=routing(stable=1).outside), False),
        ("setWeight 10", replace(TEN, outside=(ANSWER,)), False),
        ("setWeight 10", replace(TEN, clusters=(Cluster("stable", OLD), Cluster("canary", (*NEW, "a:1")))), False),
        ("full promotion", replace(routing(stable=1), clusters=(Cluster("stable", NEW),)), True),
        ("full promotion", routing(stable=1), False),
    ],
)
def test_only_exactly_what_is_wanted_is_in_effect(title: str, found: Routing, wanted: bool) -> None:
    assert is_in_effect(found, DOOR, ISTIO_MOMENTS[title].wanted, SIGHT) is wanted


def test_the_inside_does_not_count_where_nobody_calls_from_there() -> None:
    wanted = replace(ISTIO_MOMENTS["setWeight 10"].wanted, second=None)
    assert is_in_effect(replace(TEN, inside=()), DOOR, wanted, SIGHT)


def test_without_any_pod_nothing_is_in_effect() -> None:
    assert not is_in_effect(routing(empty=1), DOOR, ISTIO_MOMENTS["before"].wanted, Sight())
