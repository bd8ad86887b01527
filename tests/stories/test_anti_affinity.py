"""New pods keep away from the nodes of the stable version."""

from typing import Any

import pytest

from stories.look import Look
from stories.manifests import V1, V2, pause, routed, weight
from stories.stage import Stage

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def rules(look: Look, image: str) -> dict[str, Any]:
    """The anti-affinity in the template of a version."""
    affinity = look.replica_sets[image]["spec"]["template"]["spec"].get("affinity", {})
    found: dict[str, Any] = affinity.get("podAntiAffinity", {})
    return found


@pytest.mark.parametrize(("kind", "chosen"), [(REQUIRED, {}), (PREFERRED, {"weight": 10})])
async def test_the_rule_comes_with_the_canary_and_goes_when_it_is_stable(
    stage: Stage, kind: str, chosen: dict[str, int]
) -> None:
    look = await stage.deploy_routed(routed((weight(50), pause()), replicas=2, antiAffinity={kind: chosen}))
    assert rules(look, V1) == {}
    stable = look.rollout.status.stable_rs
    await stage.set_image(V2)
    look = await stage.until(lambda look: look.is_paused_at(1))
    assert list(rules(look, V2)) == [kind]
    assert stable in str(rules(look, V2))
    assert rules(look, V1) == {}
    await stage.promote()
    look = await stage.until(lambda look: look.is_healthy and rules(look, V2) == {})
    await stage.undo(V1)
    await stage.until(lambda look: look.is_paused_at(1) and look.rollout.status.current_pod_hash == stable)
    assert set((await stage.look()).revisions) == {V1, V2}
