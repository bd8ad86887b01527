"""Clients say what the controller said, unless it has not looked yet."""

from typing import Any

import msgspec
import pytest

from serinus.api.rollout import Rollout
from serinus.view.phase import UNOBSERVED, UNOBSERVED_WORKLOAD, UNPAUSING, phase_of

PAUSE = [{"reason": "CanaryPauseStep", "startTime": "2026-01-01T00:00:00Z"}]
WORKLOAD = {"rollout.argoproj.io/workload-generation": "3"}


@pytest.mark.parametrize(
    ("status", "annotations", "text"),
    [
        ({}, {}, f"Progressing - {UNOBSERVED}"),
        ({"phase": "Healthy"}, {}, "Healthy"),
        ({"phase": "Paused", "message": "CanaryPauseStep"}, {}, "Paused - CanaryPauseStep"),
        ({"phase": "Healthy", "observedGeneration": "4"}, {}, f"Progressing - {UNOBSERVED}"),
        ({"phase": "Healthy", "observedGeneration": "5"}, {}, "Healthy"),
        ({"phase": "Healthy", "observedGeneration": "77"}, {}, "Healthy"),
        ({"phase": "Healthy", "observedGeneration": "6d8f9"}, {}, "Healthy"),
        ({"phase": "Paused", "controllerPause": True}, {}, f"Progressing - {UNPAUSING}"),
        ({"phase": "Paused", "controllerPause": True, "pauseConditions": PAUSE}, {}, "Paused"),
        ({"phase": "Healthy", "workloadObservedGeneration": "2"}, WORKLOAD, f"Progressing - {UNOBSERVED_WORKLOAD}"),
        ({"phase": "Healthy", "workloadObservedGeneration": "3"}, WORKLOAD, "Healthy"),
        ({"phase": "Healthy"}, WORKLOAD, "Healthy"),
    ],
)
def test_the_phase_and_its_message(status: dict[str, Any], annotations: dict[str, str], text: str) -> None:
    metadata = {"name": "shop", "generation": 5, "annotations": annotations}
    rollout = msgspec.convert({"metadata": metadata, "status": status}, Rollout)
    assert str(phase_of(rollout)) == text
