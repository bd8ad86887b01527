"""No request is lost in ten updates on the real cluster; and what counts as lost, and as proven."""

import os
import subprocess
import sys
import time
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import pytest
from benchmarks.lossless import manifests
from benchmarks.lossless.figures import Figures, lines
from benchmarks.lossless.journal import Journal
from benchmarks.lossless.load import Failure
from benchmarks.lossless.script import DOORS, THEN, Ending, cast, script
from benchmarks.lossless.world import World, is_aborted, is_at, is_complete

from serinus.demo.wire import Answer
from serinus.kube import Client, Connection, Object
from serinus.kube.objects import ObjectMeta

ROOT = Path(__file__).parents[2]
SEED = 1361
"""Among its first ten updates are all endings, each in all its ways, and few of them are long."""
SMALL = ["--updates", "10", "--requests", "3000", "--rollouts", "6", "--rate", "100", "--limit", "180"]

GOOD = Figures(
    seed=1,
    rollouts=2,
    seconds=10.0,
    wanted_updates=2,
    wanted_requests=10,
    updates={"abort": 1, "promotion": 1},
    versions=3,
    requests={"nginx": 5, "envoy": 5},
    repeated=0,
    failed=0,
    failures=(),
    stuck="",
)
LOST = Failure(1000.0, 0.1, "nginx", "shop.example.com", "new", "status 502 from the gateway")


@pytest.mark.cluster
@pytest.mark.timeout(240)
def test_ten_updates_lose_no_request(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.lossless", *SMALL, "--seed", str(SEED), "--json"]
    env = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run(command, check=False, cwd=ROOT, env=env, capture_output=True, timeout=230)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    found = msgspec.json.decode(done.stdout, type=Figures)
    assert found.failed == 0
    assert sum(found.updates.values()) >= 10
    assert found.requests.keys() == {"nginx", "envoy"}
    assert sum(found.requests.values()) >= 3000
    assert not list(tmp_path.glob("serinus-lossless-*"))


def test_the_same_seed_gives_the_same_script() -> None:
    [member] = cast(7, 1)
    assert cast(7, 1) == [member]
    assert list(islice(script(7, member), 20)) == list(islice(script(7, member), 20))
    assert list(islice(script(7, member), 20)) != list(islice(script(8, member), 20))


def test_a_script_holds_all_endings_and_all_sizes() -> None:
    updates = [update for member in cast(1, 8) for update in islice(script(1, member), 40)]
    assert {update.ending for update in updates} == set(Ending)
    assert {update.replicas for update in updates} == set(range(1, 7))
    assert {update.then for update in updates} == {"", "wait", "promote", "retry", "go on", "midway", "after"}


def test_the_short_proof_holds_all_endings_in_all_their_ways() -> None:
    members = cast(SEED, 6)
    drawn = {(one.ending, one.then) for member in members for one in islice(script(SEED, member), 2)}
    assert drawn == {(ending, then) for ending in THEN for then in THEN[ending]}
    assert any(member.dynamic for member in members)


def test_every_second_rollout_is_served_by_nginx() -> None:
    served = Counter(manifests.GATEWAYS[member.door] for member in cast(1, 12))
    assert served == {"nginx": 6, "envoy": 6}
    assert set(DOORS) == set(manifests.DOORS) == set(manifests.ROUTING) == set(manifests.GATEWAYS)


def version(image: str, replicas: int) -> Object:
    template = {"spec": {"containers": [{"image": image}]}}
    return Object(ObjectMeta(name=image), {"spec": {"replicas": replicas, "template": template}})


@pytest.fixture
def world() -> World:
    seen = World(Client(Connection("https://127.0.0.1:1")))
    seen.sets.note(None, version("lossless:shop-1", 2))
    seen.sets.note(None, version("lossless:other-2", 2))
    return seen


def answer(image: str, status: int = 200) -> Answer:
    return Answer(status, image, msgspec.json.encode({"image": image}), is_last=False)


def test_a_version_with_pods_may_answer(world: World) -> None:
    assert world.judge("shop.example.com", time.time(), answer("lossless:shop-1")) == ""


@pytest.mark.parametrize(
    ("image", "status"),
    [("lossless:shop-1", 503), ("lossless:shop-2", 200), ("lossless:other-2", 200), ("", 502)],
    ids=["an error", "a version that never was", "another's version", "the gateway"],
)
def test_a_wrong_answer_is_a_failure(world: World, image: str, status: int) -> None:
    assert world.judge("shop.example.com", time.time(), answer(image, status))


def test_a_version_without_pods_may_answer_what_was_sent_before(world: World) -> None:
    before = time.time() - 1
    world.sets.note(version("lossless:shop-1", 2), version("lossless:shop-1", 0))
    assert world.judge("shop.example.com", before, answer("lossless:shop-1")) == ""
    assert "unknown version" in world.judge("shop.example.com", time.time() + 1, answer("lossless:shop-1"))
    world.sets.note(version("lossless:shop-1", 0), version("lossless:shop-1", 1))
    assert world.judge("shop.example.com", time.time() + 1, answer("lossless:shop-1")) == ""


RAW: dict[str, Any] = {
    "metadata": {"generation": 2},
    "spec": {"template": {"spec": {"containers": [{"image": "lossless:shop-1"}]}}},
    "status": {"phase": "Paused", "observedGeneration": "2", "currentStepIndex": 2, "currentPodHash": "a"},
}


def with_status(**status: Any) -> dict[str, Any]:
    return {**RAW, "status": {**RAW["status"], **status}}


def test_a_step_counts_from_its_beginning_and_for_its_own_update_only() -> None:
    assert is_at(RAW, "lossless:shop-1", 2)
    assert not is_at(RAW, "lossless:shop-1", 3)
    assert not is_at(RAW, "lossless:shop-2", 0)
    assert not is_at(with_status(observedGeneration="1"), "lossless:shop-1", 0)


def test_ends_are_told_apart() -> None:
    over = with_status(phase="Healthy", stableRS="a")
    given_up = with_status(phase="Degraded", abortedAt="2026-01-01T00:00:00Z")
    assert (is_complete(over, "lossless:shop-1"), is_aborted(over, "lossless:shop-1")) == (True, False)
    assert (is_complete(given_up, "lossless:shop-1"), is_aborted(given_up, "lossless:shop-1")) == (False, True)
    assert is_at(over, "lossless:shop-1", 9)


def test_a_failure_is_told_with_what_was_going_on(world: World, tmp_path: Path) -> None:
    world.rollouts.note(None, Object(ObjectMeta(name="shop"), RAW))
    with Journal(tmp_path / "journal.jsonl", world) as journal:
        journal.did("shop", "abort")
        journal.failed(LOST)
    [failure] = journal.failures
    assert "from: abort [phase Paused, step 2" in failure.meanwhile
    written = [msgspec.json.decode(line) for line in (tmp_path / "journal.jsonl").read_bytes().splitlines()]
    assert written[0]["did"] == "abort"
    assert written[1]["failure"]["what"] == LOST.what


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"failed": 1, "failures": (LOST,)}, "1 failed requests"),
        ({"updates": {"abort": 1}}, "only 1 updates, not 2"),
        ({"requests": {"nginx": 9}}, "only 9 requests, not 10"),
        ({"stuck": "not over after 5 s"}, "not over after 5 s"),
    ],
)
def test_a_run_that_proves_nothing_says_why(change: dict[str, Any], complaint: str) -> None:
    assert msgspec.structs.replace(GOOD, **change).complaints == [complaint]
    assert any(complaint in line for line in lines(msgspec.structs.replace(GOOD, **change)))


def test_a_good_run_has_nothing_to_complain_of() -> None:
    assert GOOD.complaints == []
    assert "  requests  10: 5 through envoy, 5 through nginx; 1 per second for 10 s" in list(lines(GOOD))
