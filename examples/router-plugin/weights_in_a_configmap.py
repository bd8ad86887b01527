"""A traffic router of your own: the weights stand in a ConfigMap, and your proxy reads them from there.

trafficRouting:
  plugins:
    example.com/weights: {configMap: web-weights}
"""

from collections.abc import Collection, Sequence

import msgspec

from serinus.api.kinds import Kind
from serinus.api.rollout import Rollout
from serinus.api.routing import TrafficRouting
from serinus.api.workload import Foreign
from serinus.plan import Ref
from serinus.traffic.router import Ability, Found, Traffic, Trouble, Wanted

CONFIG_MAP = Kind("v1", "ConfigMap", "configmaps")


class WeightsInAConfigMap:
    """One line for each Service: its name and its weight."""

    name = "example.com/weights"
    supports: frozenset[Ability] = frozenset({"experiment", "maxTrafficWeight"})

    def serves(self, routing: TrafficRouting) -> bool:
        """Whether the Rollout names this plugin."""
        return self.name in routing.plugins

    def reads(self, rollout: Rollout) -> Sequence[Ref]:
        """The ConfigMap."""
        return [self._ref(rollout)]

    def problem(self, rollout: Rollout, found: Found) -> str:
        """A ConfigMap that is missing."""
        ref = self._ref(rollout)
        return (
            ""
            if ref in found
            else Trouble(f'.configMap: Invalid value: "{ref.name}": configmaps "{ref.name}" not found')
        )

    def route(self, traffic: Traffic, found: Found) -> Sequence[Wanted]:
        """The ConfigMap with the decided weights."""
        ref = self._ref(traffic.rollout)
        if ref not in found or traffic.is_settling:
            return ()
        weights = {traffic.canary_service: traffic.weight, traffic.stable_service: traffic.stable_weight}
        weights |= {item.service: item.weight for item in traffic.additional}
        lines = "".join(f"{service} {weight}\n" for service, weight in sorted(weights.items()))
        return [Wanted(ref, {"data": {"weights": lines}}, "UpdatedWeights", f"canary at {traffic.weight}")]

    def verified(self, traffic: Traffic, found: Found) -> bool | None:  # noqa: ARG002
        """Unknown: a ConfigMap does not say who has read it."""
        return None

    def leave(self, ref: Ref, found: Foreign, users: Collection[Rollout]) -> Wanted | None:  # noqa: ARG002
        """Nothing: the weights are all that there is."""
        return None

    def _ref(self, rollout: Rollout) -> Ref:
        canary = rollout.spec.strategy.canary
        routing = canary.traffic_routing if canary else None
        config = msgspec.convert((routing.plugins if routing else {}).get(self.name) or {}, dict[str, str])
        return Ref(CONFIG_MAP, rollout.metadata.namespace, config.get("configMap", ""))
