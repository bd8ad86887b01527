"""What counts as Healthy, as a weight, and as having arrived."""

import asyncio
from typing import Any

import pytest
from benchmarks.mirror import Mirror, TooLateError
from benchmarks.process import Process
from benchmarks.scene import is_healthy

from serinus.kube import Client, Connection, Object
from serinus.kube.objects import ObjectMeta

HEALTHY: dict[str, Any] = {
    "metadata": {"generation": 3},
    "spec": {"template": {"spec": {"containers": [{"image": "nginx:2"}]}}},
    "status": {"phase": "Healthy", "observedGeneration": "3", "stableRS": "abc", "currentPodHash": "abc"},
}


def named(name: str, number: int) -> Object:
    return Object(ObjectMeta(name=name), {"number": number})


@pytest.fixture
def mirror() -> Mirror[int]:
    client = Client(Connection("https://127.0.0.1:1"))
    return Mirror(
        client, "/api/v1/things", lambda found, gone: (found.metadata.name, 0 if gone else found.raw["number"])
    )


def test_a_completed_update_is_healthy() -> None:
    assert is_healthy(HEALTHY, "2")


@pytest.mark.parametrize(
    "status",
    [{}, {"phase": "Progressing"}, {"observedGeneration": "2"}, {"stableRS": "old"}],
    ids=["no status", "progressing", "of an older spec", "not promoted"],
)
def test_is_not_healthy(status: dict[str, Any]) -> None:
    assert not is_healthy({**HEALTHY, "status": {**HEALTHY["status"], **status} if status else {}}, "2")


def test_an_older_image_is_not_healthy() -> None:
    assert not is_healthy(HEALTHY, "3")


async def test_the_first_moment_counts(mirror: Mirror[int]) -> None:
    waiting = asyncio.create_task(mirror.reach(["a", "b"], lambda number: number >= 2, "at 2"))
    await asyncio.sleep(0)
    mirror.note(None, named("a", 2))
    first = mirror.moment("a")
    mirror.note(named("a", 2), named("a", 3))
    mirror.note(None, named("b", 1))
    mirror.note(named("b", 1), named("b", 2))
    assert await waiting == {"a": first, "b": mirror.moment("b")}


async def test_what_has_arrived_before_counts_too(mirror: Mirror[int]) -> None:
    mirror.note(None, named("a", 5))
    assert await mirror.reach(["a"], lambda number: number == 5, "at 5") == {"a": mirror.moment("a")}


async def test_a_deleted_object_has_a_value_of_its_own(mirror: Mirror[int]) -> None:
    mirror.note(None, named("a", 5))
    mirror.note(named("a", 5), None)
    assert mirror.values == {"a": 0}


async def test_says_what_did_not_arrive(mirror: Mirror[int]) -> None:
    mirror.note(None, named("a", 5))
    with pytest.raises(TooLateError, match="1 of 2 are not at 5 after 0 s, among them b"):
        await mirror.reach(["a", "b"], lambda number: number == 5, "at 5", limit=0.01)


async def test_notices_the_end_of_a_process() -> None:
    child = await asyncio.create_subprocess_exec("sleep", "60")
    ended = asyncio.create_task(Process(child.pid).ended())
    process = Process(child.pid)
    assert process.cpu >= 0
    assert 0 < process.resident <= process.peak
    child.kill()
    await child.wait()
    async with asyncio.timeout(10):
        await ended
