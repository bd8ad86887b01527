"""A change in several steps: look, decide, write, and again, until it is done."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import Awaitable, Callable, Iterator

import click
import msgspec

from serinus.api.deployment import Autoscaler, Deployment
from serinus.api.kinds import DEPLOYMENT, HORIZONTAL_POD_AUTOSCALER, ROLLOUT
from serinus.api.rollout import Rollout
from serinus.cli.failure import Failure
from serinus.cli.reading import converted, list_if_readable
from serinus.cli.screen import is_terminal
from serinus.cli.session import Cluster
from serinus.handover import Act, Done, HandoverError, Rest, Step, Wait
from serinus.kube.errors import Conflict, NotFound

LOOK = 0.5
"""Seconds between two looks."""
ANSWER = 30.0
"""Seconds after which a controller that says nothing counts as absent."""

Look = Callable[[], Awaitable[Step]]


class Teller:
    """Shows what happens: on a terminal in one line that changes, elsewhere each new line once."""

    def __init__(self) -> None:
        self._last = ""

    def tell(self, text: str, *, lasting: bool = False) -> None:
        """Show a text; a lasting one keeps its line."""
        if is_terminal():
            width = shutil.get_terminal_size().columns
            click.echo(f"\r\x1b[K{text if lasting else text[: width - 1]}", nl=lasting, color=True)
        elif text != self._last:
            click.echo(text)
        self._last = text


class Transition:
    """Carries out the steps of a handover."""

    def __init__(self, cluster: Cluster, look: Look, drain: float = 0.0) -> None:
        self._cluster = cluster
        self._look = look
        self._drain = drain
        self._teller = Teller()
        self._now = asyncio.get_running_loop().time
        self._since = self._now()
        self._step: Step | None = None

    async def run(self, limit: float) -> None:
        """Go on until it is done, for so many seconds at most (0: for ever); a `Failure` says what is missing."""
        try:
            async with asyncio.timeout(limit or None):
                while not isinstance(step := await self._next(), Done):
                    await self._carry_out(step)
        except TimeoutError:
            raise Failure(
                f"not done after {limit:g} s: {_text(self._step)}; the same command goes on from here"
            ) from None
        self._teller.tell(step.text, lasting=True)

    async def _next(self) -> Step:
        with in_words():
            step = await self._look()
        if _sort(step) != _sort(self._step):
            self._since = self._now()
        self._step = step
        return step

    async def _carry_out(self, step: Step) -> None:
        waited = self._now() - self._since
        match step:
            case Act():
                await self._write(step)
            case Rest() if waited >= self._drain:
                await self._write(step.then)
            case Wait(on_controller=True) if waited > ANSWER:
                raise Failure(
                    f"{step.text}, and none has answered for {ANSWER:g} s: does `serinus controller` run, and does it "
                    "serve this namespace? The same command goes on from here"
                )
            case _:
                self._teller.tell(_text(step))
                await asyncio.sleep(LOOK)

    async def _write(self, act: Act) -> None:
        from serinus.controller.apply import Applier  # noqa: PLC0415 - help needs none

        self._teller.tell(act.text, lasting=True)
        with contextlib.suppress(Conflict):  # somebody was faster: look again
            for write in act.writes:
                await Applier(self._cluster.client).send(write)


def _sort(step: Step | None) -> tuple[type, bool]:
    """Steps of one sort go on with one another: their time counts from the first."""
    return type(step), isinstance(step, Wait) and step.on_controller


def _text(step: Step | None) -> str:
    return step.text if step else "nothing was seen"


@contextlib.contextmanager
def in_words() -> Iterator[None]:
    """Turn what may not be done now into a `Failure`."""
    try:
        yield
    except HandoverError as error:
        raise Failure(str(error)) from None


async def find_deployment(cluster: Cluster, name: str) -> Deployment | None:
    """Read a Deployment that may be missing."""
    try:
        return converted(await cluster.client.get(cluster.path(DEPLOYMENT, name)), Deployment)
    except NotFound:
        return None


async def find_rollout(cluster: Cluster, name: str) -> Rollout | None:
    """Read a Rollout that may be missing."""
    try:
        return converted(await cluster.client.get(cluster.path(ROLLOUT, name)), Rollout)
    except NotFound:
        return None


async def find_autoscalers(cluster: Cluster) -> tuple[Autoscaler, ...]:
    """Read all autoscalers, as far as they may be seen."""
    return tuple(
        msgspec.convert(item, Autoscaler) for item in await list_if_readable(cluster, HORIZONTAL_POD_AUTOSCALER)
    )
