"""Both workloads on the real cluster, as small as they can be."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from benchmarks.command import main
from click.testing import CliRunner

ROOT = Path(__file__).parents[2]
SMALL = [
    *("--fleet", "2", "--cycles", "1", "--others", "2", "--probes", "2", "--rounds", "1"),
    *("--failures", "1", "--limit", "60"),
]


def measure(folder: Path, *argv: str) -> dict[str, Any]:
    """Run the command as `make bench` does."""
    env = {**os.environ, "TMPDIR": str(folder)}
    command = [sys.executable, "-m", "benchmarks", *argv, *SMALL, "--json"]
    done = subprocess.run(command, check=False, cwd=ROOT, env=env, capture_output=True, timeout=110)
    assert done.returncode == 0, done.stderr.decode()
    return msgspec.json.decode(done.stdout)


@pytest.mark.cluster
def test_a_fleet_of_two_costs_what_its_update_needs(tmp_path: Path) -> None:
    fleet = measure(tmp_path, "fleet")["fleet"]
    assert fleet["rollouts"] == 2
    assert fleet["writes"] - fleet["events"] <= 20
    assert fleet["detail"]["create replicasets"] == 1
    assert fleet["detail"]["delete ingresses"] == 1
    assert fleet["calls"] >= fleet["writes"] > fleet["events"] > 0
    assert fleet["cpu_ms"] > 0
    assert not list(tmp_path.glob("serinus-bench-*"))


@pytest.mark.cluster
def test_reactions_are_measured_idle_and_busy(tmp_path: Path) -> None:
    reaction = measure(tmp_path, "reaction")["reaction"]
    assert [reaction[name]["count"] for name in ("promote_ms", "abort_ms", "busy_promote_ms", "busy_abort_ms")] == [
        1
    ] * 4
    assert reaction["others"] == 2


@pytest.mark.cluster
def test_a_verdict_is_measured(tmp_path: Path) -> None:
    assert measure(tmp_path, "verdict")["verdict"]["rollback_ms"]["count"] == 1


@pytest.mark.parametrize("flags", [["--pid", "1"], ["--context", "x"], ["--user", "me", "--pid", "1"]])
def test_another_controller_must_be_described_completely(flags: list[str]) -> None:
    done = CliRunner().invoke(main, flags)
    assert done.exit_code == 2
    assert "another controller needs --user, --pid and --audit-log" in done.output
