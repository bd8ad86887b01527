"""Traffic by the route weights of VirtualServices.

The VirtualServices are the user's: we change the weights of the routes that he names, and nothing else. When an update
is complete, what led to the canary is taken out of the routes and kept in an annotation; the next update puts it back.
With a DestinationRule, its subsets follow the versions: first no traffic, then another version, then traffic.
"""

from collections.abc import Collection, Iterator, Sequence

import msgspec

from serinus.api import keys
from serinus.api.kinds import Kind
from serinus.api.rollout import Rollout
from serinus.api.routing import IstioDestinationRule, IstioRouting, IstioVirtualService, TrafficRouting
from serinus.api.workload import Foreign
from serinus.plan import Ref
from serinus.traffic import cookies
from serinus.traffic import istio_affinity as sticky
from serinus.traffic import istio_rule as rules
from serinus.traffic import istio_service as services
from serinus.traffic.istio_selection import SelectionError
from serinus.traffic.router import Ability, Found, Traffic, Trouble, Wanted

_GROUP = "networking.istio.io"


class Istio:
    """VirtualServices and DestinationRules, in the version of the API that is asked for; all hold the same objects."""

    name = "Istio"
    supports: frozenset[Ability] = frozenset({"setHeaderRoute", "setMirrorRoute", "experiment", "pingPong"})

    def __init__(self, api_version: str = "v1alpha3") -> None:
        self.virtual_service = Kind(f"{_GROUP}/{api_version}", "VirtualService", "virtualservices")
        self.destination_rule = Kind(f"{_GROUP}/{api_version}", "DestinationRule", "destinationrules")

    def serves(self, routing: TrafficRouting) -> bool:
        """Whether ``trafficRouting.istio`` is set."""
        return routing.istio is not None

    def reads(self, rollout: Rollout) -> Sequence[Ref]:
        """The VirtualServices, which may be in other namespaces, and the DestinationRule."""
        rule = self._rule(rollout)
        return [*(ref for _, ref, _ in self._asked(rollout)), *([rule[1]] if rule else [])]

    def problem(self, rollout: Rollout, found: Found) -> str:
        """An object that is missing, or routes in it that are not as the Rollout says."""
        return next(self._troubles(rollout, found), "")

    def route(self, traffic: Traffic, found: Found) -> Sequence[Wanted]:
        """The VirtualServices with the decided weights, and the DestinationRule with the decided versions."""
        if self._rule(traffic.rollout) is None:
            return () if traffic.is_settling else self._services(traffic, found)
        rule = self._ruled(traffic, found)
        if rule is None:
            return ()
        wanted, is_canary_stale, is_stable_stale = rule
        if is_canary_stale and not traffic.is_settling:
            # What the subset leads to may change only while nothing goes there.
            bare = self._services(services.bare(traffic), found)
            return bare if self._has_canary_traffic(traffic, found) else [*bare, wanted]
        if is_stable_stale or traffic.is_settling:
            return [wanted]
        return [wanted, *self._services(traffic, found)]

    def verified(self, traffic: Traffic, found: Found) -> bool | None:
        """No before the objects say what was decided; then unknown, as no proxy reports what it does."""
        rule = self._ruled(traffic, found)
        if rule is not None and any(rule[1:]):
            return False
        present = self._present(traffic, found)
        is_set = traffic.is_settling or all(services.has_weight(traffic, item, asked) for asked, item in present)
        return None if is_set else False

    def leave(self, ref: Ref, found: Foreign, users: Collection[Rollout]) -> Wanted | None:
        """Put back what a Rollout keeps out of routes; take its hashes out of subsets."""
        if ref.kind == self.virtual_service:
            return services.without_others(ref, found, users)
        owner = found.metadata.annotations.get(keys.MANAGED_BY)
        is_used = any(user.name == owner and user.metadata.namespace == ref.namespace for user in users)
        is_ours = ref.kind == self.destination_rule and owner is not None
        return rules.without_us(ref, found) if is_ours and not is_used else None

    def _services(self, traffic: Traffic, found: Found) -> list[Wanted]:
        host = self._canary_host(traffic, found)
        wanted = []
        for asked, ref, _ in self._asked(traffic.rollout):
            item = found.get(ref)
            if item is not None:
                wanted.append(services.wanted(traffic, asked, ref, item, host))
        return wanted

    def _canary_host(self, traffic: Traffic, found: Found) -> services.CanaryHost:
        rule = self._rule(traffic.rollout)
        item = found.get(rule[1]) if rule else None
        if rule is None or item is None:
            return services.CanaryHost(traffic.canary_service)
        return services.CanaryHost(rules.host(item), rule[0].canary_subset_name)

    def _ruled(self, traffic: Traffic, found: Found) -> tuple[Wanted, bool, bool] | None:
        """The DestinationRule as it should be, and whether canary and stable lead elsewhere as it is."""
        rule = self._rule(traffic.rollout)
        item = found.get(rule[1]) if rule else None
        if rule is None or item is None:
            return None
        return rules.wanted(traffic, *rule, item), *rules.stale(traffic, rule[0], item)

    def _has_canary_traffic(self, traffic: Traffic, found: Found) -> bool:
        return any(services.has_canary_traffic(traffic, item, asked) for asked, item in self._present(traffic, found))

    def _present(self, traffic: Traffic, found: Found) -> Iterator[tuple[IstioVirtualService, Foreign]]:
        for asked, ref, _ in self._asked(traffic.rollout):
            if item := found.get(ref):
                yield asked, item

    def _troubles(self, rollout: Rollout, found: Found) -> Iterator[Trouble]:
        spec = _spec(rollout)
        if bool(spec.virtual_service) == bool(spec.virtual_services):
            yield Trouble(".virtualService: Invalid value: set exactly one of virtualService and virtualServices")
        refs = [ref for _, ref, _ in self._asked(rollout)]
        for asked, ref, field in self._asked(rollout):
            if refs.count(ref) > 1:
                yield _invalid(field, asked.name, "is named twice: list its routes in one entry")
            yield from self._service_troubles(rollout, asked, found.get(ref), field)
        yield from self._affinity_troubles(rollout, found)
        if rule := self._rule(rollout):
            yield from self._rule_troubles(rollout, *rule, found)

    def _service_troubles(
        self, rollout: Rollout, asked: IstioVirtualService, item: Foreign | None, field: str
    ) -> Iterator[Trouble]:
        if item is None:
            name = self.address(rollout, asked).name
            text = f'{self.virtual_service.plural}.{_GROUP} "{name}" not found'
            yield _invalid(field, asked.name, text, "VirtualServiceNotFound")
            return
        try:
            services.check(rollout, asked, item)
        except SelectionError as error:
            yield _invalid(field, asked.name, str(error))

    def _affinity_troubles(self, rollout: Rollout, found: Found) -> Iterator[Trouble]:
        affinity, field = _spec(rollout).session_affinity, ".sessionAffinity"
        if affinity is None:
            return
        yield from cookies.troubles(affinity)
        present = [(asked, item) for asked, ref, _ in self._asked(rollout) if (item := found.get(ref))]
        entries = [entry for pair in present for entry in services.http_destinations(rollout, *pair)]
        if present and not entries:
            yield Trouble(f"{field}: Forbidden: only HTTP routes can keep a user on a version by a cookie")
        if text := sticky.problem(affinity, entries):
            yield Trouble(f"{field}: Forbidden: {text}")

    def _rule_troubles(self, rollout: Rollout, spec: IstioDestinationRule, ref: Ref, found: Found) -> Iterator[Trouble]:
        field, item = ".destinationRule.name", found.get(ref)
        if item is None:
            text = f'{self.destination_rule.plural}.{_GROUP} "{ref.name}" not found'
            yield _invalid(field, spec.name, text, "DestinationRuleNotFound")
        elif text := rules.problem(rollout, spec, item):
            yield _invalid(field, spec.name, text)

    def _asked(self, rollout: Rollout) -> Iterator[tuple[IstioVirtualService, Ref, str]]:
        """Each VirtualService with where it is and the field that names it."""
        spec = _spec(rollout)
        if spec.virtual_service is not None:
            yield spec.virtual_service, self.address(rollout, spec.virtual_service), ".virtualService.name"
        for index, asked in enumerate(spec.virtual_services):
            yield asked, self.address(rollout, asked), f".virtualServices[{index}].name"

    def address(self, rollout: Rollout, asked: IstioVirtualService) -> Ref:
        """Where a VirtualService is that is named ``web``, ``web.shop`` or ``web.shop.svc.cluster.local``."""
        short = asked.name.removesuffix(".cluster.local").removesuffix(".svc")
        name, _, namespace = short.rpartition(".")
        return Ref(self.virtual_service, namespace if name else rollout.metadata.namespace, name or short)

    def _rule(self, rollout: Rollout) -> tuple[IstioDestinationRule, Ref] | None:
        rule = _spec(rollout).destination_rule
        return (rule, Ref(self.destination_rule, rollout.metadata.namespace, rule.name)) if rule else None


def _spec(rollout: Rollout) -> IstioRouting:
    canary = rollout.spec.strategy.canary
    routing = canary.traffic_routing if canary else None
    return (routing.istio if routing else None) or IstioRouting()


def _invalid(field: str, name: str, detail: str, reason: str = "TrafficRoutingError") -> Trouble:
    return Trouble(f"{field}: Invalid value: {msgspec.json.encode(name).decode()}: {detail}", reason)
