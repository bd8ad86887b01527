"""Events stay within their budget, and say what matters first."""

import asyncio
from typing import Any

import pytest

from serinus.api.meta import ObjectMeta
from serinus.controller import recorder as module
from serinus.controller.recorder import Recorder
from serinus.controller.settings import Budget
from serinus.kube import Client, Connection
from serinus.plan import Event

WEB = ObjectMeta(name="web", namespace="shop", uid="1")


class Recording(Client):
    """A client whose creations go nowhere but into a list."""

    def __init__(self) -> None:
        super().__init__(Connection("https://127.0.0.1:1"))
        self.sent: list[str] = []

    async def create(self, path: str, body: Any, params: Any = None) -> Any:
        assert path == "/api/v1/namespaces/shop/events"
        self.sent.append(body["reason"])
        return {}


async def told(budget: Budget, *events: Event) -> list[str]:
    """What is sent of events that come at once."""
    client = Recording()
    recorder = Recorder(client, budget, lambda _: None)
    for event in events:
        recorder.record(WEB, event)
    task = asyncio.create_task(recorder.run())
    await asyncio.sleep(0.05)
    task.cancel()
    return client.sent


async def test_sends_a_burst_in_order() -> None:
    events = [Event(f"Step{number}", "text") for number in range(5)]
    assert await told(Budget(qps=0.01, burst=5), *events) == [event.reason for event in events]


async def test_sends_no_more_than_the_budget() -> None:
    assert await told(Budget(qps=0.01, burst=2), *[Event("Step", str(number)) for number in range(5)]) == ["Step"] * 2


async def test_warnings_go_first_when_the_budget_is_short() -> None:
    assert await told(Budget(qps=0.01, burst=1), Event("Step", ""), Event("Aborted", "", "Warning")) == ["Aborted"]


async def test_an_equal_warning_is_told_once() -> None:
    warning = Event("Aborted", "text", "Warning")
    assert await told(Budget(), warning, warning, Event("Aborted", "else", "Warning")) == ["Aborted"] * 2


async def test_without_a_rate_nothing_is_held_back() -> None:
    assert len(await told(Budget(qps=0, burst=1), *[Event("Step", str(number)) for number in range(5)])) == 5


async def test_what_waited_too_long_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_STALE_SECONDS", -1.0)
    assert await told(Budget(), Event("Step", "text")) == []


async def test_what_waits_is_sent_at_the_end() -> None:
    client = Recording()
    recorder = Recorder(client, Budget(qps=0.01, burst=1), lambda _: None)
    recorder.record(WEB, Event("Step", "text"))
    await recorder.drain()
    assert client.sent == ["Step"]
