"""``retry rollout``: an aborted update starts over."""

import click

from serinus.cli.arguments import rollouts
from serinus.cli.flags import Command
from serinus.cli.patches import patch_status
from serinus.cli.session import Cluster, run_each


@click.command("rollout", cls=Command)
@rollouts
def retry_rollout(names: tuple[str, ...]) -> None:
    """Start the aborted update of Rollouts over."""

    async def one(cluster: Cluster, name: str) -> None:
        await patch_status(cluster, name, {"abort": False})
        click.echo(f"rollout '{name}' retried")

    run_each(names, one)
