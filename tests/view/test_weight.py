"""Weights and steps as people are shown them."""

from typing import Any

import msgspec
import pytest

from serinus.api.rollout import Rollout
from serinus.api.workload import ReplicaSet
from serinus.view.weight import actual_weight, set_weight, step_text

STEPS = [{"setWeight": 10}, {"pause": {}}, {"setWeight": 30}, {"pause": {}}]
SPLIT = {"canary": {"weight": 7}, "stable": {"weight": 93}}


def rollout(status: dict[str, Any], **canary: Any) -> Rollout:
    strategy = {"canary": {"steps": STEPS, **canary}}
    base = {"currentPodHash": "new", "stableRS": "old", "availableReplicas": 10}
    return msgspec.convert(
        {"metadata": {"name": "shop"}, "spec": {"strategy": strategy}, "status": base | status}, Rollout
    )


def sets(canary: int) -> list[ReplicaSet]:
    label = "rollouts-pod-template-hash"
    return [
        msgspec.convert({"metadata": {"labels": {label: hash_}}, "status": {"availableReplicas": count}}, ReplicaSet)
        for hash_, count in (("new", canary), ("old", 10 - canary))
    ]


@pytest.mark.parametrize(
    ("status", "canary", "weight"),
    [
        ({"currentStepIndex": 0}, {}, 10),
        ({"currentStepIndex": 1}, {}, 10),
        ({"currentStepIndex": 3}, {}, 30),
        ({"currentStepIndex": 4}, {}, 100),
        ({"currentStepIndex": 0}, {"steps": [{"pause": {}}]}, 0),
        ({"currentStepIndex": 3, "abort": True}, {}, 0),
        ({"currentStepIndex": 0, "abort": True, "stableRS": "new"}, {}, 100),
        ({"currentStepIndex": 0, "stableRS": "new"}, {}, 100),
        ({"currentStepIndex": 0, "stableRS": ""}, {}, 100),
        ({}, {"steps": []}, 100),
        ({}, {}, 10),
        ({"currentStepIndex": 4}, {"trafficRouting": {"maxTrafficWeight": 1000}}, 1000),
    ],
)
def test_the_wanted_weight_is_that_of_the_last_weight_step(
    status: dict[str, Any], canary: dict[str, Any], weight: int
) -> None:
    assert set_weight(rollout(status, **canary)) == weight


@pytest.mark.parametrize(
    ("status", "canary", "available", "weight"),
    [
        ({"currentStepIndex": 1}, {}, 1, 10),
        ({"currentStepIndex": 1, "availableReplicas": 3}, {}, 1, 33),
        ({"currentStepIndex": 1, "availableReplicas": 0}, {}, 1, 0),
        ({"currentStepIndex": 4}, {}, 1, 100),
        ({"currentStepIndex": 1}, {"trafficRouting": {}}, 5, 10),
        ({"currentStepIndex": 1, "canary": {"weights": SPLIT}}, {"trafficRouting": {}}, 5, 7),
    ],
)
def test_the_actual_weight_is_the_share_of_pods_or_what_the_router_has(
    status: dict[str, Any], canary: dict[str, Any], available: int, weight: int
) -> None:
    assert actual_weight(rollout(status, **canary), sets(available)) == weight


def test_a_blue_green_rollout_has_no_weight_and_no_step() -> None:
    spec = {"strategy": {"blueGreen": {"activeService": "a"}}}
    blue = msgspec.convert({"metadata": {"name": "shop"}, "spec": spec}, Rollout)
    assert (set_weight(blue), actual_weight(blue, []), step_text(blue)) == (None, None, "")


def test_the_step_is_shown_with_the_number_of_steps() -> None:
    assert step_text(rollout({"currentStepIndex": 2})) == "2/4"
    assert step_text(rollout({}, steps=[])) == ""
