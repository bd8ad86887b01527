"""Turns are the same for every kind: what is told when the cluster refuses, and what is kept."""

import asyncio
from typing import Any

import pytest

from controller.test_analysis_stores import Cluster
from experiment.play import template
from serinus.api.kinds import ANALYSIS_RUN, EXPERIMENT, ROLLOUT, Kind
from serinus.api.meta import ObjectMeta
from serinus.controller.answers import Answers
from serinus.controller.balancers import Balancers
from serinus.controller.driving import Driver
from serinus.controller.exchange import Exchange
from serinus.controller.experiments import Experiments
from serinus.controller.freshness import Freshness
from serinus.controller.measuring import Sources
from serinus.controller.rollouts import Means, Rollouts
from serinus.controller.runs import Runs
from serinus.controller.secret import Secrets
from serinus.controller.stepping import Stepper
from serinus.controller.turn import Turns
from serinus.kube import Conflict, Invalid, Key, KubeError, Status, Unreachable
from serinus.plan import Balanced, Balancer, Created, Defaulted, Event, Read, Refused, Settings, StepReply, StepRun
from stories.manifests import rollout

KEY = Key("Rollout", "shop", "web")
KINDS = [ROLLOUT, ANALYSIS_RUN, EXPERIMENT]
MALFORMED = {"selector": 5, "metrics": 5, "templates": 5}
SPECS = {
    ROLLOUT: rollout(())["spec"],
    ANALYSIS_RUN: {"metrics": [{"name": "m", "provider": {"plugin": {"probe": {}}}}]},
    EXPERIMENT: {"templates": [template("candidate")]},
}


class Api:
    """An API that answers every write with the same failure."""

    def __init__(self, failure: KubeError) -> None:
        self.failure = failure
        self.urgent = self

    async def create(self, path: str, body: Any, params: Any = None) -> Any:
        raise self.failure

    async def patch(self, path: str, body: Any, how: str = "merge") -> Any:
        raise self.failure


class Told:
    """Events, as they are recorded."""

    def __init__(self) -> None:
        self.events: list[tuple[Kind, str, str, str]] = []

    def record(self, about: ObjectMeta, event: Event, kind: Kind) -> None:
        self.events.append((kind, about.name, event.reason, event.message))


class Desk:
    """The turns of one kind, with an object to look at."""

    def __init__(self, kind: Kind, failure: KubeError) -> None:
        self.kind = kind
        self.cluster, self.told, api = Cluster(), Told(), Api(failure)
        line: Any = (api, self.cluster.stores, self.told, Freshness(self.cluster.stores))
        sources = Sources({}, Driver(Exchange(), api), Secrets(api, "home"))  # type: ignore[arg-type]
        made: dict[Kind, Turns[Any, Any]] = {
            ROLLOUT: Rollouts(*line, Means(Settings(), Balancers(), Stepper({}))),
            ANALYSIS_RUN: Runs(*line, sources),
            EXPERIMENT: Experiments(*line),
        }
        self.turns = made[kind]

    async def bring(self, spec: Any) -> None:
        metadata = {"name": "web", "namespace": "shop", "uid": "u", "generation": 1}
        await self.cluster.bring(self.kind, {"metadata": metadata, "spec": spec})

    async def turn(self) -> bool:
        return await self.turns.look_at(Key(self.kind.kind, "shop", "web"))


@pytest.mark.parametrize("spec", [SPECS, dict.fromkeys(KINDS, MALFORMED)], ids=["readable", "malformed"])
@pytest.mark.parametrize("kind", KINDS, ids=str)
async def test_what_stands_in_the_way_of_a_decision_is_told(kind: Kind, spec: Any) -> None:
    desk = Desk(kind, Unreachable("the API server does not answer"))
    await desk.bring(spec[kind])
    with pytest.raises(Unreachable):
        await desk.turn()
    assert desk.told.events == [(kind, "web", "ReconciliationError", "the API server does not answer")]


@pytest.mark.parametrize("kind", KINDS, ids=str)
async def test_a_change_in_between_is_no_news(kind: Kind) -> None:
    desk = Desk(kind, Conflict(Status(code=409, message="it has changed")))
    await desk.bring(SPECS[kind])
    with pytest.raises(Conflict):
        await desk.turn()
    assert not desk.told.events


@pytest.mark.parametrize("kind", [ROLLOUT, EXPERIMENT], ids=str)
async def test_nothing_is_kept_about_an_object_that_is_gone(kind: Kind) -> None:
    desk = Desk(kind, Invalid(Status(code=422, reason="Invalid", message="no such field")))
    await desk.bring(SPECS[kind])
    assert await desk.turn()
    assert len(desk.turns.answers) == 1
    desk.cluster.stores.informers[kind].store.drop("shop", "web")
    assert not await desk.turn()
    assert len(desk.turns.answers) == 0


async def test_the_end_of_a_rollout_is_told_once() -> None:
    desk = Desk(ROLLOUT, Conflict(Status(code=409, message="it has changed")))
    await desk.bring(SPECS[ROLLOUT])
    desk.cluster.stores.informers[ROLLOUT]._drop(("shop", "web"))
    for _ in range(2):
        assert not await desk.turn()
    assert desk.told.events == [(ROLLOUT, "web", "RolloutDeleted", "Rollout shop/web is deleted.")]
    assert not desk.cluster.stores.deleted


async def test_an_answer_counts_for_the_object_that_asked_and_for_no_other_of_its_name() -> None:
    answers, ask, answer = Answers(), Created("web-1"), Refused("no")
    answers.file(KEY, "u1", ask, answer)
    assert answers.about(KEY, "u1") == {ask: answer}
    assert answers.about(KEY, "u2") == {}
    assert len(answers) == 0


async def test_what_a_step_plugin_says_outlives_a_write_that_is_refused() -> None:
    desk = Desk(ROLLOUT, Conflict(Status(code=409, message="it has changed")))
    ask, reply = StepRun(0, "acme/smoke", "Run", "abc", 1), StepReply("Successful")
    desk.turns.answers.file(KEY, "u", ask, reply)
    await desk.bring(SPECS[ROLLOUT])
    with pytest.raises(Conflict):
        await desk.turn()
    assert desk.turns.answers.about(KEY, "u") == {ask: reply}
    desk.turns.answers.settle(KEY, ())
    assert desk.turns.answers.about(KEY, "u") == {ask: reply}
    desk.turns.answers.settle(KEY, {ask})
    assert len(desk.turns.answers) == 0


async def test_what_an_object_has_asked_long_ago_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = Answers()
    answers.file(KEY, "u", Balancer("a.example", "1"), Balanced("a", "arn"))
    answers.file(KEY, "u", Defaulted({"metadata": {"name": "web-1"}}), Read({}))
    loop = asyncio.get_running_loop()
    now = loop.time()
    monkeypatch.setattr(loop, "time", lambda: now + 10)
    assert list(answers.about(KEY, "u").values()) == [Read({})]
    monkeypatch.setattr(loop, "time", lambda: now + 3601)
    assert answers.about(KEY, "u") == {}
    assert len(answers) == 0
