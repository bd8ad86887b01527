"""What keeps Gateway API routes from splitting traffic, in words that name the field."""

from collections.abc import Iterator, Sequence

import msgspec

from serinus.api.rollout import Rollout
from serinus.traffic import cookies
from serinus.traffic.found import invalid, is_somebody_elses
from serinus.traffic.gateway_affinity import sets_cookies
from serinus.traffic.gateway_config import GROUP, Asked, GatewayConfig, config_of
from serinus.traffic.gateway_own import Source, own_ref, unreached
from serinus.traffic.gateway_rules import roles_of, rules_of, weighted_rules
from serinus.traffic.router import Found, Trouble


def troubles(rollout: Rollout, asked: Sequence[Asked], found: Found) -> Iterator[Trouble]:
    """Everything that is wrong, in the order in which users should mend it."""
    try:
        config = config_of(rollout)
    except msgspec.ValidationError as error:
        yield Trouble(str(error))
        return
    yield from _config(config, asked)
    for item in asked:
        yield from _route(rollout, item, found)
    yield from _extra_routes(rollout, asked, found)
    if config.session_affinity is not None:
        yield from _affinity(rollout, config, asked, found)


def _config(config: GatewayConfig, asked: Sequence[Asked]) -> Iterator[Trouble]:
    for kind, selector in config.selectors.items():
        field = f".{kind}RouteSelector"
        if selector.is_empty:
            yield Trouble(f"{field}: Invalid value: {{}}: an empty selector would match every route: name a label")
        elif not any(item.field == field for item in asked):
            yield invalid(field, selector, "no other route has these labels")
    if not asked and not config.selectors:
        yield Trouble("name at least one route in httpRoutes, grpcRoutes, tcpRoutes or tlsRoutes")
    refs = [item.ref for item in asked]
    for item in asked:
        if refs.count(item.ref) > 1:
            yield invalid(item.field, item.ref.name, "is named twice: without ruleName, all its rules are weighted")


def _route(rollout: Rollout, asked: Asked, found: Found) -> Iterator[Trouble]:
    route = found.get(asked.ref)
    name, kind = asked.ref.name, asked.ref.kind
    if route is None:
        text = f'{kind.plural}.{GROUP} "{name}" not found in namespace {asked.ref.namespace}'
        yield invalid(asked.field, name, text, "RouteNotFound")
        return
    roles = roles_of(rollout)
    if not weighted_rules(rules_of(route), roles, asked.rule_name):
        rule = f"no rule named `{asked.rule_name}`" if asked.rule_name else "no rule"
        text = f"{kind.kind} `{name}` has {rule} with backends {roles.canary} and {roles.stable}"
        yield invalid(asked.field, name, text)
    own = found.get(own_ref(asked, rollout.name)) if asked.has_requests else None
    if own and is_somebody_elses(own, rollout):
        yield invalid(asked.field, name, f"{kind.kind} `{own.metadata.name}` controlled by different object")


def _extra_routes(rollout: Rollout, asked: Sequence[Asked], found: Found) -> Iterator[Trouble]:
    canary = rollout.spec.strategy.canary
    steps = canary.steps if canary else ()
    headers = [step.set_header_route for step in steps if step.set_header_route and step.set_header_route.match]
    mirrors = [step.set_mirror_route for step in steps if step.set_mirror_route and step.set_mirror_route.match]
    takers = [item for item in asked if item.has_header_routes and item.has_requests]
    if headers and not takers:
        yield Trouble(".httpRoutes: Invalid value: setHeaderRoute needs a route with useHeaderRoutes: true")
    sources = [source for item in asked if (source := _source(rollout, item, found))]
    for step in mirrors:
        if any(item.method is not None and item.method.exact is None for item in step.match):
            yield Trouble(f".httpRoutes: Invalid value: mirror route {step.name}: a method is matched by exact only")
        if all(unreached(step, source) for source in sources):
            yield Trouble(
                f".httpRoutes: Invalid value: mirror route {step.name} asks for what weighted rules take themselves, "
                "or for what they never get: match a longer path, a method or a header"
            )
    if (headers or mirrors) and any(item.ref.namespace != rollout.metadata.namespace for item in asked):
        yield _elsewhere("header and mirror routes")


def _affinity(rollout: Rollout, config: GatewayConfig, asked: Sequence[Asked], found: Found) -> Iterator[Trouble]:
    affinity, roles = config.session_affinity, roles_of(rollout)
    if affinity is None:
        return
    yield from cookies.troubles(affinity)
    if not any(item.is_http for item in asked):
        yield Trouble(".sessionAffinity: Forbidden: only HTTPRoutes can keep a user on a version by a cookie")
    if any(item.ref.namespace != rollout.metadata.namespace for item in asked if item.is_http):
        yield _elsewhere("session affinity")
    for source in (source for item in asked if (source := _source(rollout, item, found))):
        for service in (roles.canary, roles.stable):
            if any(sets_cookies(rule, service, affinity.cookie_name) for rule in source.rules):
                detail = f"backend {service} sets a cookie already, and a gateway adds a header only once"
                yield invalid(source.asked.field, source.asked.ref.name, detail)


def _source(rollout: Rollout, asked: Asked, found: Found) -> Source | None:
    route = found.get(asked.ref)
    if route is None or not asked.is_http:
        return None
    return Source(asked, route, weighted_rules(rules_of(route), roles_of(rollout), asked.rule_name))


def _elsewhere(what: str) -> Trouble:
    detail = "stand in a route that the Rollout owns, which must be in its own namespace"
    return Trouble(f".namespace: Invalid value: {what} {detail}")
