"""Which ways back skip everything."""

from datetime import timedelta
from typing import Any

import pytest

from rollout.scenes import NOW, replica_set, rollout, updating
from serinus.api import keys
from serinus.plan import Seen
from serinus.rollout.fleet import identify
from serinus.rollout.rollback import rollback
from stories import manifests
from stories.manifests import V1, V2, V3

SOON = (NOW + timedelta(seconds=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
PAST = (NOW - timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")


def reason(wanted: str, stable: str, *versions: str, revisions: int | None = None, **fields: Any) -> str:
    """Why a Rollout with these versions, oldest first, goes the short way from one to another."""
    manifest = manifests.rollout(image=wanted)
    manifest["spec"]["rollbackWindow"] = None if revisions is None else {"revisions": revisions}
    if "deadline" in fields:
        manifest["spec"]["strategy"] = {"blueGreen": {"activeService": "a"}}
    sets = []
    for number, image in enumerate(versions, start=1):
        deadline = {keys.SCALE_DOWN_DEADLINE: fields["deadline"]} if image == wanted and "deadline" in fields else {}
        sets.append(replica_set(image, 3, revision=number, annotations=deadline))
    seen = Seen(rollout(manifest, **updating(wanted, stable)), tuple(sets))
    return rollback(seen.rollout, identify(seen), NOW)


@pytest.mark.parametrize(
    ("wanted", "stable", "versions", "revisions", "expected"),
    [
        (V1, V2, (V1, V2), 1, "Rollback within window"),
        (V1, V2, (V1, V2), None, ""),
        (V1, V2, (V1, V2), 0, ""),
        (V1, V3, (V1, V2, V3), 1, ""),
        (V1, V3, (V1, V2, V3), 2, "Rollback within window"),
        (V2, V3, (V1, V2, V3), 1, "Rollback within window"),
        (V2, V1, (V1, V2), 9, ""),
        (V1, V1, (V1, V2), 9, ""),
        (V3, V2, (V1, V2), 9, ""),
    ],
)
def test_the_window_counts_the_versions_between(
    wanted: str, stable: str, versions: tuple[str, ...], revisions: int | None, expected: str
) -> None:
    assert reason(wanted, stable, *versions, revisions=revisions) == expected


@pytest.mark.parametrize(("deadline", "expected"), [(SOON, "Fast rollback"), (PAST, ""), ("soon", "")])
def test_blue_green_goes_back_fast_while_the_old_pods_wait(deadline: str, expected: str) -> None:
    assert reason(V1, V2, V1, V2, deadline=deadline) == expected


def test_versions_of_the_same_second_are_not_before_each_other() -> None:
    manifest = manifests.rollout(image=V1)
    manifest["spec"]["rollbackWindow"] = {"revisions": 3}
    sets = replica_set(V1, 3, revision=1), replica_set(V2, 3, revision=1)
    seen = Seen(rollout(manifest, **updating(V1, V2)), sets)
    assert rollback(seen.rollout, identify(seen), NOW) == ""
