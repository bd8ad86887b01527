"""Shells complete commands, flags and the names of Rollouts."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PLUGIN = "kubectl-argo-rollouts"


@pytest.mark.parametrize("name", ["serinus", PLUGIN])
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_the_script_is_for_the_program_that_printed_it(shell: str, name: str, program: Any) -> None:
    said = program("completion", shell, name=name)
    assert (said.code, said.err) == (0, "")
    assert name in said.out
    if shell != "powershell":
        assert f"_{name.replace('-', '_').upper()}_COMPLETE={shell}_complete" in said.out


@pytest.mark.parametrize("shell", ["bash", "kubectl"])
def test_the_script_is_one_that_its_shell_can_read(shell: str, program: Any) -> None:
    interpreter = shutil.which({"bash": "bash", "kubectl": "sh"}[shell])
    assert interpreter, "bash and sh are needed to test the scripts: install them"
    script = program("completion", shell).out
    subprocess.run([interpreter, "-n"], input=script, text=True, check=True)


@pytest.fixture
def shops(api: Any, rollout: Callable[..., Any]) -> Any:
    for name in ("shop", "shoes", "bank"):
        api.put("rollouts", rollout(name))
    api.put("rollouts", rollout("far"), "east")
    return api


def candidates(out: str) -> list[str]:
    *lines, directive = out.splitlines()
    assert directive == ":4"
    return [line.split("\t")[0] for line in lines]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ([""], ["bank", "shoes", "shop"]),
        (["sho"], ["shoes", "shop"]),
        (["x"], []),
        (["shop", ""], ["bank", "shoes"]),
        (["-n", "east", ""], ["far"]),
    ],
)
def test_names_come_from_the_cluster(words: list[str], names: list[str], program: Any, shops: Any) -> None:
    said = program("__complete", "--server", shops.url, "abort", *words)
    assert candidates(said.out) == names


def test_flags_before_the_command_are_heeded_too(program: Any, shops: Any) -> None:
    said = program("__complete", "--server", shops.url, "-n", "east", "get", "rollout", "")
    assert candidates(said.out) == ["far"]


@pytest.mark.parametrize(
    ("command", "plural"),
    [
        (["get", "experiment"], "experiments"),
        (["retry", "exp"], "experiments"),
        (["terminate", "experiment"], "experiments"),
        (["terminate", "ar"], "analysisruns"),
    ],
)
def test_each_command_completes_the_names_of_its_kind(
    command: list[str], plural: str, program: Any, shops: Any
) -> None:
    shops.put(plural, {"metadata": {"name": "trial"}})
    assert candidates(program("__complete", "--server", shops.url, *command, "").out) == ["trial"]


def test_an_api_that_is_away_completes_nothing_and_says_nothing(program: Any) -> None:
    said = program("__complete", "--server", "http://127.0.0.1:1", "abort", "")
    assert (said.code, said.out, said.err) == (0, ":4\n", "")


def test_without_any_cluster_nothing_is_said(program: Any) -> None:
    said = program("__complete", "promote", "")
    assert (said.code, said.out, said.err) == (0, ":4\n", "")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["pro"], ["promote"]),
        (["get", ""], ["rollout", "experiment"]),
        (["terminate", ""], ["analysisrun", "experiment"]),
        (["list", "r"], ["rollouts"]),
        (["promote", "--fu"], ["--full"]),
        (["promote", "--kubec"], ["--kubeconfig"]),
        (["completion", "z"], ["zsh"]),
        ([], ["get", "list"]),
    ],
)
def test_commands_and_flags_are_completed(words: list[str], expected: list[str], program: Any) -> None:
    assert candidates(program("__complete", *words).out)[: len(expected)] == expected


def test_hidden_commands_are_not_offered(program: Any) -> None:
    assert "__complete" not in candidates(program("__complete", "").out)


def test_bash_completes_through_the_script(shops: Any, program: Any) -> None:
    bash = shutil.which("bash")
    assert bash, "bash is needed to test its completion: install it"
    script = program("completion", "bash", name=PLUGIN).out
    executable = Path(sys.executable).parent / PLUGIN
    asked = f"""{script}
COMP_WORDS=({executable} abort --server {shops.url} sho); COMP_CWORD=4
_kubectl_argo_rollouts_completion {executable}
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    out = subprocess.run([bash, "--norc", "-c", asked], capture_output=True, text=True, check=True, timeout=60).stdout
    assert out.split() == ["shoes", "shop"]
