"""``get rollout``: a Rollout and all that belongs to it, as a tree."""

import asyncio
from datetime import UTC, datetime

import click

from serinus.cli.arguments import one_rollout
from serinus.cli.flags import Command
from serinus.cli.paint import Paint, choose_paint
from serinus.cli.reading import read_all
from serinus.cli.session import Cluster, run
from serinus.cli.tree_text import write_view
from serinus.view.rollout import RolloutView, view_of


@click.command("rollout", cls=Command)
@one_rollout
@click.option("-w", "--watch", is_flag=True, help="Go on showing it.")
@click.option("--no-color", is_flag=True, help="No colours.")
@click.option("--timeout-seconds", type=click.IntRange(min=0), default=0, help="End the watch then; 0 never.")
def get_rollout(name: str, watch: bool, no_color: bool, timeout_seconds: int) -> None:
    """Show a Rollout and all that belongs to it as a tree."""
    show_rollout(name, watch=watch, paint=choose_paint(no_color=no_color), limit=timeout_seconds)


def show_rollout(name: str, *, watch: bool, paint: Paint, limit: int = 0) -> None:
    """Print the tree, once or until so many seconds have passed (0: for ever)."""

    async def once(cluster: Cluster) -> None:
        click.echo(_text(view_of(await read_all(cluster, name)), paint), nl=False)

    async def watched(cluster: Cluster) -> None:
        from serinus.cli.follow import follow  # noqa: PLC0415 - few watch
        from serinus.cli.live import open_live  # noqa: PLC0415

        try:
            async with asyncio.timeout(limit or None):
                live = await open_live(cluster, name)
                await follow(live.watches, lambda: view_of(live.observed()), lambda view: _text(view, paint))
        except TimeoutError:
            return

    run(watched if watch else once)


def _text(view: RolloutView, paint: Paint) -> str:
    return write_view(view, datetime.now(UTC), paint)
