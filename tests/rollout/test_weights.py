"""Which weight a canary has while its pods change."""

import pytest
from msgspec.structs import replace

from rollout.scenes import NOW, hash_of, replica_set, rollout, routed_scene, updating, with_steps_hash
from serinus.plan import Seen
from serinus.rollout.canary import split
from serinus.rollout.fleet import identify
from serinus.rollout.progress import recorded
from stories import manifests
from stories.manifests import V1, V2, pause, weight


def scene(pods: int, *, at: int, observed: int, leads_to: str = V2) -> Seen:
    """An update at its second weight, whose new version has just got another size."""
    weights = {"canary": {"weight": at, "podTemplateHash": hash_of(leads_to)}, "stable": {"weight": 100 - at}}
    manifest = manifests.routed((weight(10), weight(30), pause()), image=V2)
    status = updating(V2, V1, currentStepIndex=1, observedGeneration="1", canary={"weights": weights})
    new = replica_set(V2, pods, revision=2, observed=observed)
    return routed_scene(with_steps_hash(rollout(manifest, **status)), replica_set(V1, 3), new, stable=V1, canary=V2)


def decided(seen: Seen) -> int:
    fleet = identify(seen)
    progress = recorded(seen.rollout, fleet.hash, NOW)
    return split(seen, fleet, replace(progress, index=1)).weight


@pytest.mark.parametrize(
    ("at", "observed", "leads_to", "expected"),
    [
        (30, 1, V2, 30),
        (30, 0, V2, 30),  # the size is not in effect yet: no reason to lose what it carries
        (10, 0, V2, 10),  # nor to gain any
        (60, 0, V2, 30),
        (30, 0, V1, 10),  # that weight was another version's
    ],
)
def test_a_size_that_is_not_in_effect_yet_neither_raises_nor_lowers_the_weight(
    at: int, observed: int, leads_to: str, expected: int
) -> None:
    assert decided(scene(1, at=at, observed=observed, leads_to=leads_to)) == expected
