"""`get experiment`: the block that people read, alone and below a Rollout."""

import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

GOLDEN = """\
Name:            trial
Namespace:       default
Status:          ◌ Running
Images:          nginx:1 (Σ:baseline)
                 nginx:2 (Σ:canary)

NAME                     KIND         STATUS        AGE  INFO
Σ trial                  Experiment   ◌ Running     AGE
├──⧉ trial-baseline      ReplicaSet   ✔ Healthy     AGE
├──⧉ trial-canary        ReplicaSet   ✔ Healthy     AGE
│  └──□ trial-canary-1   Pod          ✔ Running     AGE  ready:1/1
└──α trial-rate          AnalysisRun  ◌ Running     AGE  ✔ 2,✖ 1
   └──⊞ job-1            Job          ✔ Successful  AGE
"""

BELOW = """\
⟳ shop Rollout ॥ Paused AGE
└──# revision:2
   └──Σ trial Experiment ◌ Running AGE
      ├──⧉ trial-baseline ReplicaSet ✔ Healthy AGE
      ├──⧉ trial-canary ReplicaSet ✔ Healthy AGE
      │  └──□ trial-canary-1 Pod ✔ Running AGE ready:1/1
      └──α trial-rate AnalysisRun ◌ Running AGE ✔ 2,✖ 1
         └──⊞ job-1 Job ✔ Successful AGE
"""

CREATED = "2026-01-01T00:00:00Z"
JOB = {"phase": "Successful", "startedAt": CREATED, "metadata": {"job-name": "job-1"}}
RESULTS = [{"name": "rate", "phase": "Running", "successful": 2, "failed": 1, "measurements": [JOB]}]


def without_ages(text: str) -> str:
    return re.sub(" +", " ", re.sub(r"\b(\d+[smhdy])+\b", "AGE", text))


@pytest.fixture
def experiment() -> Callable[..., Any]:
    """Makes an Experiment of revision 2 of the Rollout ``shop``."""

    def make(name: str = "trial", spec: Any = None, **status: Any) -> Any:
        return {
            "metadata": {
                "name": name,
                "uid": f"uid-{name}",
                "creationTimestamp": CREATED,
                "annotations": {"rollout.argoproj.io/revision": "2"},
                "ownerReferences": [{"uid": "uid-shop"}],
            },
            "spec": {"templates": []} | (spec or {}),
            "status": {"phase": "Running"} | status,
        }

    return make


@pytest.fixture
def trial(api: Any, experiment: Callable[..., Any], replica_set: Callable[..., Any]) -> Any:
    api.put("experiments", experiment())
    for name, image in (("baseline", "nginx:1"), ("canary", "nginx:2")):
        annotations = {"experiment.argoproj.io/template-name": name}
        api.put("replicasets", replica_set(name, 0, image, owner="trial", annotations=annotations))
    api.put(
        "pods",
        {
            "metadata": {
                "name": "trial-canary-1",
                "creationTimestamp": CREATED,
                "ownerReferences": [{"uid": "uid-trial-canary"}],
            },
            "spec": {"containers": [{"name": "web"}]},
            "status": {"containerStatuses": [{"name": "web", "ready": True, "state": {"running": {}}}]} | RUNNING,
        },
    )
    api.put(
        "analysisruns",
        {
            "metadata": {
                "name": "trial-rate",
                "uid": "uid-rate",
                "creationTimestamp": CREATED,
                "ownerReferences": [{"uid": "uid-trial"}],
            },
            "status": {"phase": "Running", "metricResults": RESULTS},
        },
    )
    return api


RUNNING = {"phase": "Running"}


@pytest.mark.parametrize("word", ["experiment", "experiments", "exp"])
def test_the_block_of_an_experiment(word: str, serinus: Any, trial: Any) -> None:
    said = serinus("get", word, "trial")
    assert (said.code, said.err) == (0, "")
    assert without_ages(said.out) == without_ages(GOLDEN)


def test_the_same_tree_stands_below_the_rollout(serinus: Any, trial: Any, rollout: Callable[..., Any]) -> None:
    trial.put("rollouts", rollout())
    said = serinus("get", "rollout", "shop")
    assert (said.code, said.err) == (0, "")
    assert without_ages(said.out.split("INFO\n")[1]) == without_ages(BELOW)
    assert "nginx:1 (Σ:baseline)" in said.out


def test_what_went_wrong_is_told(serinus: Any, trial: Any, experiment: Callable[..., Any]) -> None:
    trial.put("experiments", experiment(phase="Failed", message='Template "canary" is late'))
    lines = serinus("get", "experiment", "trial").out.splitlines()
    assert lines[2:4] == ["Status:          ✖ Failed", 'Message:         Template "canary" is late']


def test_an_experiment_that_nobody_has_looked_at_is_pending(
    serinus: Any, api: Any, experiment: Callable[..., Any]
) -> None:
    api.put("experiments", experiment(phase=""))
    assert "Status:          ◷ Pending" in serinus("get", "experiment", "trial").out


def test_an_experiment_that_is_not_there_is_named(serinus: Any) -> None:
    for flags in ([], ["-w"]):
        said = serinus("get", "experiment", "ghost", *flags)
        assert (said.code, said.out) == (1, "")
        assert said.err == 'Error: experiments "ghost" not found\n'


def test_analysis_runs_that_cannot_be_read_are_left_out(serinus: Any, trial: Any) -> None:
    trial.missing.add("analysisruns")
    for flags in ([], ["-w", "--timeout-seconds=1"]):
        said = serinus("get", "experiment", "trial", *flags)
        assert (said.code, said.err) == (0, "")
        assert "α" not in said.out


def test_a_watch_prints_a_block_for_every_change_until_the_experiment_is_gone(
    trial: Any, experiment: Callable[..., Any]
) -> None:
    argv = [sys.executable, "-m", "serinus", "get", "experiment", "trial", "-w", "--server", trial.url]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            lines = iter(process.stdout)
            assert next(line for line in lines if line.startswith("Status:")).split()[-1] == "Running"
            trial.put("experiments", experiment(phase="Successful"))
            assert next(line for line in lines if line.startswith("Status:")).split()[-1] == "Successful"
            trial.drop("experiments", "trial")
            assert process.wait(20) == 1
            assert process.stderr.read() == "Error: the experiment was deleted while it was watched\n"
        finally:
            process.kill()


TABLE = """\
NAME   STATUS      DURATION  REMAINING  AGE
long   Running     100d      AGE        AGE
odd    Running     -         -          AGE
over   Successful  5m        -          AGE
quiet              90s       -          AGE
trial  Running     -         -          AGE
"""


@pytest.mark.parametrize("word", ["experiments", "experiment", "exp"])
def test_the_list_of_experiments(word: str, serinus: Any, api: Any, experiment: Callable[..., Any]) -> None:
    future = "2999-01-01T00:00:00Z"
    api.put("experiments", experiment())
    api.put("experiments", experiment("long", {"duration": "2400h"}, availableAt=future))
    api.put("experiments", experiment("odd", {"duration": "soon"}, availableAt=future))
    api.put("experiments", experiment("over", {"duration": "5m"}, phase="Successful", availableAt=future))
    api.put("experiments", experiment("quiet", {"duration": 90}, phase=""))
    said = serinus("list", word)
    assert (said.code, said.err) == (0, "")
    columns = [line.rsplit(maxsplit=1)[0] for line in said.out.splitlines()]
    expected = [line.rsplit(maxsplit=1)[0] for line in TABLE.splitlines()]
    columns[1] = re.sub(r"\d+y\d*d?", "AGE", columns[1])
    assert list(map(str.split, columns)) == list(map(str.split, expected))


def test_experiments_of_all_namespaces(serinus: Any, api: Any, experiment: Callable[..., Any]) -> None:
    api.put("experiments", experiment())
    api.put("experiments", experiment(), "east")
    lines = [line.split()[:2] for line in serinus("list", "experiments", "-A").out.splitlines()]
    assert lines == [["NAMESPACE", "NAME"], ["default", "trial"], ["east", "trial"]]


def test_no_experiments_are_told_on_stderr(serinus: Any) -> None:
    said = serinus("list", "experiments")
    assert (said.code, said.out, said.err) == (0, "", "No resources found.\n")
