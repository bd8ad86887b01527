"""A change in several steps: which are carried out, when, and what is shown."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from serinus.api.kinds import DEPLOYMENT
from serinus.cli import transition
from serinus.cli.failure import Failure
from serinus.cli.session import Cluster
from serinus.cli.transition import Transition
from serinus.handover import Act, Done, HandoverError, Rest, Step, Wait
from serinus.kube.errors import Conflict, Status
from serinus.plan import Patch, Ref

WRITE = Act("written", (Patch(Ref(DEPLOYMENT, "prod", "web"), {"spec": {"replicas": 2}}),))
REST = Rest("resting", WRITE)
DONE = Done("done")


class Client:
    """Notes what is written."""

    def __init__(self, *answers: Exception | None) -> None:
        self.sent: list[str] = []
        self._answers = iter(answers)

    async def patch(self, path: str, body: Any, kind: str = "merge") -> Any:
        self.sent.append(f"{kind} {path} {body}")
        if error := next(self._answers, None):
            raise error
        return {}


async def play(client: Client, steps: list[Step], *, drain: float = 0.0, limit: float = 5.0) -> None:
    coming: Iterator[Step] = iter(steps)

    async def look() -> Step:
        return next(coming)

    await Transition(Cluster(client, "prod"), look, drain).run(limit)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transition, "LOOK", 0.01)


async def test_each_line_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    await play(Client(), [Wait("a"), Wait("a"), Wait("b"), WRITE, Wait("a"), DONE])
    assert capsys.readouterr().out.splitlines() == ["a", "b", "written", "a", "done"]


async def test_on_a_terminal_one_line_changes_until_something_is_done(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transition, "is_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", "5")
    await play(Client(), [Wait("waiting"), WRITE, DONE])
    assert capsys.readouterr().out == "\r\x1b[Kwait\r\x1b[Kwritten\n\r\x1b[Kdone\n"


async def test_what_rests_is_written_at_the_end_of_the_drain_time_without_a_break() -> None:
    client = Client()
    await play(client, [REST, Wait("again"), REST, DONE], drain=60)
    assert client.sent == []
    await play(client, [REST, DONE])
    assert client.sent == ["merge /apis/apps/v1/namespaces/prod/deployments/web {'spec': {'replicas': 2}}"]


async def test_whoever_was_faster_makes_it_look_again() -> None:
    client = Client(Conflict(Status(code=409, message="changed")))
    await play(client, [WRITE, WRITE, DONE])
    assert len(client.sent) == 2


async def test_what_may_not_be_done_is_a_failure() -> None:
    async def look() -> Step:
        raise HandoverError("not now")

    with pytest.raises(Failure, match="not now"):
        await Transition(Cluster(Client(), "prod"), look).run(5)  # type: ignore[arg-type]


async def test_the_time_limit_holds_while_a_look_hangs_too() -> None:
    async def look() -> Step:
        await asyncio.sleep(60)
        return DONE

    with pytest.raises(Failure, match=r"not done after 0\.05 s: nothing was seen"):
        await Transition(Cluster(Client(), "prod"), look).run(0.05)  # type: ignore[arg-type]


async def test_only_the_controller_is_waited_for_with_impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transition, "ANSWER", 0.05)
    silent = Wait("nobody there", on_controller=True)
    await play(Client(), [*[Wait("others")] * 20, silent, DONE])
    with pytest.raises(Failure, match="nobody there, and none has answered"):
        await play(Client(), [silent] * 20)
