"""What is wrong with traffic routing: with what the Rollout asks for, and with what routers find."""

from collections.abc import Iterator, Sequence

from serinus.api.canary import CanaryStep, CanaryStrategy, HeaderRouteStep, MirrorRouteStep, StringMatch
from serinus.api.rollout import Rollout
from serinus.api.routing import TrafficRouting
from serinus.plan import Seen
from serinus.rollout.complaints import forbidden, invalid, required
from serinus.rollout.target import canary_of
from serinus.traffic.router import Router, Trouble

_CANARY = "spec.strategy.canary"
_ROUTING = f"{_CANARY}.trafficRouting"
_OF_ALL = {"plugins", "managed_routes", "max_traffic_weight"}
_NAMES = zip(TrafficRouting.__struct_fields__, TrafficRouting.__struct_encode_fields__, strict=True)
_LAYERS = {name: field for name, field in _NAMES if name not in _OF_ALL}
"""The fields of layers, by attribute."""


def routing(rollout: Rollout) -> Iterator[str]:
    """What is wrong with the fields of ``trafficRouting`` and ``pingPong``, whatever the cluster holds."""
    canary = canary_of(rollout)
    yield from _ping_pong(canary)
    asked = canary.traffic_routing
    if asked is None:
        return
    if _needs_services(canary, asked) and not (canary.stable_service and canary.canary_service):
        yield required(f"{_CANARY}.stableService", "trafficRouting needs stableService and canaryService")
    if asked.nginx is not None and bool(asked.nginx.stable_ingress) == bool(asked.nginx.stable_ingresses):
        detail = "set exactly one of stableIngress and stableIngresses"
        yield invalid(f"{_ROUTING}.nginx", asked.nginx.stable_ingress, detail)
    if asked.max_traffic_weight is not None and asked.max_traffic_weight <= 0:
        yield invalid(f"{_ROUTING}.maxTrafficWeight", asked.max_traffic_weight, "must be greater than 0")


def route_step(step: CanaryStep, path: str, rollout: Rollout) -> Iterator[str]:
    """What is wrong with a step that sets a header or a mirror route."""
    asked = canary_of(rollout).traffic_routing or TrafficRouting()
    header, mirror = step.set_header_route, step.set_mirror_route
    if header is not None:
        yield from _managed(header, f"{path}.setHeaderRoute", asked)
        for index, item in enumerate(header.match):
            yield from _text(item.header_value, f"{path}.setHeaderRoute.match[{index}].headerValue")
    if mirror is not None:
        yield from _managed(mirror, f"{path}.setMirrorRoute", asked)
        yield from _mirror(mirror, f"{path}.setMirrorRoute")


def unknown_layers(rollout: Rollout, routers: Sequence[Router]) -> Iterator[str]:
    """The layers that no router that is installed serves."""
    asked = canary_of(rollout).traffic_routing
    if asked is None:
        return
    known = ", ".join(router.name for router in routers)
    for name, field in _LAYERS.items():
        value = getattr(asked, name)
        if value is not None and not _is_served(TrafficRouting(**{name: value}), routers):
            yield forbidden(f"{_ROUTING}.{field}", f"no router for it is installed; there are: {known}")
    named = [router.name for router in routers if router.serves(TrafficRouting(plugins={router.name: {}}))]
    for name, value in asked.plugins.items():
        if not _is_served(TrafficRouting(plugins={name: value}), routers):
            detail = f"no such router is installed; there are: {', '.join(named) or 'none'}"
            yield forbidden(f"{_ROUTING}.plugins[{name}]", detail)


def router_troubles(seen: Seen, routers: Sequence[Router]) -> dict[str, Trouble]:
    """What keeps each router of the Rollout from splitting traffic, by the router's name, with the field in front."""
    asked = canary_of(seen.rollout).traffic_routing
    serving = [router for router in routers if asked is not None and router.serves(asked)]
    found = {router.name: _trouble(seen, router) for router in serving}
    return {name: trouble for name, trouble in found.items() if trouble}


def _trouble(seen: Seen, router: Router) -> Trouble | None:
    path = f"{_ROUTING}.{_field(canary_of(seen.rollout).traffic_routing or TrafficRouting(), router)}"
    for ref in router.reads(seen.rollout):
        if ref in seen.unseen:
            return Trouble(f"{path}: Invalid value: {seen.unseen[ref]}")
    text = router.problem(seen.rollout, seen.objects)
    if not text:
        return None
    reason = text.reason if isinstance(text, Trouble) else "TrafficRoutingError"
    return Trouble(f"{path}{text}" if text.startswith(".") else f"{path}: Invalid value: {text}", reason)


def _field(asked: TrafficRouting, router: Router) -> str:
    """The field below ``trafficRouting`` by which a Rollout asks for a router."""
    for name, field in _LAYERS.items():
        value = getattr(asked, name)
        if value is not None and router.serves(TrafficRouting(**{name: value})):
            return field
    return f"plugins[{router.name}]"


def _is_served(asked: TrafficRouting, routers: Sequence[Router]) -> bool:
    return any(router.serves(asked) for router in routers)


def _needs_services(canary: CanaryStrategy, asked: TrafficRouting) -> bool:
    """Whether a layer tells the versions apart by Service alone."""
    by_service = any(getattr(asked, name) for name in _LAYERS if name not in {"istio", "alb"})
    by_host = asked.istio is not None and asked.istio.destination_rule is None
    return by_service or (canary.ping_pong is None and (by_host or asked.alb is not None))


def _ping_pong(canary: CanaryStrategy) -> Iterator[str]:
    ping_pong, path = canary.ping_pong, f"{_CANARY}.pingPong"
    if ping_pong is None:
        return
    ping, pong = ping_pong.ping_service, ping_pong.pong_service
    if not (ping and pong):
        yield invalid(
            f"{path}.pingService", ping, "Ping service and Pong service must to be set to use Ping-Pong feature"
        )
    elif ping == pong:
        text = "This rollout uses the same service for the ping and pong services, but two different ones are required."
        yield invalid(f"{path}.pingService", ping, text)


def _managed(step: HeaderRouteStep | MirrorRouteStep, path: str, asked: TrafficRouting) -> Iterator[str]:
    names = [managed.name for managed in asked.managed_routes]
    if not names:
        yield required(f"{_ROUTING}.managedRoutes", "Step requires spec.strategy.canary.trafficRouting.managedRoutes")
    elif step.name not in names:
        yield invalid(f"{path}.name", step.name, f"is not in {_ROUTING}.managedRoutes: {', '.join(names)}")


def _mirror(step: MirrorRouteStep, path: str) -> Iterator[str]:
    if step.percentage is not None and not 0 <= step.percentage <= 100:
        yield invalid(f"{path}.percentage", step.percentage, "needs to be between 0 and 100")
    for index, item in enumerate(step.match):
        parts = {"method": item.method, "path": item.path}
        parts |= {f"headers[{name}]": value for name, value in item.headers.items()}
        for name, value in parts.items():
            if value is not None:
                yield from _text(value, f"{path}.match[{index}].{name}")


def _text(match: StringMatch, path: str) -> Iterator[str]:
    if [match.exact, match.prefix, match.regex].count(None) != 2:
        yield invalid(path, match, "set exactly one of exact, prefix and regex")
