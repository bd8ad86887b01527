"""Step plugins are carried out in the background: no worker ever waits for one."""

import asyncio
import logging
from collections.abc import Callable, Mapping

from serinus.api.rollout import Rollout
from serinus.plan import StepReply, StepRun
from serinus.steps import StepOrder, StepPlugin

log = logging.getLogger(__name__)

_LIMIT = 60.0
"""Seconds after which a plugin that has not replied is given up."""
_PHASES = {"Running", "Successful", "Failed"}

OnReply = Callable[[StepRun, StepReply], None]


class Stepper:
    """Asks the plugins that are installed; what is under way is not asked again."""

    def __init__(self, plugins: Mapping[str, StepPlugin]) -> None:
        self.plugins = plugins
        self._tasks: dict[tuple[str, StepRun], asyncio.Task[None]] = {}

    def start(self, rollout: Rollout, ask: StepRun, tell: OnReply) -> None:
        """Ask a plugin, and tell what it replies."""
        place = (rollout.metadata.uid, ask)
        if place not in self._tasks:
            task = asyncio.create_task(self._reply(rollout, ask, tell))
            self._tasks[place] = task
            task.add_done_callback(lambda _: self._tasks.pop(place, None))

    async def aclose(self) -> None:
        """Give up what is under way; it is asked again by whoever comes next."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _reply(self, rollout: Rollout, ask: StepRun, tell: OnReply) -> None:
        try:
            async with asyncio.timeout(_LIMIT):
                reply = await self._asked(rollout, ask)
        except TimeoutError:
            reply = StepReply("Error", f"no reply within {_LIMIT:g} s")
        except Exception as error:
            log.info("step plugin %s of %s: %r", ask.plugin, rollout.name, error)
            reply = StepReply("Error", f"{type(error).__name__}: {error}")
        tell(ask, reply)

    async def _asked(self, rollout: Rollout, ask: StepRun) -> StepReply:
        plugin = self.plugins.get(ask.plugin)
        if plugin is None:
            known = ", ".join(sorted(self.plugins)) or "none"
            return StepReply("Error", f"no step plugin {ask.plugin!r} is installed; known are: {known}")
        calls = {"Run": plugin.run, "Terminate": plugin.terminate, "Abort": plugin.abort}
        reply = await calls[ask.operation](_order(rollout, ask))
        if reply.phase not in _PHASES:
            return StepReply("Error", f"the plugin replied with the phase {reply.phase!r}")
        return reply


def _order(rollout: Rollout, ask: StepRun) -> StepOrder:
    canary = rollout.spec.strategy.canary
    steps = canary.steps if canary else ()
    step = steps[ask.index].plugin if ask.index < len(steps) else None
    noted = (item for item in rollout.status.canary.step_plugin_statuses if item.operation == "Run")
    state = next((item.status for item in noted if item.index == ask.index), None)
    return StepOrder(rollout, step.config if step else None, state)
