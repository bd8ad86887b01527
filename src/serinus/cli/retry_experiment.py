"""``retry experiment``: an Experiment that has ended starts over."""

import click

from serinus.api.kinds import EXPERIMENT
from serinus.cli.arguments import experiments
from serinus.cli.flags import Command
from serinus.cli.session import Cluster, run_each


@click.command("experiment", cls=Command)
@experiments
def retry_experiment(names: tuple[str, ...]) -> None:
    """Start Experiments over, as if they had never run."""

    async def one(cluster: Cluster, name: str) -> None:
        await cluster.client.patch(cluster.path(EXPERIMENT, name), {"status": None})
        click.echo(f"experiment '{name}' retried")

    run_each(names, one)
