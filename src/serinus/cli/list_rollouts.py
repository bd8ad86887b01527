"""``list rollouts``: one line for each."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

import click

from serinus.api.kinds import ROLLOUT
from serinus.api.rollout import Rollout
from serinus.cli.flags import Command, ObjectName
from serinus.cli.reading import read_rollouts
from serinus.cli.session import Cluster, run
from serinus.cli.table import align
from serinus.view.rollout import summarize

_COLUMNS = ("NAME", "STRATEGY", "STATUS", "STEP", "SET-WEIGHT", "READY", "DESIRED", "UP-TO-DATE", "AVAILABLE")
REST = 0.2
"""Seconds between two looks at what has changed."""

Row = tuple[str, ...]


@dataclass(frozen=True)
class Listing:
    """What the user wants to see."""

    name: str
    all_namespaces: bool
    timestamps: bool

    @property
    def header(self) -> Row:
        """The names of the columns."""
        return ("TIMESTAMP",) * self.timestamps + ("NAMESPACE",) * self.all_namespaces + _COLUMNS

    def row(self, rollout: Rollout) -> Row:
        """The cells of a Rollout, without the time."""
        summary = summarize(rollout)
        replicas = summary.replicas
        return (summary.namespace,) * self.all_namespaces + (
            summary.name,
            summary.strategy,
            summary.phase.name,
            summary.step or "-",
            "-" if summary.set_weight is None else str(summary.set_weight),
            f"{replicas.ready}/{replicas.current}",
            str(replicas.desired),
            str(replicas.updated),
            str(replicas.available),
        )

    def stamped(self, row: Row) -> Row:
        """The cells with the time before them, where it is wanted."""
        return (datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),) * self.timestamps + row


@click.command("rollouts", cls=Command)
@click.option("--name", type=ObjectName(), help="Only the Rollout of this name.")
@click.option("-A", "--all-namespaces", is_flag=True, help="Those of every namespace.")
@click.option("-w", "--watch", is_flag=True, help="Go on: one line for every change.")
@click.option("--timestamps", is_flag=True, help="Put the time before each line.")
def list_rollouts(name: str | None, all_namespaces: bool, watch: bool, timestamps: bool) -> None:
    """List the Rollouts of a namespace, or of all."""
    listing = Listing(name or "", all_namespaces, timestamps)

    async def work(cluster: Cluster) -> None:
        path = ROLLOUT.path() if all_namespaces else cluster.path(ROLLOUT)
        rows = [listing.row(item) for item in await read_rollouts(cluster, path, listing.name)]
        if rows or watch:
            _print(listing, rows, [listing.header, *map(listing.stamped, rows)])
        else:
            click.echo("No resources found.", err=True)
        if watch:
            await _follow(cluster, path, listing, rows)

    run(work)


async def _follow(cluster: Cluster, path: str, listing: Listing, shown: list[Row]) -> None:
    """Print each row that is not as it was, until interrupted."""
    from serinus.cli.live import Watches, watch_rollouts  # noqa: PLC0415 - few watch

    informer = watch_rollouts(cluster, path, listing.name)
    async with Watches(informer) as watches:
        while True:
            rows = [listing.row(item) for item in informer.store.values()]
            _print(listing, rows, [listing.stamped(row) for row in rows if row not in shown])
            shown = rows
            await asyncio.sleep(REST)
            await watches.wait(None)


def _print(listing: Listing, all_rows: list[Row], rows: list[Row]) -> None:
    """Print some rows in columns as wide as all need."""
    lines = list(align([listing.header, *map(listing.stamped, all_rows), *rows]))
    for line in lines[len(lines) - len(rows) :]:
        click.echo(line)
