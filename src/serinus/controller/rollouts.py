"""Rollouts: from a key to ReplicaSets, traffic, a status, and events."""

from datetime import datetime
from functools import partial

from msgspec import Struct

from serinus.api.kinds import ROLLOUT
from serinus.api.rollout import Rollout
from serinus.api.status import RolloutStatus
from serinus.controller.balancers import Balancers
from serinus.controller.decoding import Malformed
from serinus.controller.freshness import Freshness
from serinus.controller.observe import observe
from serinus.controller.recorder import Recorder
from serinus.controller.stepping import Stepper
from serinus.controller.stores import Stores
from serinus.controller.turn import Turns
from serinus.kube import Client, Key
from serinus.plan import Answer, Ask, Balancer, Event, Plan, Seen, Settings, StepRun
from serinus.rollout.decide import plan_rollout
from serinus.rollout.report import invalid, status_patch


class Means(Struct, frozen=True):
    """What Rollouts are served with, besides the cluster."""

    settings: Settings
    balancers: Balancers
    stepper: Stepper


class Rollouts(Turns[Rollout, Seen]):
    """Looks at one Rollout at a time; step plugins are asked in the background."""

    kind = ROLLOUT

    def __init__(self, client: Client, stores: Stores, recorder: Recorder, freshness: Freshness, means: Means) -> None:
        super().__init__(client, stores, recorder, freshness)
        self._means = means

    async def aclose(self) -> None:
        """Give up what step plugins are doing."""
        await self._means.stepper.aclose()

    def is_ready(self, key: Key, found: Rollout) -> bool:
        """Whether all that a Rollout names can be looked for."""
        return self._stores.is_ready(key, found)

    def observe(self, key: Key, found: Rollout) -> Seen:
        """Gather everything that the decision about a Rollout may use."""
        return observe(self._stores, self.answers.about(key, found.metadata.uid), self._means.settings, found)

    def forget(self, key: Key) -> None:
        """Say that a Rollout is gone, once it is."""
        super().forget(key)
        if metadata := self._stores.deleted.pop(key, None):
            self._tell(metadata, Event("RolloutDeleted", f"Rollout {key.namespace}/{key.name} is deleted."))

    def plan(self, seen: Seen, now: datetime) -> Plan:
        """Decide."""
        return plan_rollout(seen, now, self._stores.routers)

    def refuse(self, found: Malformed, now: datetime) -> Plan | None:
        """What to tell the user of a Rollout that cannot be read."""
        rollout = Rollout(metadata=found.metadata, status=RolloutStatus())
        status = invalid(rollout, found.error, now)
        current = found.raw.get("status", {})
        if current.get("message") == status.message and current.get("observedGeneration") == status.observed_generation:
            return None
        return Plan(status=status_patch(rollout.status, status))

    def is_urgent(self, seen: Seen) -> bool:
        """Whether traffic is to be taken back."""
        return seen.rollout.status.abort

    async def ask(self, key: Key, seen: Seen, ask: Ask) -> None:
        """Have a question answered: by a step plugin in the background, by others now."""
        file = partial(self._file, key, seen.rollout.metadata.uid)
        if isinstance(ask, StepRun):
            self._means.stepper.start(seen.rollout, ask, file)
        elif isinstance(ask, Balancer):
            file(ask, await self._means.balancers.look(ask))
        else:
            applier = self.applier(key, is_urgent=self.is_urgent(seen))
            file(ask, await applier.answer(ask, key.namespace))

    def _file(self, key: Key, uid: str, ask: Ask, answer: Answer) -> None:
        """Keep an answer, and have the key looked at again."""
        self.answers.file(key, uid, ask, answer)
        self._stores.queue.add(key)
