"""How analyses are shown and judged, and that all of the article's times shrink alike."""

import asyncio
import json
from typing import Any

import msgspec
import pytest
import yaml
from msgspec.structs import replace

from demo.seeds import ANALYSIS, good
from demo.test_traffic import served
from serinus.api.analysis import AnalysisRun
from serinus.demo.analysis import Analysis, Measured, fresh, measured, of_version, read
from serinus.demo.article import manifest, shortened
from serinus.demo.check import offences
from serinus.demo.record import Record
from serinus.demo.row import Row
from serinus.demo.scenario import Wanted
from serinus.demo.scenarios.analysis import analysis
from serinus.demo.scenarios.column import FIRST, SECOND, THIRD
from serinus.demo.table import details
from serinus.demo.tally import Outcome, Tally
from serinus.demo.traffic import Traffic
from serinus.demo.watch import until

SCENARIO = ANALYSIS
MOMENTS = {moment.title: moment for moment in SCENARIO.moments}
OVER = "2026-01-01T00:00:05Z"


def measurement(phase: str, value: str = "", message: str = "", over: str | None = OVER) -> dict[str, Any]:
    return {"phase": phase, "value": value, "message": message} | ({"finishedAt": over} if over else {})


def run(phase: str, *several: dict[str, Any], name: str = "r", pod_hash: str = "aa", born: int = 1) -> AnalysisRun:
    labels = {"rollouts-pod-template-hash": pod_hash}
    born_at = f"2026-01-01T00:00:0{born}Z"
    return msgspec.convert(
        {
            "metadata": {"name": name, "labels": labels, "creationTimestamp": born_at},
            "spec": {"metrics": []},
            "status": {"phase": phase, "metricResults": [{"name": "rate", "phase": phase, "measurements": several}]},
        },
        AnalysisRun,
    )


def judged(title: str, phase: str, *values: tuple[str, str]) -> Row:
    """A good row of the scenario, with these measurements."""
    several = tuple(Measured("rate", number, *one) for number, one in enumerate(values, 1))
    return replace(good(title, MOMENTS), analysis=Analysis("r", phase, "", several))


@pytest.mark.parametrize(
    ("value", "ratio"), [("[0.8]", 0.8), ("[1]", 1.0), ("[NaN]", None), ("[]", None), ("", None), ("[1,2]", None)]
)
def test_a_measurement_without_one_number_has_no_ratio(value: str, ratio: float | None) -> None:
    assert Measured("rate", 1, "Failed", value).ratio == ratio


def test_only_measurements_that_are_over_are_shown() -> None:
    found = run("Running", measurement("Successful", "[1]"), measurement("Running", over=None))
    assert read(found).measurements == (Measured("rate", 1, "Successful", "[1]"),)
    assert measured(None) == []


def test_of_several_runs_the_youngest_of_the_version_counts() -> None:
    runs = [run("Failed", name="z"), run("Running", name="a", born=2), run("Running", pod_hash="bb", born=3)]
    found = of_version(runs, "aa")
    assert found is not None
    assert found.name == "a"
    assert of_version(runs, "") is None


def test_each_measurement_and_the_verdict_are_told_once() -> None:
    first = run("Running", measurement("Error", message="no data"))
    second = run("Failed", measurement("Error", message="no data"), measurement("Failed", "[0.8]"))
    assert fresh(None, first) == ["measurement 1: ⚠ Error, no number: no data"]
    assert fresh(first, second) == ["measurement 2: ✖ Failed, 0.800", "the AnalysisRun r is Failed"]
    assert fresh(second, second) == []
    assert fresh(second, None) == []


@pytest.mark.parametrize(
    ("row", "offence"),
    [
        (judged("rolled back", "Failed", ("Error", ""), ("Failed", "[0.79]"), ("Failed", "[0.81]")), []),
        (judged("setWeight 50", "Successful", ("Failed", "[NaN]"), ("Successful", "[1]")), []),
        (judged("setWeight 20, 1.23.0", "Running"), []),
        (good("rolled back", MOMENTS), ["no AnalysisRun judges nginx:1.23.0"]),
        (
            judged("rolled back", "Successful", ("Failed", "[0.8]")),
            ["the AnalysisRun r is Successful, not Failed"],
        ),
        (
            judged("rolled back", "Failed", ("Failed", "[0.9]")),
            ["the measurement 1 of rate is [0.9], not about 0.8"],
        ),
        (judged("rolled back", "Failed", ("Failed", "[NaN]")), ["no measurement of the AnalysisRun r is Failed"]),
    ],
)
def test_an_analysis_that_is_off_gives_one_clear_line(row: Row, offence: list[str]) -> None:
    assert offences(row) == [f"{row.title}: {line}" for line in offence]


def test_a_row_tells_what_was_measured_and_how_fast_it_went_back() -> None:
    row = replace(judged("rolled back", "Failed", ("Error", ""), ("Failed", "[0.8]")), reaction=0.125)
    lines = details(row).splitlines()
    assert "  measured  1: ⚠ Error, no number" in lines
    assert "  measured  2: ✖ Failed, 0.800" in lines
    assert "  analysis  r is Failed" in lines
    assert "  reaction  0.12 s from the failing measurement to all traffic on the stable version" in lines
    document = Record(SCENARIO, rows=[row]).document()["rows"][0]["analysis"]
    assert (document["phase"], document["reactionSeconds"], len(document["measurements"])) == ("Failed", 0.125, 2)


def test_nobody_types_anything_from_an_update_to_its_end() -> None:
    assert [" ".join(("kubectl", *moment.command)) for moment in SCENARIO.moments if moment.command] == [
        "kubectl apply -f analysis.yaml",
        "kubectl argo rollouts set image myapp-rollout nginx=nginx:1.22.0",
        "kubectl argo rollouts set image myapp-rollout nginx=nginx:1.23.0",
    ]


def test_before_the_bad_version_comes_the_query_has_forgotten_the_good_one() -> None:
    rests = [
        {moment.title: moment.rest for moment in analysis(pause).moments if moment.rest} for pause in (25.0, 300.0)
    ]
    assert rests == [{}, {"setWeight 20, 1.23.0": 270.0}]  # the scale-down before takes 30 s anyway


def test_all_times_shrink_by_the_same_factor_and_nothing_else_changes() -> None:
    text = manifest(SCENARIO.manifest)
    long, short = list(yaml.safe_load_all(text)), list(yaml.safe_load_all(shortened(text, 25.0)))
    (metric,) = long[3]["spec"]["metrics"]
    assert (metric["interval"], metric["provider"]["prometheus"]["query"].count("[5m]")) == ("60s", 2)
    metric["interval"] = "5s"
    metric["provider"]["prometheus"]["query"] = metric["provider"]["prometheus"]["query"].replace("[5m]", "[25s]")
    long[4]["spec"]["strategy"]["canary"]["steps"][3] = {"pause": {"duration": "25s"}}
    assert short == long


def test_a_versions_own_errors_are_answers_and_no_lost_requests() -> None:
    tally = Tally(began=1.0)
    tally.add(Outcome(2.0, THIRD, error=True))
    tally.add(Outcome(3.0, THIRD))
    tally.add(Outcome(2.5, THIRD))
    assert (tally.answered, tally.failed, tally.errors, tally.last) == (3, 0, {THIRD: 1}, {THIRD: 3.0})


@pytest.mark.parametrize(
    ("image", "told", "failed"),
    [
        (THIRD, THIRD, ""),
        (SECOND, SECOND, f"status 500 from {SECOND}"),  # a version that is known to be well
        (THIRD, SECOND, f"a body that tells of {SECOND} under a head of {THIRD}"),
        ("", THIRD, "status 500 from the gateway"),
    ],
)
async def test_an_error_is_a_versions_own_only_if_it_says_so(image: str, told: str, failed: str) -> None:
    body = json.dumps({"image": told, "status": 500}).encode()
    head = f"HTTP/1.1 500 Oops\r\nConnection: close\r\nX-Image: {image}\r\nContent-Length: {len(body)}\r\n\r\n"
    async with served([head.encode() + body]) as address:
        traffic = Traffic(address, "a.example.com", (FIRST, SECOND, THIRD), faulty=(THIRD,))
        running = asyncio.create_task(traffic.run())
        assert await until(lambda: traffic.tally.requests > 0, 20)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    tally = traffic.tally
    assert bool(tally.errors[THIRD]) is not bool(failed)
    assert {failure.partition(" (sent")[0] for failure in tally.failures} == ({failed} if failed else set())


def test_only_the_third_version_is_wanted_to_fail() -> None:
    wanted: dict[str, Wanted] = {title: moment.wanted for title, moment in MOMENTS.items()}
    assert SCENARIO.faulty == {THIRD: "20%"}
    assert {title for title, one in wanted.items() if one.analysis and one.analysis.ratio < 0.95} == {
        "setWeight 20, 1.23.0",
        "rolled back",
    }
