"""Traffic by the weights of Gateway API routes.

The routes are the user's: in every rule that leads to both Services, we set the weights of these two and nothing else.
What an update needs besides (header routes, mirrors, session affinity) stands in a route of our own, so that a change
of weights never touches it.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from serinus.api.kinds import Kind
from serinus.api.patches import difference
from serinus.api.rollout import Rollout
from serinus.api.routing import TrafficRouting
from serinus.api.workload import Foreign
from serinus.plan import Ref
from serinus.traffic import cookies
from serinus.traffic import gateway_affinity as affinities
from serinus.traffic import gateway_notes as notes
from serinus.traffic.gateway_config import GROUP, PLUGIN, Asked, asked_routes, config_of, selected_kinds
from serinus.traffic.gateway_notes import Added
from serinus.traffic.gateway_own import Source, own_ref, own_route
from serinus.traffic.gateway_problem import troubles
from serinus.traffic.gateway_rules import Rule, has_weights, roles_of, rules_of, split, weighted_rules, without_backends
from serinus.traffic.gateway_status import in_effect
from serinus.traffic.router import Ability, Found, Traffic, Wanted


class Gateway:
    """HTTPRoutes and GRPCRoutes in one version of the API, TCPRoutes and TLSRoutes in another."""

    name = PLUGIN
    supports: frozenset[Ability] = frozenset(
        {"setHeaderRoute", "setMirrorRoute", "experiment", "pingPong", "maxTrafficWeight"}
    )

    def __init__(self, api_version: str = "v1", stream_version: str = "v1alpha2") -> None:
        self.kinds = {
            "http": Kind(f"{GROUP}/{api_version}", "HTTPRoute", "httproutes"),
            "grpc": Kind(f"{GROUP}/{api_version}", "GRPCRoute", "grpcroutes"),
            "tcp": Kind(f"{GROUP}/{stream_version}", "TCPRoute", "tcproutes"),
            "tls": Kind(f"{GROUP}/{stream_version}", "TLSRoute", "tlsroutes"),
        }

    def serves(self, routing: TrafficRouting) -> bool:
        """Whether the plugin of this name is asked for."""
        return PLUGIN in routing.plugins

    def reads(self, rollout: Rollout) -> Sequence[Ref]:
        """The user's routes, and ours beside those that have requests; whole kinds where routes are selected."""
        asked = asked_routes(rollout, self.kinds, {})
        own = [own_ref(item, rollout.name) for item in asked if item.has_requests]
        return [*(item.ref for item in asked), *own, *selected_kinds(rollout, self.kinds)]

    def problem(self, rollout: Rollout, found: Found) -> str:
        """A route that is missing, or has no rule with both Services, or cannot do what the steps ask for."""
        return next(troubles(rollout, asked_routes(rollout, self.kinds, found), found), "")

    def route(self, traffic: Traffic, found: Found) -> Sequence[Wanted]:
        """The user's routes with the decided weights, and our own beside them."""
        if traffic.is_settling:
            return ()
        wanted = []
        for asked, item in self._present(traffic, found):
            spec, added = self._wanted_spec(traffic, asked, item)
            head = notes.metadata(traffic, config_of(traffic.rollout), item, added)
            text = f"{asked.ref.kind.kind} `{asked.ref.name}` set to desiredWeight '{traffic.weight}'"
            wanted.append(Wanted(asked.ref, {"metadata": head, "spec": spec}, "UpdatedGatewayRoute", text))
            wanted.extend(self._own(traffic, found, asked, item))
        return wanted

    def verified(self, traffic: Traffic, found: Found) -> bool | None:
        """What the gateways that serve the routes report, for the routes as they are."""
        reports: list[bool | None] = []
        for asked, item in self._present(traffic, found):
            rules = weighted_rules(rules_of(item), roles_of(traffic.rollout), asked.rule_name)
            is_set = traffic.is_settling or all(has_weights(rule, traffic) for rule in rules)
            reports.append(is_set and in_effect(item))
            reports.extend(self._own_reports(traffic, found, asked, item))
        if not reports or False in reports:
            return False
        return None if None in reports else True

    def leave(self, ref: Ref, found: Foreign, users: Collection[Rollout]) -> Wanted | None:
        """Take out backends and cookies of updates that nobody runs any more, and the notes about them."""
        if ref.kind not in self.kinds.values():
            return None
        mine = {notes.user_key(user) for user in users}
        gone = [added for user, added in notes.notes_of(found).items() if user not in mine]
        rules = rules_of(found)
        for added in gone:
            rules = [_without(rule, added) for rule in rules]
        manifest: dict[str, Any] = {"metadata": notes.metadata_without(found, mine)}
        manifest |= {"spec": {"rules": rules}} if gone else {}
        text = f"{ref.kind.kind} `{ref.name}` given back"
        return Wanted(ref, manifest, "UpdatedGatewayRoute", text) if difference(found.raw, manifest) else None

    def _present(self, traffic: Traffic, found: Found) -> Iterator[tuple[Asked, Foreign]]:
        for asked in asked_routes(traffic.rollout, self.kinds, found):
            if item := found.get(asked.ref):
                yield asked, item

    def _wanted_spec(self, traffic: Traffic, asked: Asked, item: Foreign) -> tuple[dict[str, Any], Added]:
        before = notes.notes_of(item).get(notes.user_key(traffic.rollout), Added())
        affinity = config_of(traffic.rollout).session_affinity
        is_kept = affinity is not None and asked.is_http and cookies.is_kept(traffic)
        extras = tuple(sorted(item.service for item in traffic.additional))
        chosen = weighted_rules(rules_of(item), roles_of(traffic.rollout), asked.rule_name)
        rules: list[Rule] = []
        for rule in rules_of(item):
            changed = rule
            if any(rule is one for one in chosen):
                changed = split(_without(rule, before), traffic)
                if affinity and is_kept:
                    changed = affinities.stamped(changed, roles_of(traffic.rollout), affinity, traffic)
            rules.append(changed)
        return {"rules": rules}, Added(extras, affinity.cookie_name if affinity and is_kept else "")

    def _own(self, traffic: Traffic, found: Found, asked: Asked, item: Foreign) -> list[Wanted]:
        if not asked.has_requests:
            return []
        spec, _ = self._wanted_spec(traffic, asked, item)
        rules = weighted_rules(spec["rules"], roles_of(traffic.rollout), asked.rule_name)
        source = Source(asked, item, rules, config_of(traffic.rollout).session_affinity)
        ref = own_ref(asked, traffic.rollout.name)
        manifest = own_route(traffic, source, found.get(ref))
        text = f"{ref.kind.kind} `{ref.name}` holds the routes of the update"
        return [Wanted(ref, manifest, "UpdatedGatewayRoute", text)] if manifest else []

    def _own_reports(self, traffic: Traffic, found: Found, asked: Asked, item: Foreign) -> Iterator[bool | None]:
        own = found.get(own_ref(asked, traffic.rollout.name)) if asked.has_requests else None
        if traffic.is_settling:
            yield from [in_effect(own)] if own else []
            return
        wanted = self._own(traffic, found, asked, item)
        if wanted:
            yield own is not None and not difference(own.raw, wanted[0].manifest) and in_effect(own)
        elif own is not None:
            yield False


def _without(rule: Rule, added: Added) -> Rule:
    """A rule without what an update has put into it."""
    plain = without_backends(rule, added.backends)
    return affinities.unstamped(plain, added.cookie) if added.cookie else plain
