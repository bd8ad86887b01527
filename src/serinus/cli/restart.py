"""``restart``: new pods of the same version."""

from datetime import UTC, datetime, timedelta

import click

from serinus.api.amounts import parse_duration
from serinus.cli.arguments import one_rollout
from serinus.cli.flags import Command
from serinus.cli.patches import patch
from serinus.cli.session import Cluster, run


@click.command(cls=Command)
@one_rollout
@click.option("-i", "--in", "delay", metavar="DURATION", default="0s", help="Wait that long first, as in 10s or 1h.")
def restart(name: str, delay: str) -> None:
    """Replace the pods of a Rollout one after the other."""
    try:
        moment = datetime.now(UTC) + timedelta(seconds=parse_duration(delay))
    except (ValueError, OverflowError) as error:
        raise click.BadParameter(str(error), param_hint="'--in'") from None

    async def work(cluster: Cluster) -> None:
        await patch(cluster, name, {"spec": {"restartAt": moment.strftime("%Y-%m-%dT%H:%M:%SZ")}})

    run(work)
    click.echo(f"rollout '{name}' restarts in {delay}")
