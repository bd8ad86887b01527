"""The loop: take a key, observe, plan, apply."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from serinus.api.kinds import ANALYSIS_RUN, EXPERIMENT, ROLLOUT
from serinus.api.rollout import Rollout
from serinus.api.status import RolloutStatus
from serinus.controller.answers import Answers
from serinus.controller.apply import Applier, RejectedError, RoutingError, failure_text
from serinus.controller.balancers import Balancers
from serinus.controller.decoding import Malformed
from serinus.controller.experiments import Experiments
from serinus.controller.freshness import Freshness
from serinus.controller.measuring import Sources
from serinus.controller.observe import observe
from serinus.controller.recorder import Recorder
from serinus.controller.release import Releaser
from serinus.controller.runs import Runs
from serinus.controller.stepping import Stepper
from serinus.controller.stores import Stores
from serinus.kube import Client, Closed, Conflict, Key, KubeError, NotFound, Queue
from serinus.plan import Answer, Ask, Balancer, Event, Plan, Ref, Seen, Settings, StepRun
from serinus.rollout.decide import plan_rollout
from serinus.rollout.report import invalid, status_patch

log = logging.getLogger(__name__)

_CATCH_UP_SECONDS = 1.0
"""How long we wait for a watch that does not bring our own write back, before looking again."""


OnTurn = Callable[[Key, float, str], None]
"""Told of every turn: key, seconds, and ``done``, ``behind`` or ``failed``."""


def _unheard(key: Key, seconds: float, outcome: str) -> None:
    """Nobody listens."""


class Loop:
    """Works on keys until it is cancelled; one key is with one worker at a time."""

    def __init__(
        self, client: Client, stores: Stores, recorder: Recorder, settings: Settings, sources: Sources
    ) -> None:
        self.client = client
        self.stores = stores
        self.queue: Queue[Key] = stores.queue
        self.recorder = recorder
        self.settings = settings
        self.answers = Answers()
        self.freshness = Freshness(stores)
        self.releaser = Releaser(client, stores)
        self.runs = Runs(client, stores, recorder, self.freshness, sources)
        self.experiments = Experiments(client, stores, recorder, self.freshness)
        self.balancers = Balancers()
        self.stepper = Stepper({})
        self.on_turn: OnTurn = _unheard

    async def work(self, *, urgent_only: bool = False) -> None:
        """Take keys until the queue is closed."""
        clock = asyncio.get_running_loop().time
        while True:
            try:
                key = await self.queue.get(urgent_only=urgent_only)
            except Closed:
                return
            started = clock()
            outcome = await self._guarded(key)
            self.queue.done(key)
            self.on_turn(key, clock() - started, outcome)

    async def _guarded(self, key: Key) -> str:
        """One Rollout's trouble never stops the others."""
        try:
            return await self._turn(key)
        except (Conflict, NotFound) as error:
            log.debug("%s changed while it was worked on: %s", key, error)
        except KubeError as error:
            log.warning("%s: %s", key, error)
        except Exception:
            log.exception("%s: this is a bug; it is tried again", key)
        self.queue.retry(key, urgent=self.queue.hurries(key))
        return "failed"

    async def _turn(self, key: Key) -> str:
        if not self.freshness.is_fresh(key):
            # The watch that brings our write back adds the key; this is for a watch that is cut off.
            hurries = self.queue.hurries(key)
            self.stores.impatient |= {key} if hurries else set()
            self.queue.add_after(key, _CATCH_UP_SECONDS, urgent=hurries)
            return "behind"
        self.stores.impatient.discard(key)
        if key.kind == ROLLOUT.kind:
            await self._look_at(key)
        elif key.kind == ANALYSIS_RUN.kind:
            await self.runs.look_at(key)
        elif key.kind == EXPERIMENT.kind:
            await self.experiments.look_at(key)
        else:
            await self.releaser.give_back(key)
        self.queue.forget(key)
        return "done"

    async def _look_at(self, key: Key) -> None:
        rollout = self.stores.rollouts.get(key.namespace, key.name)
        if isinstance(rollout, Malformed):
            await self._report_malformed(rollout)
        elif rollout is not None and rollout.metadata.deletion_timestamp is None and self.stores.is_ready(key, rollout):
            await self._advance(key, rollout)

    async def _advance(self, key: Key, rollout: Rollout) -> None:
        now = datetime.now(UTC)
        seen = observe(self.stores, self.answers, self.settings, rollout)
        plan = plan_rollout(seen, now, self.stores.routers)
        if plan.why:
            log.debug("%s waits: %s", key, "; ".join(plan.why))
        for ask in plan.asks:
            if isinstance(ask, StepRun):
                self.stepper.start(seen.rollout, ask, partial(self._file, key, rollout.metadata.uid))
            else:
                self._file(key, rollout.metadata.uid, ask, await self._answer(key, rollout, ask))
        await self._apply(key, seen, plan)
        if plan.wake is not None:
            self.queue.add_after(key, max(0.001, (plan.wake - now).total_seconds()))

    async def _answer(self, key: Key, rollout: Rollout, ask: Ask) -> Answer:
        if isinstance(ask, Balancer):
            return await self.balancers.look(ask)
        return await self.client_for(key, rollout).answer(ask, key.namespace)

    def _file(self, key: Key, uid: str, ask: Ask, answer: Answer) -> None:
        """Keep an answer, and have the key looked at again."""
        self.answers.file(uid, ask, answer)
        self.queue.add(key)

    async def _apply(self, key: Key, seen: Seen, plan: Plan) -> None:
        rollout = seen.rollout
        try:
            me, wrote = Ref(ROLLOUT, key.namespace, key.name), partial(self.freshness.wrote, key)
            await self.client_for(key, rollout).apply(plan, me, rollout.metadata, wrote)
        except RejectedError as no:
            self.answers.file(rollout.metadata.uid, no.ask, no.answer)
            self.queue.add(key)
            return
        except RoutingError as error:
            self._tell_of_routers(rollout, error)
            raise next(iter(error.failures.values())) from None
        except (Conflict, NotFound):
            raise
        except KubeError as error:
            self.recorder.record(rollout.metadata, Event("ReconciliationError", failure_text(error), "Warning"))
            raise
        for event in plan.events:
            self.recorder.record(rollout.metadata, event)

    def _tell_of_routers(self, rollout: Rollout, error: RoutingError) -> None:
        for name, failure in error.failures.items():
            if not isinstance(failure, Conflict | NotFound):
                event = Event("TrafficRoutingError", f"{name}: {failure_text(failure)}", "Warning")
                self.recorder.record(rollout.metadata, event)

    def client_for(self, key: Key, rollout: Rollout) -> Applier:
        """The client that carries out a plan; what a person asked for overtakes all other work."""
        is_urgent = rollout.status.abort or self.queue.hurries(key)
        return Applier(self.client.urgent if is_urgent else self.client)

    async def _report_malformed(self, found: Malformed) -> None:
        """Tell the user of a Rollout that cannot be read what is wrong with it."""
        rollout = Rollout(metadata=found.metadata, status=RolloutStatus())
        status = invalid(rollout, found.error, datetime.now(UTC))
        current = found.raw.get("status", {})
        if current.get("message") == status.message and current.get("observedGeneration") == status.observed_generation:
            return
        path = ROLLOUT.path(found.metadata.namespace, found.metadata.name, "status")
        await self.client.patch(path, {"status": status_patch(rollout.status, status)})
