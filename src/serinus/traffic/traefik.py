"""Traffic by the weights of a TraefikService.

The TraefikService is the user's: of its weighted services, we set the weights of canary and stable and nothing else.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from serinus.api.kinds import Kind
from serinus.api.rollout import Rollout
from serinus.api.routing import TrafficRouting
from serinus.api.workload import Foreign
from serinus.plan import Ref
from serinus.traffic.found import invalid, is_set, missing
from serinus.traffic.router import Ability, Found, Traffic, Trouble, Wanted, services_by_role

_FIELD = ".weightedTraefikServiceName"


class Traefik:
    """TraefikServices of Traefik 3 (``traefik.io``), or of Traefik 2 (``traefik.containo.us``)."""

    name = "Traefik"
    supports: frozenset[Ability] = frozenset()

    def __init__(self, api_version: str = "traefik.io/v1alpha1") -> None:
        self.kind = Kind(api_version, "TraefikService", "traefikservices")

    def serves(self, routing: TrafficRouting) -> bool:
        """Whether ``trafficRouting.traefik`` is set."""
        return routing.traefik is not None

    def reads(self, rollout: Rollout) -> Sequence[Ref]:
        """The TraefikService."""
        return [self._ref(rollout)]

    def problem(self, rollout: Rollout, found: Found) -> str:
        """A TraefikService that is missing, or does not lead to both Services."""
        return next(self._troubles(rollout, found), "")

    def route(self, traffic: Traffic, found: Found) -> Sequence[Wanted]:
        """The TraefikService with the decided weights."""
        ref = self._ref(traffic.rollout)
        item = found.get(ref)
        if item is None or traffic.is_settling:
            return ()
        weights = {traffic.canary_service: traffic.weight, traffic.stable_service: traffic.stable_weight}
        services = [
            entry | {"weight": weights[entry["name"]]} if entry.get("name") in weights and _is_service(entry) else entry
            for entry in _services(item)
        ]
        manifest = {"spec": {"weighted": {"services": services}}}
        message = f"TraefikService `{ref.name}` set to desiredWeight '{traffic.weight}'"
        return [Wanted(ref, manifest, "UpdatedTraefikService", message)]

    def verified(self, traffic: Traffic, found: Found) -> bool | None:
        """No before the TraefikService says it; then unknown: Traefik reports no status."""
        return None if is_set(self.route(traffic, found), found) else False

    def leave(self, ref: Ref, found: Foreign, users: Collection[Rollout]) -> Wanted | None:  # noqa: ARG002
        """Nothing: weights are all that we change, and they end with all on the stable Service."""
        return None

    def _troubles(self, rollout: Rollout, found: Found) -> Iterator[Trouble]:
        ref = self._ref(rollout)
        item = found.get(ref)
        if item is None:
            yield missing(_FIELD, self.kind, ref.name)
            return
        names = [entry.get("name") for entry in _services(item) if _is_service(entry)]
        for role, service in zip(("canary", "stable"), services_by_role(rollout), strict=True):
            if service not in names:
                detail = f"traefik {role} service was not found: spec.weighted.services has no {service}"
                yield invalid(_FIELD, ref.name, detail)

    def _ref(self, rollout: Rollout) -> Ref:
        canary = rollout.spec.strategy.canary
        routing = canary.traffic_routing if canary else None
        name = routing.traefik.weighted_traefik_service_name if routing and routing.traefik else ""
        return Ref(self.kind, rollout.metadata.namespace, name)


def _services(item: Foreign) -> list[dict[str, Any]]:
    return ((item.raw.get("spec") or {}).get("weighted") or {}).get("services") or []


def _is_service(entry: dict[str, Any]) -> bool:
    """Whether an entry is a Service: a TraefikService may have the same name."""
    return bool(entry.get("kind", "Service") == "Service")
