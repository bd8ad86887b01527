"""``abort``: back to the stable version."""

import click

from serinus.cli.arguments import rollouts
from serinus.cli.flags import Command
from serinus.cli.patches import patch_status
from serinus.cli.session import Cluster, run_each


@click.command(cls=Command)
@rollouts
def abort(names: tuple[str, ...]) -> None:
    """Abort the update of Rollouts: all traffic goes back to the stable version."""

    async def one(cluster: Cluster, name: str) -> None:
        await patch_status(cluster, name, {"abort": True})
        click.echo(f"rollout '{name}' aborted")

    run_each(names, one)
