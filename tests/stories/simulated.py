"""The stage in the world: a story takes milliseconds, and the safety law is watched at every moment."""

import copy
from datetime import datetime
from fractions import Fraction
from typing import Any

from serinus.api.crds import DEFINITIONS
from serinus.api.kinds import EXPERIMENT, POD, ROLLOUT, Kind
from serinus.api.rollout import Rollout
from serinus.api.schema import schema
from serinus.experiment.decide import plan_experiment
from serinus.plan import Plan, Ref, Seen, Settings
from serinus.rollout.decide import plan_rollout
from serinus.traffic.nginx import Nginx
from serinus.world import Delays, Planner, StuckError, World
from serinus.world.network import Outcome
from serinus.world.pods import image_of
from stories.look import Look
from stories.manifests import HOST, NAME
from stories.stage import KINDS, Question, Stage, Verdict

Manifest = dict[str, Any]

NAMESPACE = "shop"
ROUTERS = (Nginx(),)


def decide(seen: Seen, now: datetime) -> Plan:
    """The controller's decision, with the promise that it depends on nothing else."""
    plan = plan_rollout(seen, now, ROUTERS)
    assert plan_rollout(seen, now, ROUTERS) == plan, "the same sight gives another plan"
    return plan


def reads(rollout: Rollout) -> list[Ref]:
    """What the routers want to see."""
    return [ref for router in ROUTERS for ref in router.reads(rollout)]


CAREFUL = Planner(decide, reads, plan_experiment)
QUICK = Planner(lambda seen, now: plan_rollout(seen, now, ROUTERS), reads, plan_experiment)


_QUIET = 900
"""Seconds after which a cluster is left that nobody touches: nothing is written any more."""

COMPATIBLE = {item.kind: schema(item.type, own_fields=False) for item in DEFINITIONS}
"""The definitions without the fields that are ours: those of Argo Rollouts."""


class Simulated(Stage):
    """A stage in virtual time."""

    def __init__(
        self,
        *,
        seed: int = 0,
        delays: Delays | None = None,
        settings: Settings | None = None,
        planner: Planner = CAREFUL,
    ) -> None:
        self.world = World(planner, seed=seed, delays=delays, settings=settings)
        self._last: tuple[int, Look] | None = None

    @property
    def now(self) -> datetime:
        return self.world.now.replace(microsecond=0)

    async def start(self) -> None:
        self.world.has_controller = True

    async def create(self, manifest: Manifest) -> None:
        kind = KINDS[manifest["kind"]]
        self.world.server.create(_ref(kind, manifest["metadata"]["name"]), manifest, self.world.now)

    async def read(self, kind: Kind, name: str) -> Manifest:
        return copy.deepcopy(self.world.server.read(_ref(kind, name)))

    async def patch(self, kind: Kind, name: str, body: Manifest, *, status: bool = False) -> None:
        if status:
            found = self.world.server.read(_ref(kind, name)).get("status", {})
            self.world.server.patch_status(_ref(kind, name), body["status"] or dict.fromkeys(found))
        else:
            self.world.server.patch(_ref(kind, name), body)

    async def replace(self, kind: Kind, manifest: Manifest) -> None:
        self.world.server.replace(_ref(kind, manifest["metadata"]["name"]), manifest)

    async def delete(self, kind: Kind, name: str) -> None:
        self.world.server.delete(_ref(kind, name), self.world.now)

    async def look(self) -> Look:
        return self._look()

    async def until(self, question: Question, *, limit: float = 60) -> Look:
        try:
            self.world.run_until(lambda: bool(question(self._look())), limit)
        except StuckError as error:
            raise AssertionError(f"{error}: {self._look()!r}, {self._why()}") from None
        return self._look()

    async def stays(self, question: Question, *, seconds: float) -> Look:
        assert question(self._look()), f"is not so: {self._look()!r}"
        try:
            self.world.run_until(lambda: not question(self._look()), seconds)
        except StuckError:
            return self._look()
        raise AssertionError(f"does not stay so: {self._look()!r}")

    async def sees_traffic(self, shares: dict[str, int]) -> None:
        wanted = {image: Fraction(share, 100) for image, share in shares.items() if share}
        try:
            self.world.run_until(lambda: self._by_image(self.world.request(HOST)) == wanted, 15)
        except StuckError:
            seen = {image: float(share) for image, share in self._by_image(self.world.request(HOST)).items()}
            raise AssertionError(f"requests reach {seen}, not {shares}: {self._look()!r}") from None

    async def break_image(self, image: str) -> None:
        self.world.broken.add(image)

    async def mend_image(self, image: str) -> None:
        self.world.broken.discard(image)

    async def judge(self, metric: str, verdict: Verdict) -> None:
        phases = {"good": "Successful", "bad": "Failed", "unclear": "Inconclusive"}
        self.world.verdicts[metric] = phases[verdict]

    def check(self) -> None:
        """See that no request met a pod that does not serve, and that a quiet cluster stays quiet."""
        assert not self.world.safety.breaches, "; ".join(self.world.safety.breaches)
        for ref, _ in self.world.server.list(ROLLOUT):
            wake = self.world.plan(ref).wake
            assert wake is None or wake > self.world.now
        self.world.run_for(_QUIET)
        for kind in (ROLLOUT, EXPERIMENT):
            for ref, _ in self.world.server.list(kind):
                plan = self.world.plan(ref)
                assert (plan.writes, plan.status) == ((), {}), f"{ref} is never settled: {plan}"

    def _look(self) -> Look:
        version = self.world.server.version
        if self._last is None or self._last[0] != version:
            objects = list(self.world.server.objects.values())
            events = [(event.reason, event.message) for _, event in self.world.events]
            self._last = (version, Look(objects, events))
        return self._last[1]

    def _by_image(self, outcome: Outcome) -> dict[str, Fraction]:
        images = {ref.name: image_of(pod) for ref, pod in self.world.server.list(POD)}
        shares: dict[str, Fraction] = {}
        for pod, chance in outcome.items():
            image = images.get(pod, "nobody")
            shares[image] = shares.get(image, Fraction(0)) + chance
        return shares

    def _why(self) -> str:
        ref = _ref(ROLLOUT, NAME)
        return f"waiting: {self.world.plan(ref).why}" if self.world.server.find(ref) else ""


def _ref(kind: Kind, name: str) -> Ref:
    return Ref(kind, NAMESPACE, name)
