"""What befalls a Rollout in mid-update, for every router: its objects are played, its proxies are not."""

from typing import Any

import pytest

from serinus.api.kinds import POD, REPLICA_SET, ROLLOUT, SERVICE
from serinus.api.patches import difference
from serinus.plan import Ref
from serinus.traffic.router import Router, Traffic
from stories.lagging import planner
from stories.look import Look
from stories.manifests import NAME, V1, V2, pause, rollout, service, weight
from stories.simulated import Simulated
from traffic import layers
from traffic.cases import Objects, foreign, is_ours, objects
from traffic.layers import ALL, Split
from traffic.test_conformance import STEP, sample

Manifest = dict[str, Any]

pytestmark = [pytest.mark.usefixtures("with_example"), pytest.mark.parametrize("name", ALL)]

SERVICES = {"stableService": "web", "canaryService": "web-canary"}
DECIDED = {(20, 80)}
OTHERS = {ROLLOUT, REPLICA_SET, POD, SERVICE}


class Layer(Simulated):
    """A stage whose traffic one router splits, in the objects of its sample."""

    def __init__(self, name: str) -> None:
        self.router: Router = layers.router(name)
        super().__init__(planner=planner(self.router))
        self._sample, self._read = sample(name), layers.reader(name)
        self.theirs = {ref: item.raw for ref, item in objects(self._sample.given).items() if not is_ours(item)}

    def rollout(self, image: str) -> Manifest:
        header = [{"setHeaderRoute": STEP}] if "setHeaderRoute" in self.router.supports else []
        routing = self._sample.routing | {"managedRoutes": [{"name": "testers"}]}
        fields = SERVICES | self._sample.canary | {"trafficRouting": routing}
        return rollout((weight(20), *header, pause()), image=image, **fields)

    async def begin(self) -> None:
        """An update that is paused at its first weight."""
        for ref in self.theirs:
            self.put(ref)
        await self.deploy(self.rollout(V1), *map(service, SERVICES.values()))
        await self.set_image(V2)
        await self.until(lambda look: look.phase == "Paused" and self.splits == DECIDED)

    def put(self, ref: Ref) -> None:
        self.world.server.create(ref, self.theirs[ref], self.world.now)

    def take(self, ref: Ref) -> None:
        """Delete an object, and keep it to put it back."""
        self.theirs[ref] = dict(self.world.server.read(ref))
        self.world.server.delete(ref, self.world.now)

    def weigh(self, look: Look, percent: int) -> None:
        """Give the canary another weight, by hand."""
        status, found = look.rollout.status, self.found
        hashes = {"canary_hash": status.current_pod_hash, "stable_hash": status.stable_rs}
        for wanted in self.router.route(Traffic(look.rollout, percent, **hashes), found):
            if body := difference(found[wanted.ref].raw, {"spec": {}, **wanted.manifest}):
                self.world.server.patch(wanted.ref, body)

    @property
    def found(self) -> Objects:
        """All that may be the layer's."""
        objects = self.world.server.objects.items()
        return {ref: foreign(item) for ref, item in objects if ref.kind not in OTHERS}

    @property
    def splits(self) -> set[Split]:
        return set(self._read(self.found))


async def test_what_is_deleted_is_named_and_the_update_goes_on_once_it_is_back(name: str) -> None:
    stage = Layer(name)
    await stage.begin()
    for ref in stage.theirs:
        stage.take(ref)
        look = await stage.until(lambda look: look.phase == "Degraded")
        assert f'"{ref.name}" not found' in look.message
        await stage.stays(lambda look: look.pods == {V1: 3, V2: 1}, seconds=60)
        stage.put(ref)
        await stage.until(lambda look: look.phase == "Paused" and stage.splits == DECIDED)
    await stage.promote()
    await stage.until(lambda look: look.is_settled(V2))


async def test_a_weight_that_somebody_changes_is_put_back(name: str) -> None:
    stage = Layer(name)
    await stage.begin()
    stage.weigh(await stage.look(), 70)
    assert stage.splits == {(70, 30)}
    await stage.until(lambda look: look.phase == "Paused" and stage.splits == DECIDED)


async def test_a_rollout_that_is_deleted_and_made_again_puts_its_routes_right(name: str) -> None:
    stage = Layer(name)
    await stage.begin()
    await stage.delete(ROLLOUT, NAME)
    await stage.until(lambda look: not look.replica_sets and not look.pods)
    await stage.create(stage.rollout(V2))
    await stage.until(lambda look: look.is_settled(V2) and stage.splits <= {(0, 100)})
    assert "testers" not in str([item.raw for item in stage.found.values()])
