"""Step plugins that are installed, and what becomes of their replies."""

import asyncio
from importlib.metadata import EntryPoint
from typing import Any

import pytest

from rollout.scenes import rollout
from serinus import plugins
from serinus.controller import stepping
from serinus.controller.stepping import Stepper
from serinus.plan import StepReply, StepRun
from serinus.steps import StepOrder
from stories import manifests

RUN = StepRun(0, "acme/smoke", "Run", "abc", 1)


class Smoke:
    """A plugin that says what it was asked."""

    async def run(self, order: StepOrder) -> StepReply:
        return StepReply("Running", f"config {order.config}, state {order.state}", again_after=20)

    async def terminate(self, order: StepOrder) -> StepReply:
        return StepReply("Successful", f"terminated {order.rollout.name}")

    async def abort(self, order: StepOrder) -> StepReply:
        raise OSError("no route")


class Broken(Smoke):
    async def run(self, order: StepOrder) -> StepReply:
        return StepReply("Done")  # type: ignore[arg-type]


class Slow(Smoke):
    async def run(self, order: StepOrder) -> StepReply:
        await asyncio.sleep(3600)
        raise AssertionError


async def reply(plugin: Any, ask: StepRun = RUN) -> StepReply:
    step = {"plugin": {"name": ask.plugin, "config": {"url": "x"}}}
    said = {"index": 0, "name": ask.plugin, "operation": "Run", "phase": "Running", "status": {"n": 2}}
    owner = rollout(manifests.rollout((step,)), canary={"stepPluginStatuses": [said]})
    told: asyncio.Queue[StepReply] = asyncio.Queue()
    stepper = Stepper({"acme/smoke": plugin})
    for _ in range(3):  # what is under way is not asked again
        stepper.start(owner, ask, lambda _, answer: told.put_nowait(answer))
    found = await told.get()
    await stepper.aclose()
    assert told.empty()
    return found


async def test_a_plugin_gets_its_config_and_what_it_said_last() -> None:
    assert await reply(Smoke()) == StepReply("Running", "config {'url': 'x'}, state {'n': 2}", again_after=20)


async def test_a_plugin_is_ended_and_taken_back() -> None:
    assert await reply(Smoke(), StepRun(0, "acme/smoke", "Terminate", "abc", 1)) == StepReply(
        "Successful", f"terminated {manifests.NAME}"
    )
    assert await reply(Smoke(), StepRun(0, "acme/smoke", "Abort", "abc", 1)) == StepReply("Error", "OSError: no route")


async def test_what_makes_no_sense_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await reply(Broken())).message == "the plugin replied with the phase 'Done'"
    unknown = await reply(Smoke(), StepRun(0, "acme/other", "Run", "abc", 1))
    assert unknown.message == "no step plugin 'acme/other' is installed; known are: acme/smoke"
    monkeypatch.setattr(stepping, "_LIMIT", 0.01)
    assert (await reply(Slow())) == StepReply("Error", "no reply within 0.01 s")


def test_plugins_are_found_by_their_entry_points(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("acme/smoke", f"{__name__}:Smoke", "serinus.steps")
    monkeypatch.setattr(plugins, "entry_points", lambda group: [point] if group == "serinus.steps" else [])
    assert isinstance(plugins.steps()["acme/smoke"], Smoke)
