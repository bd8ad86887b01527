"""When the gateway's routes count as in effect."""

from fractions import Fraction

import pytest

from demo.seeds import MOMENTS
from serinus.demo.routes import is_in_effect
from serinus.demo.scenarios.column import FIRST, SECOND
from serinus.demo.sight import Sight
from serinus.local.gateways.addresses import LISTENS
from serinus.local.gateways.routing import Backend, Canary, Location, Routing, Server, Split

HOST = "myapp.example.com"
OLD, NEW = ("127.0.0.1:1", "127.0.0.1:2"), ("127.0.0.1:3",)


def pod(image: str, address: str, *, ready: str = "True", **metadata: object) -> dict:
    return {
        "metadata": {"annotations": {LISTENS: f'{{"80": "{address}"}}'}, **metadata},
        "spec": {"containers": [{"image": image}]},
        "status": {"conditions": [{"type": "Ready", "status": ready}]},
    }


SIGHT = Sight(
    pods=(
        *(pod(FIRST, address) for address in OLD),
        *(pod(SECOND, address) for address in NEW),
        pod(SECOND, "127.0.0.1:4", ready="False"),
        pod(SECOND, "127.0.0.1:5", deletionTimestamp="2026-01-01T00:00:00Z"),
    )
)


def routing(main: tuple[str, ...], split: tuple[str, ...] = (), percent: int = 0, host: str = HOST) -> Routing:
    canary = Split("a/c", Backend("a", "canary", "80", split), Canary(share=Fraction(percent, 100))) if split else None
    location = Location(owner="a/b", path="", backend=Backend("a", "stable", "80", main), split=canary)
    return Routing(servers=(Server(host, (location,)),))


@pytest.mark.parametrize(
    ("title", "found", "wanted"),
    [
        ("before", routing(OLD), True),
        ("before", routing(OLD[:1]), False),
        ("before", routing(NEW), False),
        ("before", routing(OLD, NEW, 10), False),
        ("before", routing(OLD, host="other.example.com"), False),
        ("before", Routing(), False),
        ("setWeight 10", routing(OLD, NEW, 10), True),
        ("setWeight 10", routing(OLD, NEW, 30), False),
        ("setWeight 10", routing(OLD, (*NEW, "127.0.0.1:4"), 10), False),
        ("setWeight 10", routing(OLD), False),
        ("full promotion", routing(NEW), True),
        ("full promotion", routing((*OLD, *NEW)), False),
        ("full promotion", routing(NEW, NEW, 60), False),
    ],
)
def test_only_exactly_what_is_wanted_is_in_effect(title: str, found: Routing, wanted: bool) -> None:
    assert is_in_effect(found, HOST, MOMENTS[title].wanted, SIGHT) is wanted


def test_without_any_pod_nothing_is_in_effect() -> None:
    assert not is_in_effect(routing(()), HOST, MOMENTS["before"].wanted, Sight())
