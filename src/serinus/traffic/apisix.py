"""Traffic by the backend weights of an ApisixRoute.

The ApisixRoute is the user's: in its rules, we set the weights of canary and stable and nothing else. A header route is
an ApisixRoute of our own, named like the managed route, with a higher priority.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from serinus.api.canary import HeaderRouteStep, HeaderRoutingMatch
from serinus.api.kinds import Kind
from serinus.api.rollout import Rollout
from serinus.api.routing import ApisixRoute, TrafficRouting
from serinus.api.workload import Foreign
from serinus.plan import Ref
from serinus.traffic.found import invalid, is_set, is_somebody_elses, missing
from serinus.traffic.own import own, spec_like
from serinus.traffic.router import Ability, Found, Traffic, Trouble, Wanted, services_by_role

Rule = dict[str, Any]

_ROUTE = Kind("apisix.apache.org/v2", "ApisixRoute", "apisixroutes")


class Apisix:
    """ApisixRoutes of the Apache APISIX ingress controller."""

    name = "Apisix"
    supports: frozenset[Ability] = frozenset({"setHeaderRoute"})

    def serves(self, routing: TrafficRouting) -> bool:
        """Whether ``trafficRouting.apisix`` is set."""
        return routing.apisix is not None

    def reads(self, rollout: Rollout) -> Sequence[Ref]:
        """The user's ApisixRoute, and ours for header routes."""
        return [_ref(rollout, name) for name in [_spec(rollout).name, *_managed_routes(rollout)]]

    def problem(self, rollout: Rollout, found: Found) -> str:
        """A route or rule that is missing, a rule without our backends, a header route of somebody else."""
        return next(_troubles(rollout, found), "")

    def route(self, traffic: Traffic, found: Found) -> Sequence[Wanted]:
        """The user's route with the decided weights, and the header routes in force."""
        ref = _ref(traffic.rollout, _spec(traffic.rollout).name)
        item = found.get(ref)
        if item is None or traffic.is_settling:
            return ()
        names = _rule_names(traffic.rollout)
        rules = [_weighted(rule, traffic) if rule.get("name") in names else rule for rule in _rules(item)]
        message = f"ApisixRoute `{ref.name}` set to desiredWeight '{traffic.weight}'"
        weights = Wanted(ref, {"spec": {"http": rules}}, "UpdatedApisixRoute", message)
        return [weights, *_header_routes(traffic, item, found)]

    def verified(self, traffic: Traffic, found: Found) -> bool | None:
        """No before the routes say it; then unknown, as APISIX does not report for which generation it speaks."""
        return None if is_set(self.route(traffic, found), found) else False

    def leave(self, ref: Ref, found: Foreign, users: Collection[Rollout]) -> Wanted | None:  # noqa: ARG002
        """Nothing: header routes are controlled by the Rollout, and weights end with all on the stable Service."""
        return None


def _header_routes(traffic: Traffic, item: Foreign, found: Found) -> Iterator[Wanted]:
    names = _rule_names(traffic.rollout)
    weighted = [rule for rule in _rules(item) if rule.get("name") in names]
    count = len(traffic.header_routes)
    for index, step in enumerate(traffic.header_routes):
        ref = _ref(traffic.rollout, step.name)
        rules = [_canary_rule(rule, traffic.canary_service, step, count - index) for rule in weighted]
        manifest = own(ref, traffic.rollout, spec_like(item, found.get(ref)) | {"http": rules})
        yield Wanted(ref, manifest, "UpdatedApisixRoute", f"ApisixRoute `{ref.name}` leads to the canary")


def _canary_rule(rule: Rule, service: str, step: HeaderRouteStep, above: int) -> Rule:
    """A rule for requests with the headers of a step; the first managed route has the highest priority."""
    match = rule.get("match") or {}
    exprs = [*(match.get("exprs") or []), *(_expr(item) for item in step.match)]
    backends = [entry | {"weight": 100} for entry in _backends(rule) if entry.get("serviceName") == service]
    priority = (rule.get("priority") or 0) + above
    return rule | {"backends": backends, "priority": priority, "match": match | {"exprs": exprs}}


def _expr(item: HeaderRoutingMatch) -> dict[str, Any]:
    subject, value = {"scope": "Header", "name": item.header_name}, item.header_value
    if value.exact is not None:
        return {"subject": subject, "op": "Equal", "value": value.exact}
    pattern = value.regex if value.prefix is None else f"^{value.prefix}.*"
    return {"subject": subject, "op": "RegexMatch", "value": pattern}


def _weighted(rule: Rule, traffic: Traffic) -> Rule:
    weights = {traffic.canary_service: traffic.weight, traffic.stable_service: traffic.stable_weight}
    backends = [
        entry | {"weight": weights[entry["serviceName"]]} if entry.get("serviceName") in weights else entry
        for entry in _backends(rule)
    ]
    return rule | {"backends": backends}


def _troubles(rollout: Rollout, found: Found) -> Iterator[Trouble]:
    name = _spec(rollout).name
    if not name:
        yield Trouble(".route.name: Required value: name the ApisixRoute")
    item = found.get(_ref(rollout, name))
    if item is None:
        yield missing(".route.name", _ROUTE, name)
        return
    rules = {rule.get("name"): rule for rule in _rules(item)}
    for rule_name in _rule_names(rollout):
        if rule_name not in rules:
            yield invalid(".route.rules", rule_name, f"Apisix http route rule {rule_name} not found")
            continue
        services = [entry.get("serviceName") for entry in _backends(rules[rule_name])]
        for service in services_by_role(rollout):
            if service not in services:
                yield invalid(".route.rules", rule_name, f"apisix route {service} backend was not found")
    for route in _managed_routes(rollout):
        if is_somebody_elses(found.get(_ref(rollout, route)), rollout):
            yield invalid(".route.name", name, f"duplicate ApisixRoute [{route}] already exists")


def _spec(rollout: Rollout) -> ApisixRoute:
    canary = rollout.spec.strategy.canary
    routing = canary.traffic_routing if canary else None
    return (routing.apisix.route if routing and routing.apisix else None) or ApisixRoute(name="")


def _rule_names(rollout: Rollout) -> tuple[str, ...]:
    """The rules that are weighted: by default the one that is named like the route."""
    spec = _spec(rollout)
    return spec.rules or (spec.name,)


def _managed_routes(rollout: Rollout) -> list[str]:
    canary = rollout.spec.strategy.canary
    routing = canary.traffic_routing if canary else None
    return [managed.name for managed in routing.managed_routes] if routing else []


def _ref(rollout: Rollout, name: str) -> Ref:
    return Ref(_ROUTE, rollout.metadata.namespace, name)


def _rules(item: Foreign) -> list[Rule]:
    return (item.raw.get("spec") or {}).get("http") or []


def _backends(rule: Rule) -> list[dict[str, Any]]:
    return rule.get("backends") or []
