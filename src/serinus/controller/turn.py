"""A turn: observe, plan, ask, apply, tell. The same for every kind that is served."""

import logging
from abc import ABC, abstractmethod
from datetime import UTC, datetime
from functools import partial
from typing import ClassVar, Generic, TypeVar

from serinus.api.analysis import AnalysisRun
from serinus.api.experiment import Experiment
from serinus.api.kinds import Kind
from serinus.api.meta import ObjectMeta
from serinus.api.rollout import Rollout
from serinus.controller.answers import Answers
from serinus.controller.apply import Applier, RejectedError, RoutingError, failure_text
from serinus.controller.decoding import Malformed
from serinus.controller.freshness import Freshness
from serinus.controller.recorder import Recorder
from serinus.controller.stores import Stores
from serinus.kube import Client, Conflict, Key, KubeError, NotFound
from serinus.plan import Ask, Event, Plan, Ref, Seen, SeenExperiment, SeenRun

log = logging.getLogger(__name__)

T = TypeVar("T", Rollout, AnalysisRun, Experiment)
S = TypeVar("S", Seen, SeenRun, SeenExperiment)


class Turns(ABC, Generic[T, S]):
    """Looks at one object of a kind at a time; each kind says how it observes, plans and asks."""

    kind: ClassVar[Kind]

    def __init__(self, client: Client, stores: Stores, recorder: Recorder, freshness: Freshness) -> None:
        self._client = client
        self._stores = stores
        self._recorder = recorder
        self._freshness = freshness
        self.answers = Answers()

    @abstractmethod
    def observe(self, key: Key, found: T) -> S:
        """Gather everything that the decision may use."""

    @abstractmethod
    def plan(self, seen: S, now: datetime) -> Plan:
        """Decide."""

    @abstractmethod
    def refuse(self, found: Malformed, now: datetime) -> Plan | None:
        """What to tell the user of an object that cannot be read; None where it is told already."""

    async def ask(self, key: Key, seen: S, ask: Ask) -> None:  # noqa: ARG002
        """Have a question answered, now or in the background."""
        raise AssertionError(f"{key} asks nothing: {ask}")

    def is_ready(self, key: Key, found: T) -> bool:  # noqa: ARG002
        """Whether all can be looked for that the decision needs; if not, the key comes again when it can."""
        return True

    def is_urgent(self, seen: S) -> bool:  # noqa: ARG002
        """Whether what was seen must be acted on before all other work."""
        return False

    def settle(self, key: Key, seen: S) -> None:
        """Let go of what only this decision needed: it has been carried out."""
        self.answers.settle(key, seen.answers)

    def forget(self, key: Key) -> None:
        """Let go of everything about an object that is gone."""
        self.answers.forget(key)

    async def look_at(self, key: Key) -> bool:
        """One turn for one object; returns whether it is there."""
        found: T | Malformed | None = self._stores.informers[self.kind].store.get(key.namespace, key.name)
        if found is None or found.metadata.deletion_timestamp is not None:
            self.forget(key)
            return False
        if isinstance(found, Malformed):
            plan = self.refuse(found, datetime.now(UTC))
            if plan is not None:
                await self._carry_out(key, found.metadata, plan)
        elif self.is_ready(key, found):
            await self._advance(key, found)
        return True

    async def _advance(self, key: Key, found: T) -> None:
        now = datetime.now(UTC)
        seen = self.observe(key, found)
        plan = self.plan(seen, now)
        if plan.why:
            log.debug("%s waits: %s", key, "; ".join(plan.why))
        for ask in plan.asks:
            await self.ask(key, seen, ask)
        try:
            await self._carry_out(key, found.metadata, plan, is_urgent=self.is_urgent(seen))
        except RejectedError as no:
            self.answers.file(key, found.metadata.uid, no.ask, no.answer)
            self._stores.queue.add(key)
        else:
            self.settle(key, seen)
        if plan.wake is not None:
            self._stores.queue.add_after(key, max(0.001, (plan.wake - now).total_seconds()))

    async def _carry_out(self, key: Key, metadata: ObjectMeta, plan: Plan, *, is_urgent: bool = False) -> None:
        """Send what a plan says, and tell its events, or what stands in its way."""
        me, wrote = Ref(self.kind, key.namespace, key.name), partial(self._freshness.wrote, key)
        try:
            await self.applier(key, is_urgent=is_urgent).apply(plan, me, metadata, wrote)
        except RoutingError as error:
            self._tell_of_routers(metadata, error)
            raise next(iter(error.failures.values())) from None
        except (Conflict, NotFound):
            raise
        except KubeError as error:
            self._tell(metadata, Event("ReconciliationError", failure_text(error), "Warning"))
            raise
        for event in plan.events:
            self._tell(metadata, event)

    def applier(self, key: Key, *, is_urgent: bool) -> Applier:
        """Who carries out a plan; what a person asked for overtakes all other work."""
        urgent = is_urgent or self._stores.queue.hurries(key)
        return Applier(self._client.urgent if urgent else self._client)

    def _tell_of_routers(self, metadata: ObjectMeta, error: RoutingError) -> None:
        for name, failure in error.failures.items():
            if not isinstance(failure, Conflict | NotFound):
                self._tell(metadata, Event("TrafficRoutingError", f"{name}: {failure_text(failure)}", "Warning"))

    def _tell(self, metadata: ObjectMeta, event: Event) -> None:
        self._recorder.record(metadata, event, self.kind)
