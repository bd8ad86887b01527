"""A cluster and a controller in virtual time."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from serinus.api.kinds import EXPERIMENT, ROLLOUT
from serinus.plan import Answer, Ask, Event, Listed, Plan, Ref, Seen, Settings, StepReply, StepRun, Write
from serinus.world import carry
from serinus.world.delays import Chance, Delays
from serinus.world.deployments import deploying
from serinus.world.gap import Gap
from serinus.world.garbage import collecting
from serinus.world.network import Network, Outcome
from serinus.world.observe import observe, observe_experiment
from serinus.world.planner import Planner
from serinus.world.pods import living, scaling
from serinus.world.replicasets import reporting
from serinus.world.runs import measuring
from serinus.world.safety import Safety
from serinus.world.server import RefusalError, Server
from serinus.world.telling import telling

START = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
_RESTART = timedelta(seconds=1)
_MOST_PLANS = 20_000


class StuckError(AssertionError):
    """What was waited for does not happen."""


class World:
    """Everything that happens by itself happens between two moments that somebody waits for.

    ``die_after`` counts requests of the controller: when it reaches 0 the process dies in the middle of its plan, and
    another one starts a second later, which knows nothing.
    """

    def __init__(
        self, planner: Planner, *, seed: int = 0, delays: Delays | None = None, settings: Settings | None = None
    ) -> None:
        self.now = START
        self.server = Server()
        self.network = Network()
        self.safety = Safety()
        self.broken: set[str] = set()
        """Images whose pods never become ready."""
        self.verdicts: dict[str, str] = {}
        """Metrics that are not good → the phase to which they bring a run."""
        self.events: list[tuple[Ref, Event]] = []
        self.requests: list[tuple[datetime, Write | Plan]] = []
        """What the controller has sent, in order; a plan stands for its status."""
        self.steps: Callable[[StepRun], StepReply] = lambda _: StepReply("Successful")
        """What step plugins reply."""
        self.die_after: int | None = None
        self.has_controller = True
        """Whether anybody decides."""
        self.settings = settings or Settings()
        self._planner = planner
        self._delays = delays or Delays()
        self._chance = Chance(seed)
        self._gaps: dict[tuple[str, ...], Gap] = {}
        self._due: dict[tuple[str, ...], datetime] = {}
        self._answers: dict[Ask, Answer] = {}
        self._wakes: dict[Ref, datetime] = {}
        self._planned: dict[Ref, int] = {}
        self._plans = 0

    def run_until(self, is_done: Callable[[], bool], limit: float = 3600) -> None:
        """Let things happen until something is so; raises StuckError when it is not so within ``limit`` seconds."""
        end = self.now + timedelta(seconds=limit)
        while not is_done():
            moment = self._next()
            if moment is None or moment > end:
                self.now = end
                raise StuckError("nothing more happens" if moment is None else f"not so within {limit:g} s")
            self._live(moment)

    def run_for(self, seconds: float) -> None:
        """Let time pass."""
        end = self.now + timedelta(seconds=seconds)
        while (moment := self._next()) is not None and moment <= end:
            self._live(moment)
        self.now = end

    def request(self, host: str, path: str = "/") -> Outcome:
        """Where a request can end at this moment."""
        return self.network.request(host, path)

    def seen(self, ref: Ref) -> Seen:
        """What the controller would see of a Rollout now."""
        return observe(self.server, ref, self._planner, self._answers, self.settings)

    def plan(self, ref: Ref) -> Plan:
        """What the controller would do now for a Rollout or an Experiment."""
        if ref.kind == EXPERIMENT:
            return self._planner.plan_experiment(observe_experiment(self.server, ref, self._answers), self.now)
        return self._planner.plan(self.seen(ref), self.now)

    def _next(self) -> datetime | None:
        """The next moment at which something happens."""
        self._gaps = {gap.key: gap for gap in self._happening()}
        self._due = {key: self._due.get(key) or self._moment(gap) for key, gap in self._gaps.items()}
        self._notice()
        return min([*self._due.values(), *self._wakes.values()], default=None)

    def _live(self, moment: datetime) -> None:
        """Let the one thing happen that is due at a moment."""
        self.now = max(self.now, moment)
        key = next((key for key, due in self._due.items() if due <= self.now), None)
        if key is not None:
            del self._due[key]
            self._gaps[key].close(self.now)
        else:
            self._decide(next(ref for ref, wake in self._wakes.items() if wake <= self.now))
        self.safety.look(self.server, self.network)

    def _happening(self) -> Iterator[Gap]:
        yield from collecting(self.server, self._delays)
        yield from deploying(self.server, self._delays)
        yield from scaling(self.server, self._delays)
        yield from living(self.server, self._delays, self.broken)
        yield from reporting(self.server, self._delays, self.now)
        yield from measuring(self.server, self._delays, self.verdicts)
        yield from self.network.following(self.server, self._delays)
        yield from telling(self.server, self.network, self._delays)

    def _moment(self, gap: Gap) -> datetime:
        return gap.at or self.now + self._chance.within(gap.span, *gap.key, str(self.server.version))

    def _notice(self) -> None:
        """Have everything looked at soon after anything changed."""
        self._wakes = {ref: wake for ref, wake in self._wakes.items() if self.server.find(ref)}
        for ref in self._decided():
            if self._planned.get(ref) != self.server.version:
                soon = self.now + self._chance.within(self._delays.plan, str(ref), str(self.server.version))
                self._wakes[ref] = min(soon, self._wakes.get(ref, soon))

    def _decided(self) -> Iterator[Ref]:
        """The objects that the controller decides about."""
        for kind in (ROLLOUT, EXPERIMENT) if self.has_controller else ():
            for ref, _ in self.server.list(kind):
                yield ref

    def _decide(self, ref: Ref) -> None:
        self._plans += 1
        if self._plans > _MOST_PLANS:
            raise StuckError(f"the controller decided {self._plans} times: it goes in circles")
        del self._wakes[ref]
        self._planned[ref] = self.server.version
        plan = self.plan(ref)
        if plan.wake is not None:
            if plan.wake <= self.now and plan.is_empty:
                raise StuckError(f"a plan that does nothing wants to be asked again at once: {plan.why}")
            self._wakes[ref] = plan.wake
        # A list is old as soon as a decision was made with it.
        self._answers = {ask: item for ask, item in self._answers.items() if not isinstance(item, Listed | StepReply)}
        for ask in plan.asks:
            reply = self.steps(ask) if isinstance(ask, StepRun) else carry.answer(self.server, ask, ref.namespace)
            if reply is not None:
                self._answers[ask] = reply
                self._wakes[ref] = self.now
        self._carry_out(ref, plan)

    def _carry_out(self, ref: Ref, plan: Plan) -> None:
        requests = carry.carry_out(self.server, ref, plan, self.now)
        sent = 0
        while True:
            if self.die_after == 0:
                self._die()
                return
            try:
                request = next(requests, None)
            except RefusalError as refusal:
                self._refused(plan.writes[sent], refusal, ref)
                return
            if request is None:
                break
            sent += 1
            self.requests.append((self.now, request))
            self.die_after = None if self.die_after is None else self.die_after - 1
            self.safety.look(self.server, self.network)
        self.events.extend((ref, event) for event in plan.events)

    def _refused(self, write: Write, refusal: RefusalError, ref: Ref) -> None:
        learnt = carry.refusal_of(write, refusal)
        if learnt is not None:
            self._answers[learnt[0]] = learnt[1]
        self._planned.pop(ref, None)

    def _die(self) -> None:
        """The process is gone with all that it knew; the next one looks at everything."""
        self.die_after = None
        self._answers.clear()
        restart = self.now + _RESTART
        self._wakes = dict.fromkeys(self._decided(), restart)
        self._planned = dict.fromkeys(self._wakes, self.server.version)
