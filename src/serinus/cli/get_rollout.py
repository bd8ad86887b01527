"""``get rollout``: a Rollout and all that belongs to it, as a tree."""

import asyncio
from datetime import UTC, datetime

import click

from serinus.cli.arguments import one_rollout
from serinus.cli.flags import Command
from serinus.cli.live import Live, open_live
from serinus.cli.paint import Paint, choose_paint
from serinus.cli.reading import read_all
from serinus.cli.screen import is_terminal, redraw
from serinus.cli.session import Cluster, run
from serinus.cli.tree_text import write_view
from serinus.view.rollout import RolloutView, view_of

REDRAW = 1.0
"""Seconds after which ages are drawn again although nothing has changed."""
REST = 0.2
"""Seconds between two pictures at least."""


@click.command("rollout", cls=Command)
@one_rollout
@click.option("-w", "--watch", is_flag=True, help="Go on showing it.")
@click.option("--no-color", is_flag=True, help="No colours.")
@click.option("--timeout-seconds", type=click.IntRange(min=0), default=0, help="End the watch then; 0 never.")
def get_rollout(name: str, watch: bool, no_color: bool, timeout_seconds: int) -> None:
    """Show a Rollout and all that belongs to it as a tree."""
    paint = choose_paint(no_color=no_color)

    async def once(cluster: Cluster) -> None:
        click.echo(_text(view_of(await read_all(cluster, name)), paint), nl=False)

    async def live(cluster: Cluster) -> None:
        try:
            async with asyncio.timeout(timeout_seconds or None):
                await _follow(await open_live(cluster, name), paint)
        except TimeoutError:
            return

    run(live if watch else once)


async def _follow(live: Live, paint: Paint) -> None:
    """Draw on every change, and on a terminal every second, until the end of time."""
    last: RolloutView | None = None
    async with live.watches as watches:
        while True:
            view = view_of(live.observed())
            if is_terminal():
                redraw(_text(view, paint) + _doubt(watches.trouble))
            elif view != last:
                click.echo(_text(view, paint))
            last = view
            await asyncio.sleep(REST)
            await watches.wait(REDRAW - REST)


def _text(view: RolloutView, paint: Paint) -> str:
    return write_view(view, datetime.now(UTC), paint)


def _doubt(trouble: str) -> str:
    return f"\n⚠ This may be old: {trouble}\n" if trouble else ""
