"""A traffic layer that is slow and says so, and a stage on which nobody may be overrun meanwhile."""

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction

from serinus.api import keys
from serinus.api.kinds import INGRESS, POD, REPLICA_SET, ROLLOUT
from serinus.api.rollout import Rollout
from serinus.plan import Plan, Ref, Seen
from serinus.rollout.decide import plan_rollout
from serinus.traffic.found import is_set
from serinus.traffic.nginx import Nginx
from serinus.traffic.router import Found, Router, Traffic
from serinus.world import Delays, Planner
from serinus.world.network import NOBODY, Network
from serinus.world.pods import ready_since
from serinus.world.safety import Safety
from serinus.world.server import Server
from stories.manifests import HOST, NAME
from stories.simulated import NAMESPACE, Simulated

SLOW = Delays(ingresses=(6.0, 12.0), reports=(0.1, 2.0), end=(3.0, 6.0))
"""Splits take effect long after the drain time of 5 seconds."""


class Telling(Nginx):
    """Ingresses of a gateway that reports which canary Ingresses are in effect."""

    def verified(self, traffic: Traffic, found: Found) -> bool | None:
        """What the main Ingress's status says of our canary Ingress, as it is."""
        wanted = self.route(traffic, found)
        if traffic.is_settling:
            return True
        canaries = {ref for ref, item in found.items() if item.metadata.is_controlled_by(traffic.rollout.metadata)}
        if not is_set(wanted, found) or canaries - {item.ref for item in wanted}:
            return False
        (name,) = traffic.rollout.spec.strategy.canary.traffic_routing.nginx.ingresses
        told = found[Ref(INGRESS, traffic.namespace, name)].raw.get("status", {}).get("served")
        return told == {ref.name: found[ref].raw["metadata"]["resourceVersion"] for ref in canaries}


class Stuck(Telling):
    """A gateway that confirms nothing any more, from some moment on."""

    is_stuck = False

    def verified(self, traffic: Traffic, found: Found) -> bool | None:
        """What it reported before."""
        return not self.is_stuck and super().verified(traffic, found)


def planner(*routers: Router) -> Planner:
    """The controller with these routers."""

    def plan(seen: Seen, now: datetime) -> Plan:
        return plan_rollout(seen, now, routers)

    def reads(rollout: Rollout) -> Sequence[Ref]:
        return [ref for router in routers for ref in router.reads(rollout)]

    return Planner(plan, reads)


class Load(Safety):
    """Watches, besides, that no version gets more of the traffic in effect than its serving pods carry."""

    def look(self, server: Server, network: Network) -> None:
        super().look(server, network)
        outcome = network.request(HOST)
        found = server.find(Ref(ROLLOUT, NAMESPACE, NAME))
        if found is None or NOBODY in outcome:
            return
        total, sets = found["spec"].get("replicas", 1), dict(_serving(server))
        for hash_, share in _shares(server, outcome).items():
            if share * total > sets.get(hash_, 0) and sum(sets.values()) >= total:
                self._note(f"{hash_} gets {float(share):.2f} of the traffic and has {sets.get(hash_, 0)} pods")

    def _note(self, breach: str) -> None:
        if breach not in self.breaches:
            self.breaches.append(breach)


def _shares(server: Server, outcome: dict[str, Fraction]) -> dict[str, Fraction]:
    shares: dict[str, Fraction] = {}
    for name, chance in outcome.items():
        pod = server.find(Ref(POD, NAMESPACE, name))
        if pod is not None:
            hash_ = pod["metadata"]["labels"][keys.POD_TEMPLATE_HASH]
            shares[hash_] = shares.get(hash_, Fraction(0)) + chance
    return shares


def _serving(server: Server) -> dict[str, int]:
    """Pods that serve and are meant to stay, by version."""
    sizes = {
        item["metadata"]["labels"][keys.POD_TEMPLATE_HASH]: item["spec"]["replicas"]
        for _, item in server.list(REPLICA_SET)
    }
    ready = [pod for _, pod in server.list(POD) if ready_since(pod) is not None]
    of = [pod["metadata"]["labels"][keys.POD_TEMPLATE_HASH] for pod in ready]
    return {hash_: min(size, of.count(hash_)) for hash_, size in sizes.items()}


class Lagging(Simulated):
    """A stage whose splits take effect late."""

    def __init__(self, *, seed: int = 0, delays: Delays = SLOW, router: Nginx | None = None) -> None:
        super().__init__(seed=seed, delays=delays, planner=planner(router or Telling()))
        self.world.safety = Load()

    @property
    def why(self) -> tuple[str, ...]:
        """What the controller waits for."""
        return self.world.plan(Ref(ROLLOUT, NAMESPACE, NAME)).why

    async def until(self, question, *, limit: float = 300):  # type: ignore[no-untyped-def]
        return await super().until(question, limit=max(limit, 300))
