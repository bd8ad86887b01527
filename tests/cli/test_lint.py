"""`lint`: files in, findings out, exit codes for CI."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

GOOD = """\
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: shop}
spec:
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec: {containers: [{name: web, image: "nginx:1"}]}
  strategy: {canary: {}}
"""
BAD = GOOD.replace("strategy:", "minReadySeconds: -1\n  strategy:").replace("canary: {}", "canary: {stpes: []}")
FIRST = "9:3: Rollout shop: spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0"
SECOND = '10:23: Rollout shop: unknown field "spec.strategy.canary.stpes"; did you mean "steps"?'


def test_nothing_is_said_of_what_is_right(program: Any, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD)
    said = program("lint", "-f", str(tmp_path / "a.yaml"))
    assert (said.code, said.out, said.err) == (0, "", "")


def test_findings_are_lines_and_exit_code_1(program: Any, tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(BAD)
    said = program("lint", "--filename", str(file))
    assert (said.code, said.err) == (1, "Error: 2 problems in 1 file\n")
    assert said.out.splitlines() == [f"{file}:{FIRST}", f"{file}:{SECOND}"]


def test_a_folder_is_read_with_its_folders(program: Any, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "b.yml").write_text(BAD)
    (tmp_path / "a.yaml").write_text(BAD)
    (tmp_path / "c.json").write_text("{")
    (tmp_path / "notes.txt").write_text("no manifest")
    said = program("lint", "-f", str(tmp_path))
    assert said.code == 1
    assert {line.split(":")[0] for line in said.out.splitlines()} == {
        str(tmp_path / name) for name in ("a.yaml", "deep/b.yml", "c.json")
    }
    assert said.err == "Error: 5 problems in 3 files\n"


def test_standard_input_is_a_file_too(program: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(BAD))
    assert program("lint", "-f", "-").out.splitlines() == [f"-:{FIRST}", f"-:{SECOND}"]


def test_several_files_are_looked_at_together(program: Any, tmp_path: Path) -> None:
    canary = "canary: {canaryService: web}"
    (tmp_path / "a.yaml").write_text(GOOD.replace("canary: {}", canary))
    (tmp_path / "b.yaml").write_text(
        "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: other}}\n"
    )
    said = program("lint", "-f", str(tmp_path / "a.yaml"), "-f", str(tmp_path / "b.yaml"))
    assert said.out.endswith('Service "web" has unmatch label "app" in rollout\n')


def test_a_field_that_a_later_version_may_know_is_a_warning_and_no_failure(program: Any, tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    route = "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: web}\nspec: {%s: 1}\n"
    file.write_text(route % "zzz")
    said = program("lint", "-f", str(file))
    told = f'{file}:4:8: warning: VirtualService web: unknown field "spec.zzz"\n'
    assert (said.code, said.out, said.err) == (0, told, "")
    file.write_text(route % "htttp")
    assert program("lint", "-f", str(file)).code == 1


def test_machines_get_json(program: Any, tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(BAD)
    said = program("lint", "-f", str(file), "-o", "json")
    assert (said.code, said.err) == (1, "")
    report = json.loads(said.out)
    assert (report["files"], report["objects"], len(report["findings"])) == (1, 1, 2)
    assert report["findings"][1] == {
        "file": str(file),
        "line": 10,
        "column": 23,
        "rule": "unknown-field",
        "message": 'unknown field "spec.strategy.canary.stpes"; did you mean "steps"?',
        "kind": "Rollout",
        "name": "shop",
        "field": "spec.strategy.canary.stpes",
        "severity": "error",
    }


def test_machines_get_json_where_nothing_is_wrong(program: Any, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD)
    said = program("lint", "-f", str(tmp_path), "--output=json")
    assert (said.code, json.loads(said.out)) == (0, {"findings": [], "files": 1, "objects": 1})


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("ghost.yaml", "No such file or directory"),
        ("binary.yaml", "it is no text in UTF-8"),
        ("empty", "the folder holds no file that ends in .json, .yaml, .yml"),
    ],
)
def test_what_cannot_be_read_is_exit_code_2(name: str, error: str, program: Any, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    said = program("lint", "-f", str(tmp_path / name))
    assert (said.code, said.out, said.err) == (2, "", f"Error: {tmp_path / name}: {error}\n")


def test_without_a_file_the_usage_is_shown(program: Any) -> None:
    said = program("lint")
    assert said.code == 1
    assert said.err.splitlines()[-1].startswith("Error: --filename is needed")
