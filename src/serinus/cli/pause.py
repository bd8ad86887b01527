"""``pause``: nothing moves until somebody promotes."""

import click

from serinus.cli.arguments import rollouts
from serinus.cli.flags import Command
from serinus.cli.patches import patch
from serinus.cli.session import Cluster, run_each


@click.command(cls=Command)
@rollouts
def pause(names: tuple[str, ...]) -> None:
    """Pause Rollouts: they stay at their step until they are promoted."""

    async def one(cluster: Cluster, name: str) -> None:
        await patch(cluster, name, {"spec": {"paused": True}})
        click.echo(f"rollout '{name}' paused")

    run_each(names, one)
