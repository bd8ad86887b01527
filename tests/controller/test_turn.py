"""Turns are the same for every kind: what is told when the cluster refuses."""

from typing import Any

import pytest

from controller.test_analysis_stores import Cluster
from experiment.play import template
from serinus.api.kinds import ANALYSIS_RUN, EXPERIMENT, ROLLOUT, Kind
from serinus.api.meta import ObjectMeta
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
from serinus.kube import Conflict, Key, KubeError, Status, Unreachable
from serinus.plan import Event, Settings
from stories.manifests import rollout

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

    async def turn(self) -> None:
        await self.turns.look_at(Key(self.kind.kind, "shop", "web"))


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
