"""Traffic by a TrafficSplit of the Service Mesh Interface.

The TrafficSplit is ours from the first look on, and stays as long as the Rollout names it: without it, a mesh would
spread what is meant for the root Service over every pod that it selects.
"""

from collections.abc import Collection, Sequence

from serinus.api.kinds import Kind
from serinus.api.rollout import Rollout
from serinus.api.routing import SmiRouting, TrafficRouting
from serinus.api.workload import Foreign
from serinus.plan import Ref
from serinus.traffic.found import invalid, is_set, is_somebody_elses
from serinus.traffic.own import own
from serinus.traffic.router import Ability, Found, Traffic, Wanted


class Smi:
    """TrafficSplits in one of the three versions of the API: they differ in how a weight is written."""

    name = "SMI"
    supports: frozenset[Ability] = frozenset({"experiment"})

    def __init__(self, api_version: str = "v1alpha1") -> None:
        self.kind = Kind(f"split.smi-spec.io/{api_version}", "TrafficSplit", "trafficsplits")

    def serves(self, routing: TrafficRouting) -> bool:
        """Whether ``trafficRouting.smi`` is set."""
        return routing.smi is not None

    def reads(self, rollout: Rollout) -> Sequence[Ref]:
        """The TrafficSplit."""
        return [self._ref(rollout)]

    def problem(self, rollout: Rollout, found: Found) -> str:
        """A TrafficSplit of somebody else under our name."""
        ref = self._ref(rollout)
        if is_somebody_elses(found.get(ref), rollout):
            return invalid(".trafficSplitName", ref.name, f"Rollout does not own TrafficSplit `{ref.name}`")
        return ""

    def route(self, traffic: Traffic, found: Found) -> Sequence[Wanted]:
        """The TrafficSplit with the decided weights."""
        if traffic.is_settling:
            return ()
        ref, rollout = self._ref(traffic.rollout), traffic.rollout
        service = _spec(rollout).root_service or traffic.stable_service
        manifest = own(ref, rollout, {"service": service, "backends": self._backends(traffic)})
        if ref in found:
            return [Wanted(ref, manifest, "TrafficSplitModified", f"TrafficSplit `{ref.name}` modified")]
        return [Wanted(ref, manifest, "TrafficSplitCreated", f"TrafficSplit `{ref.name}` created")]

    def verified(self, traffic: Traffic, found: Found) -> bool | None:
        """No before the TrafficSplit says it; then unknown, as no mesh reports what it does."""
        return None if is_set(self.route(traffic, found), found) else False

    def leave(self, ref: Ref, found: Foreign, users: Collection[Rollout]) -> Wanted | None:  # noqa: ARG002
        """Nothing: the TrafficSplit is controlled by the Rollout, and goes with it."""
        return None

    def _backends(self, traffic: Traffic) -> list[dict[str, str | int]]:
        extras = [(item.service, item.weight) for item in traffic.additional]
        weights = [(traffic.canary_service, traffic.weight), *extras, (traffic.stable_service, traffic.stable_weight)]
        is_quantity = self.kind.api_version.endswith("/v1alpha1")
        return [{"service": name, "weight": str(weight) if is_quantity else weight} for name, weight in weights]

    def _ref(self, rollout: Rollout) -> Ref:
        return Ref(self.kind, rollout.metadata.namespace, _spec(rollout).traffic_split_name or rollout.name)


def _spec(rollout: Rollout) -> SmiRouting:
    canary = rollout.spec.strategy.canary
    routing = canary.traffic_routing if canary else None
    return (routing.smi if routing else None) or SmiRouting()
