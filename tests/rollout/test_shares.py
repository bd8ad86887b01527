"""A scale-down delay counts from the last loss of traffic, not from an earlier loss of a part."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from rollout.scenes import NOW, hash_of, plan, replica_set, rollout, routed_scene, updating, with_steps_hash
from serinus.api import keys
from serinus.plan import Patch, Plan, Seen
from stories import manifests
from stories.manifests import CANARY, STABLE, V1, V2, V3, pause, routed, weight

STEPS = (weight(50), pause(), weight(75), pause())


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


OVER = {keys.SCALE_DOWN_DEADLINE: stamp(NOW - timedelta(seconds=1))}
"""The end of a delay that began with an earlier loss."""


def at_half(*, stable: Any, canary: Any, image: str = V2, dynamic: bool = True, **status: Any) -> Seen:
    """A Rollout of which the second version has half of the traffic."""
    weights = {
        "canary": {"weight": 50, "serviceName": CANARY, "podTemplateHash": hash_of(V2)},
        "stable": {"weight": 50, "serviceName": STABLE, "podTemplateHash": hash_of(V1)},
    }
    known = updating(V2, V1, observedGeneration="1", canary={"weights": weights}, **status)
    manifest = routed(STEPS, image=image, replicas=4, dynamicStableScale=dynamic)
    item = rollout(manifest, generation=1 if image == V2 else 2, **known)
    return routed_scene(with_steps_hash(item), stable, canary, stable=V1, canary=V2)


def changes(decided: Plan, image: str) -> dict[str, Any]:
    """What the plan changes on a version, in one merge patch."""
    name = f"{manifests.NAME}-{hash_of(image)}"
    bodies = [write.body for write in decided.writes if isinstance(write, Patch) and write.ref.name == name]
    assert len(bodies) <= 1
    return bodies[0] if bodies else {}


def delayed(seconds: int) -> dict[str, Any]:
    """A delay that begins now, and no change of size."""
    return {"metadata": {"annotations": {keys.SCALE_DOWN_DEADLINE: stamp(NOW + timedelta(seconds=seconds))}}}


def test_a_promotion_begins_the_delay_of_the_old_version_anew() -> None:
    stable = replica_set(V1, 3, desired=4, annotations=OVER)
    seen = at_half(stable=stable, canary=replica_set(V2, 4, desired=4, revision=2), currentStepIndex=4)
    assert changes(plan(seen), V1) == delayed(5)


def test_more_weight_begins_the_delay_of_a_stable_version_that_follows_its_traffic_anew() -> None:
    stable = replica_set(V1, 4, desired=4, annotations=OVER)
    seen = at_half(stable=stable, canary=replica_set(V2, 3, desired=4, revision=2), currentStepIndex=2)
    decided = plan(seen)
    assert decided.status["canary"]["weights"]["canary"]["weight"] == 75
    assert changes(decided, V1) == delayed(5)


def test_a_delay_whose_loss_was_the_last_one_ends() -> None:
    stable = replica_set(V1, 4, desired=4, annotations=OVER)
    canary = replica_set(V2, 2, desired=4, revision=2)
    decided = plan(at_half(stable=stable, canary=canary, currentStepIndex=1))
    assert changes(decided, V1)["spec"] == {"replicas": 2}


@pytest.mark.parametrize("dynamic", [True, False])
def test_an_abort_begins_the_delay_of_the_new_version_anew(dynamic: bool) -> None:
    canary = replica_set(V2, 4, desired=4, revision=2, annotations=OVER)
    stable = replica_set(V1, 4, desired=4)
    decided = plan(at_half(stable=stable, canary=canary, dynamic=dynamic, currentStepIndex=1, abort=True))
    assert changes(decided, V2) == delayed(30)


def test_a_version_that_is_superseded_keeps_its_pods_while_its_service_leads_to_it() -> None:
    canary = replica_set(V2, 4, desired=4, revision=2, annotations=OVER)
    seen = at_half(stable=replica_set(V1, 4, desired=4), canary=canary, image=V3, dynamic=False, currentStepIndex=1)
    assert changes(plan(seen), V2) == {"metadata": {"annotations": {keys.SCALE_DOWN_DEADLINE: None}}}
