"""Commands of two words: the verbs and what they work on."""

import click

from serinus.cli.lazy import Lazy, LazyGroup

_ROLLOUT = ("ro", "rollouts")


@click.group(
    cls=LazyGroup,
    table={"rollout": Lazy("serinus.cli.get_rollout:get_rollout", "Show a Rollout as a tree", _ROLLOUT)},
    no_args_is_help=False,
)
def get() -> None:
    """Show something and all that belongs to it."""


@click.group(
    "list",
    cls=LazyGroup,
    table={"rollouts": Lazy("serinus.cli.list_rollouts:list_rollouts", "List Rollouts", ("ro", "rollout"))},
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
    table={"rollout": Lazy("serinus.cli.retry_rollout:retry_rollout", "Try an aborted update again", _ROLLOUT)},
    no_args_is_help=False,
)
def retry() -> None:
    """Try again what has failed."""
