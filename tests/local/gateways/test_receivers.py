"""Which Services get requests through a gateway."""

from fractions import Fraction

import pytest

from serinus.local.gateways.envoy.model import Answer, Copy, Forward, Host, Match, Route, Share
from serinus.local.gateways.envoy.model import Routing as Mesh
from serinus.local.gateways.envoy.receivers import receivers
from serinus.local.gateways.routing import Backend, Canary, Location, Routing, Server, Split

STABLE, CANARY = ("default", "stable"), ("default", "canary")


@pytest.mark.parametrize(
    ("rule", "gets"),
    [
        (Canary(share=Fraction(1, 100)), True),
        (Canary(header="x-canary"), True),
        (Canary(cookie="canary"), True),
        (Canary(), False),
    ],
)
def test_nginx_sends_to_a_canary_whatever_its_rule_chooses(rule: Canary, gets: bool) -> None:
    split = Split("default/web", Backend(*CANARY, "80"), rule)
    location = Location(owner="default/web", path="", backend=Backend(*STABLE, "80"), split=split)
    found = Routing(servers=(Server("web.test", (location, Location(owner="", path="/none"))),)).receivers
    assert found == ({STABLE, CANARY} if gets else {STABLE})


def test_envoy_sends_to_what_routes_name_with_a_weight() -> None:
    split = Forward(shares=(Share("default_stable_80", 100), Share("default_canary_80", 0)))
    copied = Forward(shares=(Share("shop_web_80_v2_h2"), Share("_nowhere")), copies=(Copy("shop_shadow_80"),))
    routes = (Route("VirtualService default/v", Match(), split), Route("HTTPRoute shop/r", Match(), copied))
    direct = Route("Service default/canary", Match(), Forward(shares=(Share("default_canary_80"),)))
    silent = Route("VirtualService default/v", Match(), Answer(404))
    mesh = Mesh(outside=(Host(("a",), routes),), inside=(("default", (Host(("b",), (direct, silent)),)),))
    assert receivers(mesh) == {STABLE, ("shop", "web"), ("shop", "shadow")}
