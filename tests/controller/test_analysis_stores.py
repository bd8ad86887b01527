"""Which keys a change of an AnalysisRun, or of a template, adds to the queue."""

from typing import Any

import msgspec
import pytest

from serinus.api.kinds import ANALYSIS_RUN, ANALYSIS_TEMPLATE, CLUSTER_ANALYSIS_TEMPLATE, ROLLOUT, Kind
from serinus.controller.decoding import Malformed
from serinus.controller.settings import ControllerSettings
from serinus.controller.stores import Stores
from serinus.kube import Client, Connection, Key, Queue

Manifest = dict[str, Any]

ANALYSIS = {"templates": [{"templateName": "errors"}]}
STRATEGIES = {
    "background": {"canary": {"analysis": ANALYSIS}},
    "a step": {"canary": {"steps": [{"setWeight": 10}, {"analysis": ANALYSIS}]}},
    "before promotion": {"blueGreen": {"activeService": "a", "prePromotionAnalysis": ANALYSIS}},
    "after promotion": {"blueGreen": {"activeService": "a", "postPromotionAnalysis": ANALYSIS}},
}


def rollout(strategy: Manifest) -> Manifest:
    return {"metadata": {"name": "web", "namespace": "shop", "uid": "u1"}, "spec": {"strategy": strategy}}


def run(phase: str = "", message: str = "", **spec: Any) -> Manifest:
    owner = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": "web", "uid": "u1", "controller": True}
    return {
        "metadata": {"name": "web-1", "namespace": "shop", "uid": "r1", "ownerReferences": [owner]},
        "spec": {"metrics": [], **spec},
        "status": {"phase": phase, "message": message},
    }


class Cluster:
    """Stores that are told what a watch would bring."""

    def __init__(self, **settings: Any) -> None:
        queue: Queue[Key] = Queue()
        client = Client(Connection(server="https://nowhere.invalid"))
        self.stores = Stores(client, queue, (), ControllerSettings(**settings))
        self.queue = queue
        self.versions = 0

    async def bring(self, kind: Kind, manifest: Manifest) -> list[tuple[str, bool]]:
        """A version of an object; returns the keys that it adds, and whether they are urgent."""
        self.versions += 1
        informer = self.stores.informers[kind]
        manifest = {**manifest, "metadata": {**manifest["metadata"], "resourceVersion": str(self.versions)}}
        informer._changed(msgspec.json.encode(manifest))
        return await self.drain()

    async def drain(self) -> list[tuple[str, bool]]:
        found = []
        while self.queue.depth:
            key = await self.queue.get()
            found.append((str(key), self.queue.hurries(key)))
            self.queue.done(key)
        return sorted(found)


RUN, OWNER = "AnalysisRun shop/web-1", "Rollout shop/web"


async def test_a_new_run_is_looked_at_and_so_is_its_owner() -> None:
    assert await Cluster().bring(ANALYSIS_RUN, run()) == [(RUN, False), (OWNER, False)]


async def test_a_measurement_that_changes_no_phase_leaves_the_owner_alone() -> None:
    cluster = Cluster()
    await cluster.bring(ANALYSIS_RUN, run("Running"))
    assert await cluster.bring(ANALYSIS_RUN, run("Running")) == [(RUN, False)]


@pytest.mark.parametrize("phase", ["Failed", "Error", "Inconclusive"])
async def test_a_bad_end_hurries_the_owner(phase: str) -> None:
    cluster = Cluster()
    await cluster.bring(ANALYSIS_RUN, run("Running"))
    assert await cluster.bring(ANALYSIS_RUN, run(phase, "why")) == [(RUN, False), (OWNER, True)]


async def test_a_good_end_is_ordinary_work() -> None:
    cluster = Cluster()
    await cluster.bring(ANALYSIS_RUN, run("Running"))
    assert await cluster.bring(ANALYSIS_RUN, run("Successful")) == [(RUN, False), (OWNER, False)]


async def test_the_end_that_a_person_asks_for_is_urgent() -> None:
    cluster = Cluster()
    await cluster.bring(ANALYSIS_RUN, run("Running"))
    assert await cluster.bring(ANALYSIS_RUN, run("Running", terminate=True)) == [(RUN, True)]


async def test_runs_are_found_by_their_owner() -> None:
    cluster = Cluster()
    await cluster.bring(ANALYSIS_RUN, run())
    assert [item.metadata.name for item in cluster.stores.runs.by("owner", "u1")] == ["web-1"]
    assert cluster.stores.runs.by("owner", "u2") == []


async def test_a_run_that_cannot_be_read_is_kept_with_what_is_wrong() -> None:
    cluster = Cluster()
    broken = run() | {"spec": {"metrics": "none"}}
    assert await cluster.bring(ANALYSIS_RUN, broken) == [(RUN, False), (OWNER, False)]
    (found,) = cluster.stores.runs.by("owner", "u1")
    assert isinstance(found, Malformed)
    assert found.error == "spec.metrics: Invalid value: expected array, got str"


@pytest.mark.parametrize("strategy", STRATEGIES.values(), ids=STRATEGIES)
@pytest.mark.parametrize("kind", [ANALYSIS_TEMPLATE, CLUSTER_ANALYSIS_TEMPLATE], ids=lambda kind: kind.kind)
async def test_a_template_that_changes_concerns_the_rollouts_with_analysis(kind: Kind, strategy: Manifest) -> None:
    cluster = Cluster()
    template = {"metadata": {"name": "errors", "namespace": "shop" if kind.namespaced else ""}, "spec": {}}
    await cluster.bring(ROLLOUT, rollout(strategy))
    assert await cluster.bring(kind, template) == []
    cluster.stores.informers[kind].synced.set()
    assert await cluster.bring(kind, template) == [(OWNER, False)]


async def test_a_template_is_nothing_to_a_rollout_without_analysis() -> None:
    cluster = Cluster()
    cluster.stores.informers[ANALYSIS_TEMPLATE].synced.set()
    await cluster.bring(ROLLOUT, rollout({"canary": {}}))
    assert await cluster.bring(ANALYSIS_TEMPLATE, {"metadata": {"name": "t", "namespace": "shop"}}) == []


def test_a_controller_of_one_namespace_reads_no_cluster_templates() -> None:
    assert CLUSTER_ANALYSIS_TEMPLATE not in Cluster(namespace="shop").stores.informers
    assert CLUSTER_ANALYSIS_TEMPLATE in Cluster().stores.informers


def test_runs_are_shared_out_by_instance_id_as_rollouts_are() -> None:
    stores = Cluster().stores
    assert stores.informers[ANALYSIS_RUN].label_selector == stores.informers[ROLLOUT].label_selector


@pytest.mark.parametrize("kind", [ANALYSIS_RUN, ROLLOUT], ids=lambda kind: kind.kind)
async def test_urgent_news_that_had_to_wait_for_our_own_write_stays_urgent(kind: Kind) -> None:
    cluster = Cluster()
    manifest = run() if kind is ANALYSIS_RUN else rollout({"canary": {}})
    key = Key(kind.kind, "shop", manifest["metadata"]["name"])
    cluster.stores.impatient.add(key)
    assert (str(key), True) in await cluster.bring(kind, manifest)
