"""How a command says that it could not do its work."""

from collections.abc import Iterator
from contextlib import contextmanager

import click


class Failure(click.ClickException):
    """One line for the user: what is wrong, and what to do about it."""


def say(message: str) -> None:
    """Put one line of error on stderr."""
    click.echo(f"Error: {' '.join(message.split())}", err=True)


def say_usage(error: click.UsageError) -> None:
    """Tell that the command line itself is wrong; where arguments are missing or too many, with its pattern."""
    context = error.ctx
    is_count = type(error) in {click.UsageError, click.MissingParameter}
    if context is not None and is_count:
        click.echo(context.get_usage(), err=True)
    hint = f" (see '{context.command_path} --help')" if context is not None else ""
    say(error.format_message().rstrip(".") + hint)


@contextmanager
def one_line() -> Iterator[None]:
    """Turn what a cluster or a kubeconfig does to us into a `Failure`."""
    from serinus.kube.errors import ApiError, KubeError, NotFound  # noqa: PLC0415 - few commands fail

    try:
        yield
    except NotFound as error:
        raise Failure(_missing(error)) from None
    except (ApiError, KubeError) as error:
        raise Failure(str(error)) from None


def _missing(error: Exception) -> str:
    """An unknown path is answered without a reason: then not the object but its kind is missing."""
    if getattr(error, "reason", "") or "/apis/argoproj.io/" not in str(error):
        return str(error)
    return (
        "the cluster does not know Rollouts: their custom resource definitions are not installed; "
        "install them with: serinus crds | kubectl apply --server-side -f -"
    )
