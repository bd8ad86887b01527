"""The command line of the benchmarks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import click
import msgspec

from benchmarks.fleet import FleetFigures, measure_fleet
from benchmarks.mirror import TooLateError
from benchmarks.process import Process
from benchmarks.reaction import Amounts, ReactionFigures, measure_reaction
from benchmarks.stage import Wish, own_subject
from benchmarks.subject import Subject
from benchmarks.table import lines
from benchmarks.verdict import VerdictFigures, measure_verdict
from serinus.kube import ConnectionOptions, KubeError, load_connection
from serinus.local.errors import LocalError

FILE = click.Path(dir_okay=False, path_type=Path)
SIZE = click.IntRange(min=1)
WORKLOADS = ("reaction", "verdict", "fleet")

Figures = FleetFigures | ReactionFigures | VerdictFigures


class EndedError(Exception):
    """The controller ended although it is measured."""

    def __init__(self, pid: int) -> None:
        super().__init__(f"the controller, process {pid}, has ended")


@click.command(context_settings={"show_default": True})
@click.argument("workloads", nargs=-1, type=click.Choice(WORKLOADS))
@click.option("--fleet", "count", default=100, type=SIZE, help="fleet: how many Rollouts.")
@click.option("--cycles", default=10, type=SIZE, help="reaction: how often to promote and abort when idle.")
@click.option("--failures", default=20, type=SIZE, help="verdict: how often a measurement fails.")
@click.option("--others", default=50, type=SIZE, help="reaction: how many others roll when busy.")
@click.option("--probes", default=6, type=click.IntRange(min=2), help="reaction: how many to steer while others roll.")
@click.option("--rounds", default=2, type=SIZE, help="reaction: how often to update all others.")
@click.option("--limit", default=900.0, help="Seconds until a phase that does not end fails.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--qps", default=1000.0, help="Own controller: calls to the API per second.")
@click.option("--burst", default=2000, type=SIZE, help="Own controller: calls to the API at once.")
@click.option("--drain-seconds", default=5, help="Own controller: how long pods outlive their traffic.")
@click.option("--profile", type=FILE, help="Own controller: run it under cProfile and write the result to this file.")
@click.option("--kubeconfig", help="Another controller: the kubeconfig of its cluster, with an administrator's rights.")
@click.option("--context", help="Another controller: the context within the kubeconfig.")
@click.option("--user", default="", help="Another controller: its API user in the audit log.")
@click.option("--pid", default=0, show_default=False, help="Another controller: its process.")
@click.option("--audit-log", type=FILE, help="Another controller: the API server's audit log.")
def main(workloads: tuple[str, ...], as_json: bool, **flags: Any) -> None:
    """Measure what updates cost and how soon people are heard.

    Without workloads all are measured. Without the flags of another controller, each workload gets a fresh local
    cluster and a controller of ours.
    """
    try:
        found = {name: asyncio.run(_measured(name, flags)) for name in workloads or WORKLOADS}
    except (KubeError, LocalError, TooLateError, EndedError, OSError) as error:
        raise click.ClickException(str(error)) from None
    except TimeoutError:
        raise click.ClickException(f"a phase took longer than {flags['limit']:.0f} s") from None
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2))
        return
    for figures in found.values():
        click.echo("\n".join(lines(figures)))


async def _measured(workload: str, flags: dict[str, Any]) -> Figures:
    async with _subject(flags) as subject:
        work = asyncio.create_task(_workload(workload, subject, flags))
        end = asyncio.create_task(Process(subject.pid).ended())
        try:
            await asyncio.wait((work, end), return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                raise EndedError(subject.pid)
            return work.result()
        finally:
            await _cancelled(work, end)


async def _workload(workload: str, subject: Subject, flags: dict[str, Any]) -> Figures:
    if workload == "fleet":
        return await measure_fleet(subject, flags["count"], flags["limit"], _say)
    if workload == "verdict":
        return await measure_verdict(subject, flags["failures"], flags["limit"], _say)
    names = ("cycles", "others", "probes", "rounds", "limit")
    return await measure_reaction(subject, Amounts(**{name: flags[name] for name in names}), _say)


async def _cancelled(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


@asynccontextmanager
async def _subject(flags: dict[str, Any]) -> AsyncIterator[Subject]:
    """The controller that the flags name, or one of our own."""
    seen_by = (flags["user"], flags["pid"], flags["audit_log"])
    if not any((*seen_by, flags["kubeconfig"], flags["context"])):
        wish = Wish(flags["qps"], flags["burst"], flags["drain_seconds"], flags["profile"])
        async with own_subject(wish) as subject:
            yield subject
        return
    if not all(seen_by):
        raise click.UsageError("another controller needs --user, --pid and --audit-log, or no flag of another at all")
    connection = load_connection(ConnectionOptions(kubeconfig=flags["kubeconfig"], context=flags["context"]))
    yield Subject(connection, *seen_by)


def _say(text: str) -> None:
    click.echo(text, err=True)
