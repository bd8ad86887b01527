"""``terminate``: end an AnalysisRun or an Experiment before its time."""

import click

from serinus.api.kinds import ANALYSIS_RUN, EXPERIMENT, Kind
from serinus.cli.arguments import analysis_runs, experiments
from serinus.cli.flags import Command
from serinus.cli.session import Cluster, run_each

_TERMINATED = {"spec": {"terminate": True}}


@click.command("analysisrun", cls=Command)
@analysis_runs
def terminate_analysis_run(names: tuple[str, ...]) -> None:
    """End AnalysisRuns now: nothing more is measured."""
    _terminate(ANALYSIS_RUN, "analysisRun", names)


@click.command("experiment", cls=Command)
@experiments
def terminate_experiment(names: tuple[str, ...]) -> None:
    """End Experiments now: their pods and analyses go."""
    _terminate(EXPERIMENT, "experiment", names)


def _terminate(kind: Kind, called: str, names: tuple[str, ...]) -> None:
    async def one(cluster: Cluster, name: str) -> None:
        await cluster.client.patch(cluster.path(kind, name), _TERMINATED)
        click.echo(f"{called} '{name}' terminated")

    run_each(names, one)
