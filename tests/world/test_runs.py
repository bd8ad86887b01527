"""AnalysisRuns of the world begin by themselves, and end as the script says."""

from typing import Any

import pytest

from serinus.api.kinds import ANALYSIS_RUN
from serinus.plan import Plan, Ref
from serinus.world import Planner, StuckError, World

RUN = Ref(ANALYSIS_RUN, "shop", "run")
IDLE = Planner(lambda _seen, _now: Plan())


def world(*metrics: dict[str, Any], **verdicts: str) -> World:
    place = World(IDLE)
    place.verdicts |= verdicts
    manifest = {"metadata": {}, "spec": {"metrics": [{"name": "m", **metric} for metric in metrics]}}
    for number, metric in enumerate(manifest["spec"]["metrics"]):
        metric["name"] += str(number)
    place.server.create(RUN, manifest, place.now)
    return place


def status(place: World) -> dict[str, Any]:
    return place.server.read(RUN).get("status", {})


def wait(place: World, phase: str, limit: float = 60) -> float:
    """Seconds until a run has a phase."""
    start = place.now
    place.run_until(lambda: status(place).get("phase") == phase, limit)
    return (place.now - start).total_seconds()


@pytest.mark.parametrize(
    ("metrics", "seconds"),
    [
        (({},), 0),
        (({"interval": "10s", "count": 4},), 30),
        (({"initialDelay": "20s"}, {"interval": "5s", "count": "3"}), 20),
    ],
    ids=["one measurement", "several", "a delay, and another metric"],
)
def test_a_good_run_takes_as_long_as_its_measurements(metrics: tuple[dict[str, Any], ...], seconds: float) -> None:
    place = world(*metrics)
    wait(place, "Running")
    assert wait(place, "Successful", 100) == pytest.approx(seconds, abs=1)


def test_a_run_without_end_ends_when_it_is_told_to() -> None:
    place = world({"interval": "1s"})
    wait(place, "Running")
    with pytest.raises(StuckError):
        wait(place, "Successful", 1000)
    place.server.patch(RUN, {"spec": {"terminate": True}})
    wait(place, "Successful")
    assert status(place)["message"] == "Run Terminated"


def test_the_worst_metric_decides_at_the_next_measurement() -> None:
    place = world({"interval": "1s"}, {"interval": "1s"}, {"interval": "1s"})
    wait(place, "Running")
    place.verdicts |= {"m0": "Inconclusive", "m1": "Failed", "m2": "Error"}
    assert wait(place, "Failed") < 2
    assert status(place)["message"] == 'Metric "m1" assessed Failed due to failed (1) > failureLimit (0)'


def test_a_verdict_stays() -> None:
    place = world({}, m0="Inconclusive")
    wait(place, "Inconclusive")
    place.verdicts["m0"] = "Failed"
    place.run_for(60)
    assert status(place)["phase"] == "Inconclusive"
