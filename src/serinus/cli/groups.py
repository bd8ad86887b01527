"""Commands of two words: the verbs and what they work on."""

import click

from serinus.cli.lazy import Lazy, LazyGroup

_ROLLOUT = ("ro", "rollouts")
_EXPERIMENT = ("exp", "experiments")
_ANALYSIS_RUN = ("ar", "analysisruns")


@click.group(
    cls=LazyGroup,
    table={
        "rollout": Lazy("serinus.cli.get_rollout:get_rollout", "Show a Rollout as a tree", _ROLLOUT),
        "experiment": Lazy("serinus.cli.get_experiment:get_experiment", "Show an Experiment as a tree", _EXPERIMENT),
    },
    no_args_is_help=False,
)
def get() -> None:
    """Show something and all that belongs to it."""


@click.group(
    "list",
    cls=LazyGroup,
    table={
        "rollouts": Lazy("serinus.cli.list_rollouts:list_rollouts", "List Rollouts", ("ro", "rollout")),
        "experiments": Lazy("serinus.cli.list_experiments:list_experiments", "List Experiments", ("exp", "experiment")),
    },
    no_args_is_help=False,
)
def list_() -> None:
    """List what there is."""


@click.group(
    "set",
    cls=LazyGroup,
    table={"image": Lazy("serinus.cli.set_image:set_image", "Change the image of a container")},
    no_args_is_help=False,
)
def set_() -> None:
    """Change a Rollout."""


@click.group(
    cls=LazyGroup,
    table={
        "rollout": Lazy("serinus.cli.retry_rollout:retry_rollout", "Try an aborted update again", _ROLLOUT),
        "experiment": Lazy("serinus.cli.retry_experiment:retry_experiment", "Run an Experiment again", _EXPERIMENT),
    },
    no_args_is_help=False,
)
def retry() -> None:
    """Try again what has failed."""


@click.group(
    cls=LazyGroup,
    table={
        "analysisrun": Lazy("serinus.cli.terminate:terminate_analysis_run", "End an AnalysisRun", _ANALYSIS_RUN),
        "experiment": Lazy("serinus.cli.terminate:terminate_experiment", "End an Experiment", _EXPERIMENT),
    },
    no_args_is_help=False,
)
def terminate() -> None:
    """End an AnalysisRun or an Experiment before its time."""
