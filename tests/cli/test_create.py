"""`create`: objects from files."""

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = "/apis/argoproj.io/v1alpha1"
PLACES = {
    "Rollout": f"{ROOT}/namespaces/default/rollouts",
    "Experiment": f"{ROOT}/namespaces/default/experiments",
    "AnalysisTemplate": f"{ROOT}/namespaces/default/analysistemplates",
    "ClusterAnalysisTemplate": f"{ROOT}/clusteranalysistemplates",
    "AnalysisRun": f"{ROOT}/namespaces/default/analysisruns",
}
TOLD = {kind: kind.lower() for kind in PLACES} | {"ClusterAnalysisTemplate": "analysistemplate"}


def manifest(kind: str, name: str = "shop", **metadata: Any) -> Any:
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": kind, "metadata": {"name": name} | metadata, "spec": {}}


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., str]:
    """Write objects into a file."""

    def write(*objects: Any, name: str = "objects.yaml") -> str:
        path = tmp_path / name
        path.write_text(yaml.safe_dump_all(objects))
        return str(path)

    return write


@pytest.mark.parametrize("kind", PLACES)
def test_each_kind_is_created_in_its_place(kind: str, serinus: Any, api: Any, write: Callable[..., str]) -> None:
    said = serinus("create", "-f", write(manifest(kind)))
    assert (said.code, said.out, said.err) == (0, f"{TOLD[kind]}.argoproj.io/shop created\n", "")
    assert [(sent.method, sent.path, sent.body["kind"]) for sent in api.sent] == [("POST", PLACES[kind], kind)]


def test_an_object_goes_where_it_says(serinus: Any, api: Any, write: Callable[..., str]) -> None:
    file = write(manifest("Rollout", namespace="east"), manifest("Experiment"))
    assert serinus("create", "-f", file, "-n", "west").code == 0
    assert [sent.path.split("/")[5] for sent in api.sent] == ["east", "west"]


def test_several_files_and_several_objects_of_a_file_are_created(
    serinus: Any, api: Any, write: Callable[..., str], tmp_path: Path
) -> None:
    (tmp_path / "b.json").write_text(json.dumps(manifest("AnalysisRun", "b")))
    first = write(manifest("Rollout", "a"), None, manifest("Experiment", "c"))
    said = serinus("create", "-f", first, "--filename", str(tmp_path / "b.json"))
    assert said.out.splitlines() == [
        "rollout.argoproj.io/a created",
        "experiment.argoproj.io/c created",
        "analysisrun.argoproj.io/b created",
    ]


def test_standard_input_is_a_file_too(serinus: Any, api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(manifest("Rollout"))))
    assert serinus("create", "-f", "-").out == "rollout.argoproj.io/shop created\n"


def test_times_stay_as_they_are_written(serinus: Any, api: Any, tmp_path: Path) -> None:
    head = "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: a}\n"
    (tmp_path / "a.yaml").write_text(f"{head}spec:\n  restartAt: 2026-01-01T00:00:00Z\n")
    serinus("create", "-f", str(tmp_path / "a.yaml"))
    assert api.sent[0].body["spec"] == {"restartAt": "2026-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("kind: Deployment\napiVersion: apps/v1\n", "FILE:1:1: creates of apps/Deployment unsupported"),
        ("apiVersion: v1\nkind: Service\n", "FILE:2:1: creates of /Service unsupported"),
        ("a: 1\n b: 2\n", "FILE:2:3: mapping values are not allowed in this context"),
        ("hello\n", "FILE:1:1: creates of / unsupported"),
        ("# nothing\n", "there is no object in FILE"),
    ],
)
def test_what_cannot_be_created_is_told_with_its_place(
    text: str, error: str, serinus: Any, api: Any, tmp_path: Path
) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(text)
    said = serinus("create", "-f", str(file))
    assert (said.code, said.out, said.err) == (1, "", f"Error: {error}\n".replace("FILE", str(file)))
    assert api.sent == []


def test_a_file_that_is_not_there_is_one_line(serinus: Any) -> None:
    said = serinus("create", "-f", "/nowhere/a.yaml")
    assert (said.code, said.err) == (1, "Error: /nowhere/a.yaml: No such file or directory\n")


def test_an_object_that_exists_is_told_after_those_that_were_created(
    serinus: Any, api: Any, write: Callable[..., str]
) -> None:
    api.put("experiments", manifest("Experiment", "b"))
    said = serinus("create", "-f", write(manifest("Rollout", "a"), manifest("Experiment", "b")))
    assert (said.code, said.out) == (1, "rollout.argoproj.io/a created\n")
    assert said.err.startswith('Error: experiments "b" already exists')


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ([], "--filename is needed"),
        (["analysisrun"], "one of --from or --from-file must be specified"),
        (["analysisrun", "--from", "a", "--from-file", "b"], "one of --from or --from-file must be specified"),
        (["analysisrun", "--from", "a", "-a", "b"], "arguments must be in the form NAME=VALUE"),
        (["-f", "a.yaml", "analysisrun", "--from", "a"], "--filename cannot be used with 'analysisrun'"),
    ],
)
def test_a_wrong_command_line_is_told(args: list[str], error: str, program: Any) -> None:
    said = program("create", *args)
    assert (said.code, said.out) == (1, "")
    assert f"Error: {error}" in said.err


@pytest.mark.parametrize(
    ("objects", "error"),
    [
        ([manifest("Rollout", "a"), manifest("Rollout", "b")], "Cannot watch multiple resources"),
        ([manifest("AnalysisRun")], "Can only watch resources of type Rollout or Experiment"),
    ],
)
def test_only_one_thing_with_a_tree_can_be_watched(
    objects: list[Any], error: str, serinus: Any, api: Any, write: Callable[..., str]
) -> None:
    said = serinus("create", "-w", "-f", write(*objects))
    assert (said.code, said.err) == (1, f"Error: {error}\n")
    assert api.sent == []


@pytest.mark.parametrize(("kind", "sign"), [("Rollout", "⟳"), ("Experiment", "Σ")])
def test_what_was_created_is_watched(kind: str, sign: str, api: Any, write: Callable[..., str]) -> None:
    argv = [sys.executable, "-m", "serinus", "create", "-w", "-f", write(manifest(kind)), "--server", api.url]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            lines = iter(process.stdout)
            assert next(lines) == f"{kind.lower()}.argoproj.io/shop created\n"
            assert next(line for line in lines if line.startswith(f"{sign} shop"))
        finally:
            process.kill()


METRIC = {"name": "rate", "provider": {"prometheus": {"query": "up{{args.q}}"}}, "count": 3, "interval": "5s"}
SPEC = {
    "metrics": [METRIC],
    "args": [{"name": "q"}, {"name": "n", "value": "1"}],
    "dryRun": [{"metricName": "ra.*"}],
    "measurementRetention": [{"metricName": "rate", "limit": 3}],
}


BLUE = {"argo-rollouts.argoproj.io/controller-instance-id": "blue"}


def template(kind: str = "AnalysisTemplate", name: str = "rates", spec: Any = None) -> Any:
    return manifest(kind, name) | {"spec": spec or SPEC}


@pytest.mark.parametrize("word", ["analysisrun", "analysisruns", "ar"])
def test_a_run_is_made_of_a_template_in_the_cluster(word: str, serinus: Any, api: Any) -> None:
    api.put("analysistemplates", template())
    said = serinus("create", word, "--from", "rates", "-a", "q=a=b", "--argument", "n=2")
    assert (said.code, said.out, said.err) == (0, "analysisrun.argoproj.io/rates-x7x7x created\n", "")
    (sent,) = api.sent
    assert (sent.method, sent.path) == ("POST", PLACES["AnalysisRun"])
    assert sent.body == {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AnalysisRun",
        "metadata": {"generateName": "rates-"},
        "spec": SPEC | {"args": [{"name": "q", "value": "a=b"}, {"name": "n", "value": "2"}]},
    }


def test_a_run_is_made_of_a_cluster_template(serinus: Any, api: Any) -> None:
    api.put("clusteranalysistemplates", template("ClusterAnalysisTemplate"), "")
    said = serinus("create", "ar", "--global", "--from", "rates", "-a", "q=1", "-n", "east")
    assert (said.code, said.out) == (0, "analysisrun.argoproj.io/rates-x7x7x created\n")
    assert api.sent[0].path == PLACES["AnalysisRun"].replace("default", "east")


@pytest.mark.parametrize(
    ("flags", "metadata"),
    [
        (["--name", "mine"], {"name": "mine"}),
        (["--generate-name", "mine-"], {"generateName": "mine-"}),
        (["--instance-id", "blue"], {"generateName": "rates-", "labels": BLUE}),
    ],
)
def test_the_run_is_called_as_the_flags_say(
    flags: list[str], metadata: Any, serinus: Any, api: Any, write: Callable[..., str]
) -> None:
    assert serinus("create", "ar", "--from-file", write(template()), "-a", "q=1", *flags).code == 0
    assert {key: api.sent[0].body["metadata"].get(key) for key in metadata} == metadata


def test_templates_that_a_template_names_are_read_too(serinus: Any, api: Any) -> None:
    nested = [{"templateName": "more"}, {"templateName": "all", "clusterScope": True}]
    api.put("analysistemplates", template(spec={"metrics": [METRIC | {"name": "own"}], "templates": nested}))
    api.put("analysistemplates", template(name="more", spec={"metrics": [METRIC | {"name": "more"}]}))
    api.put("clusteranalysistemplates", template(name="all", spec={"metrics": [METRIC | {"name": "all"}]}), "")
    assert serinus("create", "ar", "--from", "rates").code == 0
    assert sorted(metric["name"] for metric in api.sent[0].body["spec"]["metrics"]) == ["all", "more", "own"]


def test_an_argument_that_the_template_does_not_have_is_told_and_dropped(serinus: Any, api: Any) -> None:
    api.put("analysistemplates", template())
    said = serinus("create", "ar", "--from", "rates", "-a", "q=1", "-a", "qq=2")
    assert (said.code, said.err) == (0, "Warning: the template has no argument 'qq': its value is not used\n")


@pytest.mark.parametrize(
    ("objects", "flags", "error"),
    [
        ([template()], [], "args.q was not resolved"),
        ([template(spec={"metrics": []})], [], "no metrics specified"),
        ([template(), template(name="b")], ["-a", "q=1"], "FILE holds 2 AnalysisTemplates: one is needed"),
        ([manifest("Rollout")], [], "FILE holds no AnalysisTemplate: one is needed"),
        ([template(name="")], ["-a", "q=1"], "name is invalid"),
        ([template()], ["--global"], "FILE holds no ClusterAnalysisTemplate: one is needed"),
        (
            [template(spec={"metrics": [METRIC], "templates": [{"templateName": "lost"}]})],
            [],
            "AnalysisTemplate 'lost' not found",
        ),
    ],
)
def test_what_makes_no_run_is_told(
    objects: Any, flags: list[str], error: str, serinus: Any, api: Any, write: Callable[..., str]
) -> None:
    file = write(*objects)
    said = serinus("create", "ar", "--from-file", file, *flags)
    assert (said.code, said.out, said.err) == (1, "", f"Error: {error}\n".replace("FILE", file))
    assert api.sent == []


def test_a_template_that_is_not_there_is_named(serinus: Any) -> None:
    said = serinus("create", "ar", "--from", "ghost")
    assert (said.code, said.err) == (1, 'Error: analysistemplates "ghost" not found\n')


@pytest.mark.parametrize(("flags", "names"), [([], ["rates"]), (["--global"], ["wide"])])
def test_names_of_templates_are_completed(flags: list[str], names: list[str], program: Any, api: Any) -> None:
    api.put("analysistemplates", template())
    api.put("clusteranalysistemplates", template(name="wide"), "")
    said = program("__complete", "--server", api.url, "create", "analysisrun", *flags, "--from", "")
    assert said.out.splitlines()[:-1] == names
