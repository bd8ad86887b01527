"""``status``: the phase of a Rollout, once or until it is settled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from serinus.api.kinds import ROLLOUT
from serinus.api.rollout import Rollout
from serinus.cli.arguments import one_rollout
from serinus.cli.failure import Failure
from serinus.cli.flags import Command, Duration
from serinus.cli.reading import GONE, read_rollout
from serinus.cli.session import Cluster, run
from serinus.view.phase import DEGRADED, HEALTHY, Phase, phase_of

if TYPE_CHECKING:
    from serinus.cli.live import Watches

_SETTLED = (HEALTHY, DEGRADED)


@click.command(cls=Command)
@one_rollout
@click.option("-w", "--watch/--no-watch", default=True, help="Wait until it is Healthy or Degraded (default).")
@click.option("-t", "--timeout", type=Duration(), default="0", help="Wait no longer than this, as in 60s; 0 for ever.")
def status(name: str, watch: bool, timeout: float) -> None:
    """Show the status of a Rollout; exit code 1 when it is Degraded, or not Healthy in time."""
    if watch:
        _judge(run(lambda cluster: _followed(cluster, name, timeout)), is_final=True)
        return
    phase = run(lambda cluster: _phase(cluster, name))
    click.echo(phase.name if phase.name in _SETTLED else str(phase))
    _judge(phase, is_final=False)


async def _phase(cluster: Cluster, name: str) -> Phase:
    return phase_of(await read_rollout(cluster, name))


async def _followed(cluster: Cluster, name: str, limit: float) -> Phase:
    """Print each phase that is new, until it is settled or the time is over; returns the last."""
    from serinus.cli.live import Watches, watch_rollouts  # noqa: PLC0415 - help needs no watch

    told = [await _phase(cluster, name)]
    click.echo(str(told[0]))
    informer = watch_rollouts(cluster, cluster.path(ROLLOUT), name)
    try:
        async with asyncio.timeout(limit or None):
            if told[0].name not in _SETTLED:
                await _tell(Watches(informer), lambda: informer.store.get(cluster.namespace, name), told)
    except TimeoutError:
        pass
    return told[-1]


async def _tell(watches: Watches, look: Callable[[], Rollout | None], told: list[Phase]) -> None:
    """Print each phase that is not the one told last, until it is settled."""
    async with watches:
        while rollout := look():
            phase = phase_of(rollout)
            if phase != told[-1]:
                told.append(phase)
                click.echo(str(phase))
            if phase.name in _SETTLED:
                return
            await watches.wait(None)
    raise Failure(GONE)


def _judge(phase: Phase, *, is_final: bool) -> None:
    """Fail when the update has failed, or when it should be over and is not."""
    if phase.name == DEGRADED:
        raise Failure(f"The rollout is in a degraded state with message: {phase.message}")
    if is_final and phase.name != HEALTHY:
        raise Failure("Rollout status watch exceeded timeout")
