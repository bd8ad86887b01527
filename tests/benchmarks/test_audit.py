"""What the audit log tells of a controller."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from benchmarks.audit import AuditLog

ME = "system:serviceaccount:argo-rollouts:argo-rollouts"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "audit.log"
    path.write_text(entry("create", "rollouts") + "\n")
    return path


@pytest.fixture
def log(path: Path) -> Iterator[AuditLog]:
    with closing(AuditLog(path, ME)) as log:
        yield log


def entry(verb: str, resource: str, subresource: str = "", **changes: Any) -> str:
    """A line as kube-apiserver writes it at level Metadata."""
    target = {"resource": resource, "namespace": "shop", "name": "web", "subresource": subresource}
    return json.dumps(
        {
            "kind": "Event",
            "apiVersion": "audit.k8s.io/v1",
            "level": "Metadata",
            "stage": "ResponseComplete",
            "verb": verb,
            "user": {"username": ME, "groups": ["system:authenticated"]},
            "objectRef": {name: value for name, value in target.items() if value},
            "responseStatus": {"code": 200},
            **changes,
        }
    )


def add(path: Path, *lines: str) -> None:
    with path.open("a") as file:
        file.writelines(f"{line}\n" for line in lines)


def test_counts_calls_by_verb_and_resource(log: AuditLog, path: Path) -> None:
    add(path, entry("patch", "rollouts", "status"), entry("patch", "rollouts", "status"), entry("patch", "rollouts"))
    assert log.read().counts == {("patch", "rollouts/status"): 2, ("patch", "rollouts"): 1}


def test_leaves_out_what_was_there_before(log: AuditLog) -> None:
    assert log.read().counts == {}


def test_begins_anew_when_told_to(log: AuditLog, path: Path) -> None:
    add(path, entry("create", "replicasets"))
    log.restart()
    add(path, entry("create", "ingresses"))
    assert log.read().counts == {("create", "ingresses"): 1}


def test_reads_a_line_that_is_still_being_written_when_it_is_whole(log: AuditLog, path: Path) -> None:
    line = entry("create", "replicasets")
    with path.open("a") as file:
        file.write(line[:40])
        file.flush()
        assert log.read().counts == {}
        file.write(line[40:] + "\n")
    assert log.read().counts == {("create", "replicasets"): 1}


@pytest.mark.parametrize(
    "line",
    [
        entry("patch", "rollouts", user={"username": "somebody-else"}),
        entry("patch", "rollouts", stage="RequestReceived"),
        entry("patch", "rollouts", stage="Panic"),
        entry("update", "leases"),
        entry("get", "rollouts", objectRef=None),
        "no JSON at all",
        '"JSON, but no entry"',
    ],
    ids=["another user", "only received", "failed", "leader election", "no object", "garbage", "other JSON"],
)
def test_does_not_count(log: AuditLog, path: Path, line: str) -> None:
    add(path, line, entry("delete", "ingresses"))
    assert log.read().counts == {("delete", "ingresses"): 1}


def test_a_watch_counts_when_it_begins_and_never_as_a_finished_call(log: AuditLog, path: Path) -> None:
    add(path, entry("watch", "rollouts", stage="ResponseStarted"), entry("list", "rollouts"))
    calls = log.read()
    assert calls.counts == {("watch", "rollouts"): 1, ("list", "rollouts"): 1}
    assert calls.finished == 1


def test_tells_writes_from_reads_and_events_from_other_writes(log: AuditLog, path: Path) -> None:
    add(path, entry("list", "services"), entry("get", "services"), entry("create", "events"), entry("delete", "pods"))
    calls = log.read()
    assert calls.writes.total() == 2
    assert calls.events == 1
    assert calls.finished == 4
