"""Traffic by the actions of the AWS Load Balancer Controller.

The Ingress is the user's: its rule leads to a Service with the port ``use-annotation``, and the annotation of that name
holds a forward action, whose text is exactly that of Argo Rollouts. Which annotations are ours stands in a list on the
Ingress. A header route is an action, a condition, and a path in front of the weighted one.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from serinus.api.kinds import INGRESS
from serinus.api.rollout import Rollout
from serinus.api.routing import AlbRouting, TrafficRouting
from serinus.api.scalar import Manifest
from serinus.api.workload import Foreign
from serinus.plan import Answer, Ask, Ref
from serinus.traffic import alb_actions as actions
from serinus.traffic import alb_balancer as balancer
from serinus.traffic import alb_paths as paths
from serinus.traffic.found import invalid, is_set, missing
from serinus.traffic.router import Ability, Found, Traffic, Trouble, Wanted

_PREFIX = "alb.ingress.kubernetes.io"
_LEGACY = "rollouts.argoproj.io/managed-alb-actions"
_LONGEST_STICKINESS = 604800


class Alb:
    """Ingresses of the AWS Load Balancer Controller."""

    name = "ALB"
    supports: frozenset[Ability] = frozenset({"setHeaderRoute", "experiment", "pingPong"})

    def serves(self, routing: TrafficRouting) -> bool:
        """Whether ``trafficRouting.alb`` is set."""
        return routing.alb is not None

    def reads(self, rollout: Rollout) -> Sequence[Ref]:
        """The Ingresses."""
        return [ref for _, ref in _asked(rollout)]

    def problem(self, rollout: Rollout, found: Found) -> str:
        """An Ingress without our Service, or something that an ALB cannot do."""
        return next(_troubles(rollout, found), "")

    def route(self, traffic: Traffic, found: Found) -> Sequence[Wanted]:
        """Every Ingress with the decided action, and with the header routes in force."""
        if traffic.is_settling:
            return ()
        return [_wanted(traffic, ref, item) for ref, item in _present(traffic.rollout, found)]

    def verified(self, traffic: Traffic, found: Found) -> bool | None:
        """No before the annotations say it; then unknown: only AWS knows what a load balancer does."""
        return None if is_set(self.route(traffic, found), found) else False

    def asks(self, traffic: Traffic, found: Found) -> Sequence[Ask]:
        """How the load balancers of the Ingresses forward."""
        return balancer.asks(_present(traffic.rollout, found))

    def answered(self, traffic: Traffic, found: Found, answers: Mapping[Ask, Answer]) -> bool:
        """Whether they forward as was decided."""
        return balancer.in_effect(traffic, _spec(traffic.rollout), _present(traffic.rollout, found), answers)

    def leave(self, ref: Ref, found: Foreign, users: Collection[Rollout]) -> Wanted | None:
        """Give all traffic back to the stable Service, and take out the header routes and our list."""
        if ref.kind != INGRESS:
            return None
        managed = actions.managed(found.metadata.annotations)
        names = {user.name for user in users}
        gone = {name: keys for name, keys in managed.items() if name not in names}
        if not gone:
            return None
        annotations: dict[str, str | None] = {_LEGACY: None}
        for keys in gone.values():
            annotations |= actions.given_back(found.metadata.annotations, keys)
        annotations[actions.MANAGED] = actions.managed_text({key: managed[key] for key in managed if key in names})
        routes = {name for keys in gone.values() for name in actions.header_routes(keys)}
        spec = {"rules": paths.without(_rules(found), routes)} if routes else {}
        manifest: Manifest = {"metadata": {"annotations": annotations}} | ({"spec": spec} if spec else {})
        return Wanted(ref, manifest, "PatchingALBIngress", f"Ingress `{ref.name}` given back")


def _wanted(traffic: Traffic, ref: Ref, found: Foreign) -> Wanted:
    spec, prefix = _spec(traffic.rollout), _prefix(traffic.rollout)
    root = _root(traffic.rollout)
    annotations: dict[str, str | None] = {f"{prefix}/actions.{root}": actions.split(traffic, spec)}
    in_force = [step.name for step in traffic.header_routes]
    for name in _managed_routes(traffic.rollout):
        annotations |= dict.fromkeys([f"{prefix}/actions.{name}", f"{prefix}/conditions.{name}"])
    for step in traffic.header_routes:
        annotations[f"{prefix}/actions.{step.name}"] = actions.only(actions.roles(traffic.rollout)[0], spec)
        annotations[f"{prefix}/conditions.{step.name}"] = actions.condition(step)
    ours = [key for key, value in annotations.items() if value is not None]
    before = actions.managed(found.metadata.annotations)
    annotations[actions.MANAGED] = actions.managed_text(before | {traffic.rollout.name: sorted(ours)})
    rules = paths.routed(_rules(found), root, in_force, _managed_routes(traffic.rollout))
    manifest = {"metadata": {"annotations": annotations}, "spec": {"rules": rules}}
    message = f"Updating Ingress `{ref.name}` to desiredWeight '{traffic.weight}'"
    return Wanted(ref, manifest, "PatchingALBIngress", message)


def _troubles(rollout: Rollout, found: Found) -> Iterator[Trouble]:
    spec, root = _spec(rollout), _root(rollout)
    if bool(spec.ingress) == bool(spec.ingresses):
        yield invalid(".ingress", spec.ingress, "set exactly one of ingress and ingresses")
    canary = rollout.spec.strategy.canary
    if canary is not None and canary.ping_pong is not None and not spec.root_service:
        yield Trouble(".rootService: Required value: pingPong needs a Service that stays the same")
    sticky = spec.stickiness_config
    if sticky is not None and sticky.enabled and not 1 <= sticky.duration_seconds <= _LONGEST_STICKINESS:
        detail = "must be from 1 to 604800 seconds (7 days)"
        yield invalid(".stickinessConfig.durationSeconds", sticky.duration_seconds, detail)
    for field, ref in _asked(rollout):
        ingress = found.get(ref)
        if ingress is None:
            yield missing(field, INGRESS, ref.name)
        elif not paths.leads_to(_rules(ingress), root):
            yield invalid(field, ref.name, f"ingress `{ref.name}` has no rules using service {root} backend")
    yield from _header_troubles(rollout, root)


def _header_troubles(rollout: Rollout, root: str) -> Iterator[Trouble]:
    canary = rollout.spec.strategy.canary
    for step in canary.steps if canary else ():
        route = step.set_header_route
        if route is not None and any(match.header_value.exact is None for match in route.match):
            yield Trouble(f"header route {route.name}: an ALB compares headers by exact only")
    if root in _managed_routes(rollout):
        yield invalid(".rootService", root, "a managed route has the same name, and both would be one action")


def _present(rollout: Rollout, found: Found) -> list[tuple[Ref, Foreign]]:
    return [(ref, found[ref]) for _, ref in _asked(rollout) if ref in found]


def _asked(rollout: Rollout) -> list[tuple[str, Ref]]:
    """Each Ingress with the field that names it."""
    spec, namespace = _spec(rollout), rollout.metadata.namespace
    one = [(".ingress", spec.ingress)] if spec.ingress else []
    many = [(f".ingresses[{index}]", name) for index, name in enumerate(spec.ingresses)]
    return [(field, Ref(INGRESS, namespace, name)) for field, name in [*one, *many]]


def _spec(rollout: Rollout) -> AlbRouting:
    canary = rollout.spec.strategy.canary
    routing = canary.traffic_routing if canary else None
    return (routing.alb if routing else None) or AlbRouting(service_port=0)


def _prefix(rollout: Rollout) -> str:
    return _spec(rollout).annotation_prefix or _PREFIX


def _root(rollout: Rollout) -> str:
    """The Service that the Ingress names."""
    return _spec(rollout).root_service or actions.roles(rollout)[1]


def _managed_routes(rollout: Rollout) -> list[str]:
    canary = rollout.spec.strategy.canary
    routing = canary.traffic_routing if canary else None
    return [managed.name for managed in routing.managed_routes] if routing else []


def _rules(ingress: Foreign) -> list[dict[str, Any]]:
    return (ingress.raw.get("spec") or {}).get("rules") or []
