"""Writes are repeated until the API has taken them, and no longer."""

import pytest

from serinus.kube import Conflict, Invalid, KubeError, NotFound, Status, TooManyRequests, Unreachable
from serinus.local.kubelet import reporter
from serinus.local.kubelet.reporter import PodGoneError, insist


class Write:
    """A write that fails in turn with each of these errors, and then succeeds."""

    def __init__(self, *errors: KubeError) -> None:
        self.errors = list(errors)
        self.done = 0

    async def __call__(self) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.done += 1


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporter, "FIRST_PAUSE", 0.001)


async def test_a_lost_api_is_asked_again() -> None:
    write = Write(Unreachable("gone"), TooManyRequests(Status(429)), Unreachable("gone"))
    await insist(write)
    assert write.done == 1


@pytest.mark.parametrize("error", [NotFound(Status(404)), Conflict(Status(409))])
async def test_a_pod_that_the_api_has_forgotten_is_given_up(error: KubeError) -> None:
    with pytest.raises(PodGoneError):
        await insist(Write(error))


async def test_what_the_api_finds_malformed_is_not_sent_again() -> None:
    write = Write(Invalid(Status(422)))
    with pytest.raises(Invalid):
        await insist(write)
    assert write.done == 0
