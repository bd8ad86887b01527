"""The controller takes all arguments that Argo Rollouts' controller takes."""

import subprocess
import sys
from typing import Any

import pytest

from serinus import __version__
from serinus.cli.accepted import FLAGS

ARGUMENTS = [
    ["--nginx-ingress-classes", "nginx", "--nginx-ingress-classes", "other"],
    ["--experiment-threads=5", "--analysis-threads", "30"],
    ["--aws-target-group-binding-api-version=v1"],
    ["--self-service-notification-enabled=false"],
    ["--controllers=analysis"],
]


@pytest.mark.parametrize("arguments", ARGUMENTS)
def test_what_has_no_effect_is_told_and_does_no_harm(arguments: list[str]) -> None:
    argv = [sys.executable, "-m", "serinus", "controller", *arguments, "--kubeconfig", "/nowhere"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    assert "/nowhere" in done.stderr.splitlines()[-1]
    flag = arguments[0].partition("=")[0]
    is_off = arguments[0].endswith("=false")
    assert (f"{flag} has no effect: {FLAGS[flag][0]}" in done.stderr) != is_off


def test_the_version_is_told_and_nothing_runs(program: Any) -> None:
    said = program("controller", "--version")
    assert (said.code, said.out, said.err) == (0, f"rollouts-controller: v{__version__}\n", "")
