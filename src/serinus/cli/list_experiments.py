"""``list experiments``: one line for each."""

from datetime import UTC, datetime
from typing import Any

import click

from serinus.api.kinds import EXPERIMENT
from serinus.cli.flags import Command
from serinus.cli.reading import list_path
from serinus.cli.session import Cluster, run
from serinus.cli.table import align
from serinus.view.age import age, short_duration
from serinus.view.experiment import span_of
from serinus.view.moment import created_of

_COLUMNS = ("NAME", "STATUS", "DURATION", "REMAINING", "AGE")


@click.command("experiments", cls=Command)
@click.option("-A", "--all-namespaces", is_flag=True, help="Those of every namespace.")
def list_experiments(all_namespaces: bool) -> None:
    """List the Experiments of a namespace, or of all."""

    async def work(cluster: Cluster) -> list[Any]:
        return await list_path(cluster, EXPERIMENT.path() if all_namespaces else cluster.path(EXPERIMENT), {})

    now = datetime.now(UTC)
    found = sorted(run(work), key=_place)
    if not found:
        click.echo("No resources found.", err=True)
        return
    header = ("NAMESPACE",) * all_namespaces + _COLUMNS
    rows = [_place(item)[:1] * all_namespaces + _row(item, now) for item in found]
    for line in align([header, *rows]):
        click.echo(line)


def _place(experiment: Any) -> tuple[str, str]:
    return experiment["metadata"].get("namespace", ""), experiment["metadata"]["name"]


def _row(experiment: Any, now: datetime) -> tuple[str, ...]:
    span = span_of(experiment)
    left = span.deadline - now.timestamp() if span.deadline else 0.0
    return (
        experiment["metadata"]["name"],
        (experiment.get("status") or {}).get("phase") or "",
        "-" if span.seconds is None else short_duration(span.seconds),
        short_duration(left) if left > 0 else "-",
        age(created_of(experiment), now),
    )
