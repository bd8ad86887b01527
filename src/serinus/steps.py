"""Step plugins: canary steps that packages of other people carry out.

A package registers a class without arguments under the group ``serinus.steps``; the name of its entry point is what
``steps[].plugin.name`` says. A plugin may be asked the same twice, when the controller died before it could note the
reply; what it must remember it puts into ``state``, and gets it back with the next order.
"""

from typing import Any, Protocol

from msgspec import Struct

from serinus.api.rollout import Rollout
from serinus.plan import StepReply

__all__ = ["StepOrder", "StepPlugin", "StepReply"]


class StepOrder(Struct, frozen=True):
    """What a plugin is told."""

    rollout: Rollout
    config: Any
    """``plugin.config`` of the step, as its user wrote it."""
    state: Any
    """What the plugin said last; None at first."""


class StepPlugin(Protocol):
    """A kind of step.

    A plugin replies within a minute: what takes longer is ``Running``, and is looked at again. An exception is an
    Error, after which the plugin is asked again; what is ``Failed`` aborts the update.
    """

    async def run(self, order: StepOrder) -> StepReply:
        """Carry the step out, or see how far it is."""
        ...

    async def terminate(self, order: StepOrder) -> StepReply:
        """End a step that runs and is needed no more: the update is promoted without it."""
        ...

    async def abort(self, order: StepOrder) -> StepReply:
        """Take back what the step has done: the update is given up."""
        ...
