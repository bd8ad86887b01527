"""Adoption and exit in virtual time: at no moment is a pod too few, or a request lost, in any order."""

import copy
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from handover.scenes import writes_of
from serinus.api.deployment import Deployment
from serinus.api.kinds import DEPLOYMENT, POD, REPLICA_SET, ROLLOUT, SERVICE
from serinus.api.rollout import Rollout
from serinus.api.workload import ReplicaSet, Service
from serinus.cli.undo import clean_template
from serinus.handover import Adoption, Done, Ejection, Rest, Step, Wait, Wishes, next_adoption, next_ejection
from serinus.plan import Patch, Ref, Settings, Write
from serinus.world import Delays
from serinus.world.carry import send
from serinus.world.network import NOBODY
from stories.manifests import CANARY, HOST, NAME, STABLE, V1, V2, ingress, pause, routed, service, template, weight
from stories.simulated import NAMESPACE, Simulated

DRAIN = 5
REPLICAS = 3
SLOW = Delays(start=(6.0, 10.0))
"""Pods that become ready long after the drain time."""
SHORTEST = 0.1
"""Virtual seconds between two looks."""
LIMIT = 300.0


class Play:
    """A user's command on a stage; every look is all that it knows, as if it had just been started again."""

    def __init__(self, seed: int, delays: Delays) -> None:
        self.stage = Simulated(seed=seed, delays=delays, settings=Settings(drain_seconds=DRAIN))
        self.world = self.stage.world
        self.is_served = False

    def play(self, look: Callable[[], Step]) -> None:
        """Do what comes next until all is done; nothing is remembered but when the rest began."""
        end = self.world.now.timestamp() + LIMIT
        while not isinstance(step := look(), Done):
            if isinstance(step, Rest):
                self.live(DRAIN)
                step = look()
                assert isinstance(step, Rest)
            if isinstance(step, Wait):
                self.live(SHORTEST)
            else:
                for write in writes_of(step):
                    self.send(write)
            assert self.world.now.timestamp() < end, step

    def send(self, write: Write) -> None:
        if not isinstance(write, Patch) or write.how != "json":
            send(self.world.server, write, self.world.now)
            return
        found = copy.deepcopy(self.world.server.read(write.ref))
        for change in write.body:
            *parents, last = change["path"].strip("/").split("/")
            place = found
            for part in parents:
                place = place[part]
            place[last] = change["value"]
        self.world.server.replace(write.ref, found)

    def live(self, seconds: float) -> None:
        """Let time pass, and see at every moment that users are served as before."""
        for _ in range(round(seconds / SHORTEST)):
            self.world.run_for(SHORTEST)
            outcome = self.world.request(HOST)
            if not self.is_served:
                continue
            assert NOBODY not in outcome, f"requests reach nobody: {dict(outcome)}"
            pods = {ref.name: pod for ref, pod in self.world.server.list(POD)}
            assert all(name in pods for name in outcome if name != NOBODY)
            ready = [pod for pod in pods.values() if is_ready(pod)]
            assert len(ready) >= REPLICAS, f"only {len(ready)} pods are ready"

    def deployment(self) -> Deployment | None:
        """The Deployment, with the status that its controller would give it."""
        found = self.world.server.find(Ref(DEPLOYMENT, NAMESPACE, "web"))
        if found is None:
            return None
        sets = [
            item for item in self.sets() if (item.metadata.controller or item.metadata).uid == found["metadata"]["uid"]
        ]
        wanted = template_of(found["spec"]["template"])
        new = [item for item in sets if item.spec.template["spec"]["containers"][0]["image"] == wanted]
        status = {
            "observedGeneration": found["metadata"]["generation"],
            "replicas": sum(item.status.replicas for item in sets),
            "updatedReplicas": sum(item.status.replicas for item in new),
            "availableReplicas": sum(item.status.available_replicas for item in sets),
        }
        return msgspec.convert(found | {"status": status}, Deployment)

    def sets(self) -> list[ReplicaSet]:
        return [msgspec.convert(item, ReplicaSet) for _, item in self.world.server.list(REPLICA_SET)]

    def rollout(self, name: str) -> Rollout | None:
        found = self.world.server.find(Ref(ROLLOUT, NAMESPACE, name))
        return msgspec.convert(found, Rollout) if found else None

    def adopt(self, **wishes: Any) -> None:
        def look() -> Step:
            found = self.deployment()
            assert found is not None
            return next_adoption(
                Adoption(wishes=Wishes(name=NAME, **wishes), deployment=found, rollout=self.rollout(NAME))
            )

        self.play(look)

    def eject(self, *, force: bool = False) -> None:
        def look() -> Step:
            rollout = self.rollout(NAME)
            stable = rollout.status.stable_rs if rollout else ""
            kept = next((clean_template(item) for item in self.sets() if stable and item.hash == stable), None)
            services = tuple(msgspec.convert(item, Service) for _, item in self.world.server.list(SERVICE))
            return next_ejection(
                Ejection(
                    name="web",
                    rollout=rollout,
                    deployment=self.deployment(),
                    template=kept,
                    services=services,
                    force=force,
                )
            )

        self.play(look)
        self.live(20)

    @property
    def images(self) -> list[str]:
        return [template_of(pod) for _, pod in self.world.server.list(POD) if is_ready(pod)]


def template_of(holder: Any) -> str:
    return str(holder["spec"]["containers"][0]["image"])


def is_ready(pod: Any) -> bool:
    conditions = pod.get("status", {}).get("conditions") or []
    is_serving = any((item["type"], item["status"]) == ("Ready", "True") for item in conditions)
    return is_serving and "deletionTimestamp" not in pod["metadata"]


@pytest.fixture(params=range(3))
def play(request: pytest.FixtureRequest) -> Play:
    return Play(request.param, Delays())


@pytest.fixture(params=range(3))
def slow_play(request: pytest.FixtureRequest) -> Play:
    return Play(request.param, SLOW)


async def deploy(play: Play) -> None:
    """A Deployment that serves, behind one Service."""
    spec = {"replicas": REPLICAS, "selector": {"matchLabels": {"app": "myapp"}}, "template": template(V1)}
    web = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec}
    for manifest in (service(STABLE), ingress(), web):
        await play.stage.create(manifest)
    play.live(20)
    play.is_served = True


STRATEGIES = [
    pytest.param({"canary": {}}, id="rolling"),
    pytest.param({"canary": {"steps": [weight(50), pause()]}}, id="steps"),
    pytest.param({"blueGreen": {"activeService": STABLE}}, id="blueGreen"),
]


async def take_over_and_give_back(play: Play, strategy: Any, scale_down: str) -> None:
    await deploy(play)
    play.adopt(strategy=strategy, scale_down=scale_down)
    play.live(20)
    assert play.images == [V1] * REPLICAS
    found = play.deployment()
    assert found is not None
    assert found.replicas == 0
    play.eject()
    assert play.images == [V1] * REPLICAS
    assert play.rollout(NAME) is None
    play.stage.check()


@pytest.mark.parametrize("strategy", STRATEGIES)
async def test_a_rollout_takes_over_and_gives_back(slow_play: Play, strategy: Any) -> None:
    await take_over_and_give_back(slow_play, strategy, "onsuccess")


async def test_a_rollout_takes_over_pod_by_pod(play: Play) -> None:
    await take_over_and_give_back(play, {"canary": {}}, "progressively")


async def test_an_update_under_way_is_given_up_for_the_stable_version(play: Play) -> None:
    await deploy(play)
    play.adopt(strategy={"canary": {"steps": [weight(50), pause()]}})
    await play.stage.patch(DEPLOYMENT, "web", {"spec": {"template": template(V2)}})
    await play.stage.until(lambda look: look.is_paused_at(1))
    play.eject(force=True)
    assert play.images == [V1] * REPLICAS


async def test_a_rollout_of_its_own_becomes_a_deployment(slow_play: Play) -> None:
    play = slow_play
    for manifest in (service(STABLE), service(CANARY), ingress(), routed((weight(50), pause()), replicas=REPLICAS)):
        await play.stage.create(manifest)
    play.live(40)
    play.is_served = True
    play.eject()
    assert play.images == [V1] * REPLICAS
    selectors = [item["spec"]["selector"] for _, item in play.world.server.list(SERVICE)]
    assert selectors == [{"app": "myapp"}] * 2
