"""What people ask for overtakes; what the controller does by itself does not."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from serinus.api.meta import ObjectMeta
from serinus.api.rollout import Rollout, RolloutSpec
from serinus.api.status import PauseCondition, RolloutStatus
from serinus.controller.settings import ControllerSettings
from serinus.controller.stores import Stores
from serinus.kube import Client, Connection, Queue

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
PAUSED = RolloutStatus(
    pause_conditions=(PauseCondition(reason="CanaryPauseStep", start_time=NOON),), controller_pause=True
)
ROLLING = RolloutStatus(current_step_index=1)


def rollout(status: RolloutStatus, *, paused: bool = False) -> Rollout:
    return Rollout(metadata=ObjectMeta(name="web", namespace="shop"), spec=RolloutSpec(paused=paused), status=status)


async def is_urgent(old: Rollout, new: Rollout) -> bool:
    stores = Stores(Client(Connection("https://127.0.0.1:1")), Queue(), (), ControllerSettings())
    notice = next(informer for informer in stores.informers.values() if informer.store is stores.rollouts).on_change
    notice(old, new)
    return stores.queue.hurries(await stores.queue.get())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (ROLLING, replace(ROLLING, abort=True)),
        (replace(ROLLING, abort=True), replace(ROLLING, abort=True, available_replicas=1)),
        (PAUSED, replace(PAUSED, pause_conditions=None)),
        (PAUSED, replace(PAUSED, promote_full=True)),
    ],
    ids=["abort", "an abort that is not carried out yet", "promote", "promote in full"],
)
async def test_overtakes(before: RolloutStatus, after: RolloutStatus) -> None:
    assert await is_urgent(rollout(before), rollout(after))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (PAUSED, replace(PAUSED, pause_conditions=None, controller_pause=False, current_step_index=2)),
        (ROLLING, replace(ROLLING, available_replicas=2)),
        (replace(ROLLING, abort=True, aborted_at=NOON), replace(ROLLING, abort=True, aborted_at=NOON, replicas=4)),
    ],
    ids=["a pause whose time is over", "counts", "an abort that is carried out"],
)
async def test_waits_its_turn(before: RolloutStatus, after: RolloutStatus) -> None:
    assert not await is_urgent(rollout(before), rollout(after))


async def test_holding_everything_overtakes() -> None:
    assert await is_urgent(rollout(ROLLING), rollout(ROLLING, paused=True))
