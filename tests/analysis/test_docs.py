"""What docs/verdicts.md says is so."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from analysis.scenes import NOON, Shell, metric, metric_of, run_of
from serinus.analysis.judge import judged, measured
from serinus.api.analysis import AnalysisRun, Measurement
from serinus.expr import Floats
from serinus.plan import Measure, Measured
from serinus.providers.provider import Reading

PAGE = (Path(__file__).parents[2] / "docs" / "verdicts.md").read_text()


def table(heading: str) -> list[list[str]]:
    """The rows of the table below a heading."""
    below = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    rows = [re.split(r"(?<!\\)\|", line)[1:-1] for line in below.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def test_the_run_ends_with_the_message_that_is_shown() -> None:
    manifest = yaml.safe_load(re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[0])
    run = msgspec.convert(manifest, AnalysisRun)
    assert msgspec.json.decode(msgspec.json.encode(run.spec)) == manifest["spec"], "every field is known"
    shell = Shell(run)
    shell.says = lambda ask: bad(shell, ask)
    shell.play()
    assert len(shell.asked) == 4
    assert shell.message in PAGE


def bad(shell: Shell, ask: Measure) -> Any:
    spec = shell.run.spec.metrics[0]
    assert ask.metric == spec.name
    begun = Measurement(phase="", started_at=shell.now)
    return Measured(measured(spec, Reading(Floats([0.8]), "[0.8]"), begun, shell.now))


@pytest.mark.parametrize("row", table("One measurement"), ids=" ".join)
def test_the_table_of_verdicts(row: list[str]) -> None:
    for success, failure, verdict in spread(row):
        assert judged(metric_of(successCondition=success, failureCondition=failure), 1.0, "1", NOON).phase == verdict


def spread(row: list[str]) -> list[tuple[str, str, str]]:
    """``true / false`` in a row means two."""
    success, failure, verdict = ([one.strip() for one in cell.split(" / ")] for cell in row)
    many = max(len(success), len(failure), len(verdict))
    cells = zip(*(cell * many if len(cell) == 1 else cell for cell in (success, failure, verdict)), strict=False)
    return [(condition(one), condition(two), phase) for one, two, phase in cells]


def condition(word: str) -> str:
    return {"–": "", "any": "result > 5"}.get(word, word)


@pytest.mark.parametrize("row", table("No data"), ids=lambda row: row[0])
def test_the_table_of_no_data(row: list[str]) -> None:
    expected = {
        "wait": "Running",
        "inconclusive": "Inconclusive",
        "fail": "Failed",
        "pass": "Successful",
        "absent": "Error",
    }
    for choice in re.findall(r"\w+", row[0]):
        spec = metric_of(successCondition="all(result, # < 0.05)", onNoData="" if choice == "absent" else choice)
        assert judged(spec, Floats(), "[]", NOON).phase == expected[choice]


@pytest.mark.parametrize("row", table("Metric and run"), ids=lambda row: row[0])
def test_the_table_of_fields_names_fields(row: list[str]) -> None:
    field = row[0].strip("`")
    value = "1s" if field in {"interval", "initialDelay"} else 1
    assert msgspec.to_builtins(run_of(metric(**{field: value})))["spec"]["metrics"][0][field] == value
