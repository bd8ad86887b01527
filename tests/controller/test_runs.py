"""Turns for AnalysisRuns: what is sent to the API, how urgently, and how often."""

from typing import Any

import pytest

from controller.test_analysis_stores import Cluster
from controller.test_measuring import Api, Probe
from serinus.api.kinds import ANALYSIS_RUN
from serinus.api.meta import ObjectMeta
from serinus.controller.driving import Driver
from serinus.controller.exchange import Exchange
from serinus.controller.freshness import Freshness
from serinus.controller.measuring import Sources
from serinus.controller.runs import Runs
from serinus.controller.secret import Secrets
from serinus.kube import Conflict, Key, Status
from serinus.plan import Event
from serinus.providers.provider import Reading

KEY = Key("AnalysisRun", "shop", "web-1")
PATH = "/apis/argoproj.io/v1alpha1/namespaces/shop/analysisruns/web-1"


class Writes(Api):
    """An API that takes patches, and tells how urgent they were."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[tuple[str, dict[str, Any], bool]] = []
        self.is_urgent = False
        self.refuses = 0

    @property
    def urgent(self) -> "Writes":
        other = Writes()
        other.sent, other.is_urgent = self.sent, True
        return other

    async def patch(self, path: str, body: Any, how: str = "merge") -> Any:
        assert how == "merge"
        if self.refuses:
            self.refuses -= 1
            raise Conflict(Status(code=409, message="it has changed"))
        self.sent.append((path, body, self.is_urgent))
        return {"metadata": {"resourceVersion": "99"}}


class Told:
    """Events, as they are recorded."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def record(self, about: ObjectMeta, event: Event, kind: Any) -> None:
        assert (about.name, kind) == ("web-1", ANALYSIS_RUN)
        self.events.append(event.reason)


class Room:
    """The part of the controller that serves runs, with one provider."""

    def __init__(self, value: float = 1.0) -> None:
        self.cluster = Cluster()
        self.api: Any = Writes()
        self.told: Any = Told()
        probe = Probe(lambda _: Reading(value, str(value)))
        sources = Sources({"probe": probe}, Driver(Exchange(), self.api), Secrets(self.api, "home"))
        stores = self.cluster.stores
        self.runs = Runs(self.api, stores, self.told, Freshness(stores), sources)

    async def bring(self, spec: Any, **status: Any) -> None:
        manifest = {"metadata": {"name": "web-1", "namespace": "shop", "uid": "u"}, "spec": spec, "status": status}
        await self.cluster.bring(ANALYSIS_RUN, manifest)

    async def turn(self) -> None:
        await self.runs.look_at(KEY)

    async def answered(self) -> None:
        """Wait until a measurement has ended."""
        key = await self.cluster.queue.get()
        self.cluster.queue.done(key)
        assert key == KEY


def spec(**fields: Any) -> dict[str, Any]:
    return {"metrics": [{"name": "m", "provider": {"plugin": {"probe": {}}}, **fields}]}


async def test_a_run_that_cannot_be_read_is_told_of_once() -> None:
    room = Room()
    await room.bring({"metrics": 5})
    await room.turn()
    ((path, body, _),) = room.api.sent
    message = "Analysis spec invalid: spec.metrics: Invalid value: expected array, got int"
    assert (path, body["status"]["phase"], body["status"]["message"]) == (PATH, "Error", message)
    assert room.told.events == ["AnalysisRunError"]
    await room.bring({"metrics": 5}, phase="Error", message=message)
    await room.turn()
    assert len(room.api.sent) == 1


async def test_a_failure_is_written_down_in_one_turn_and_urgently() -> None:
    room = Room()
    await room.bring(spec(successCondition="result > 5"))
    await room.turn()
    assert room.api.sent[-1][1]["status"]["phase"] == "Running"
    assert not room.api.sent[-1][2]
    await room.answered()
    await room.bring(spec(successCondition="result > 5"), **room.api.sent[-1][1]["status"])
    await room.turn()
    path, body, is_urgent = room.api.sent[-1]
    assert (path, body["status"]["phase"], is_urgent) == (PATH, "Failed", True)
    assert room.told.events == ["MetricFailed", "AnalysisRunFailed"]


async def test_an_answer_outlives_a_write_that_is_refused() -> None:
    room = Room()
    await room.bring(spec())
    await room.turn()
    await room.answered()
    await room.bring(spec(), **room.api.sent[-1][1]["status"])
    room.api.refuses = 1
    with pytest.raises(Conflict):
        await room.turn()
    await room.turn()
    assert room.api.sent[-1][1]["status"]["phase"] == "Successful"
    assert room.told.events == ["MetricSuccessful", "AnalysisRunSuccessful"]


async def test_a_run_that_is_over_costs_nothing() -> None:
    room = Room()
    await room.bring(spec(), phase="Successful", completedAt="2026-01-01T12:00:00Z")
    await room.turn()
    assert not room.api.sent
    assert not room.cluster.queue.delayed


async def test_a_run_that_is_gone_is_forgotten() -> None:
    room = Room()
    await room.bring(spec())
    await room.turn()
    room.cluster.stores.runs.drop("shop", "web-1")
    await room.turn()
    await room.runs.aclose()
    assert len(room.api.sent) == 1
