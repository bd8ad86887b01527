"""``get experiment``: an Experiment and all that belongs to it, as a tree."""

import asyncio
from datetime import UTC, datetime

import click

from serinus.cli.arguments import one_experiment
from serinus.cli.flags import Command
from serinus.cli.paint import Paint, choose_paint
from serinus.cli.reading import read_experiment
from serinus.cli.session import Cluster, run
from serinus.cli.tree_text import write_experiment
from serinus.view.experiment import ExperimentView, view_of_experiment


@click.command("experiment", cls=Command)
@one_experiment
@click.option("-w", "--watch", is_flag=True, help="Go on showing it.")
@click.option("--no-color", is_flag=True, help="No colours.")
@click.option("--timeout-seconds", type=click.IntRange(min=0), default=0, help="End the watch then; 0 never.")
def get_experiment(name: str, watch: bool, no_color: bool, timeout_seconds: int) -> None:
    """Show an Experiment and all that belongs to it as a tree."""
    show_experiment(name, watch=watch, paint=choose_paint(no_color=no_color), limit=timeout_seconds)


def show_experiment(name: str, *, watch: bool, paint: Paint, limit: int = 0) -> None:
    """Print the tree, once or until so many seconds have passed (0: for ever)."""

    async def once(cluster: Cluster) -> None:
        click.echo(_text(view_of_experiment(await read_experiment(cluster, name)), paint), nl=False)

    async def watched(cluster: Cluster) -> None:
        from serinus.cli.follow import follow  # noqa: PLC0415 - few watch
        from serinus.cli.live_experiment import open_live_experiment  # noqa: PLC0415

        try:
            async with asyncio.timeout(limit or None):
                live = await open_live_experiment(cluster, name)
                look = lambda: view_of_experiment(live.observed())  # noqa: E731 - one line says it
                await follow(live.watches, look, lambda view: _text(view, paint))
        except TimeoutError:
            return

    run(watched if watch else once)


def _text(view: ExperimentView, paint: Paint) -> str:
    return write_experiment(view, datetime.now(UTC), paint)
