"""The command line of the proof."""

import asyncio
import shutil
import sys
import tempfile
from pathlib import Path

import click
import msgspec

from benchmarks.lossless.figures import Figures, lines
from benchmarks.lossless.journal import Journal
from benchmarks.lossless.run import Run, Wish
from benchmarks.lossless.stage import cluster
from benchmarks.lossless.world import World
from benchmarks.mirror import TooLateError
from serinus.kube import Client, ConnectionOptions, KubeError, load_connection
from serinus.local.errors import LocalError

COUNT = click.IntRange(min=1)


@click.command(context_settings={"show_default": True})
@click.option("--updates", default=100, type=COUNT, help="How many updates at least.")
@click.option("--requests", default=200_000, type=COUNT, help="How many requests at least; updates go on meanwhile.")
@click.option("--rollouts", default=8, type=COUNT, help="How many are updated side by side.")
@click.option("--rate", default=200.0, help="Requests per second to each gateway.")
@click.option("--seed", default=1, help="What happens is drawn from it.")
@click.option("--limit", default=1800.0, help="Seconds until the run fails.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--keep", is_flag=True, help="Leave the logs behind although nothing failed.")
def main(as_json: bool, keep: bool, **wanted: float) -> None:
    """Update Rollouts in every way under steady traffic, and count the requests that are lost.

    Half of the Rollouts are served by nginx, the others by Envoy. The exit code is 1 when a request failed, or when
    there were fewer requests or updates than wanted; then the logs are left behind.
    """
    folder = Path(tempfile.mkdtemp(prefix="serinus-lossless-"))
    found: Figures | None = None
    try:
        found = asyncio.run(_measured(folder, _wish(wanted)))
    except (KubeError, LocalError, TooLateError, OSError) as error:
        raise click.ClickException(str(error) or "a part of the run took too long") from None
    finally:
        if found is None or found.complaints or keep:
            click.echo(f"The logs are in {folder}", err=True)
        else:
            shutil.rmtree(folder, ignore_errors=True)
    click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2) if as_json else "\n".join(lines(found)))
    sys.exit(int(bool(found.complaints)))


def _wish(wanted: dict[str, float]) -> Wish:
    counts = {name: int(wanted[name]) for name in ("seed", "rollouts", "updates", "requests")}
    return Wish(**counts, rate=wanted["rate"], limit=wanted["limit"])


async def _measured(folder: Path, wish: Wish) -> Figures:
    async with cluster(folder) as up:
        options = ConnectionOptions(kubeconfig=up.kubeconfig, context=up.context)
        async with Client(load_connection(options), user_agent="serinus-lossless") as client:
            world = World(client)
            with Journal(folder / "journal.jsonl", world) as journal:
                return await Run(wish, client, world, journal, _say).play(up.gateways)


def _say(text: str) -> None:
    click.echo(text, err=True)
