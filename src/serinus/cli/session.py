"""A command's work on the cluster that its flags name."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import click

from serinus import __version__
from serinus.api.kinds import Kind
from serinus.cli.failure import Failure, one_line, say
from serinus.cli.flags import connection_options, set_up_log

if TYPE_CHECKING:
    from serinus.kube import Client, ConnectionOptions

T = TypeVar("T")
INTERRUPTED = 130


@dataclass(frozen=True)
class Cluster:
    """An open client, and the namespace that the user means."""

    client: Client
    namespace: str

    def path(self, kind: Kind, name: str = "", subresource: str = "") -> str:
        """Where an object of the user's namespace is, or, without a name, the list."""
        return kind.path(self.namespace, name, subresource)


def run(work: Callable[[Cluster], Awaitable[T]]) -> T:
    """Connect as the flags say and do the work.

    Ends the program with one line of error when the cluster cannot be used, and quietly on Ctrl-C.
    """
    context = click.get_current_context()
    set_up_log(context)
    options = connection_options(context)
    try:
        with one_line():
            return asyncio.run(_connected(options, user_agent(context), work))
    except KeyboardInterrupt:
        raise click.exceptions.Exit(INTERRUPTED) from None


def user_agent(context: click.Context) -> str:
    """How the API server's log and ``managedFields`` call us: the program as it was called, and its version."""
    return f"{(context.find_root().info_name or 'serinus').replace(' ', '-')}/{__version__}"


async def _connected(options: ConnectionOptions, agent: str, work: Callable[[Cluster], Awaitable[T]]) -> T:
    from serinus.kube import Client, load_connection  # noqa: PLC0415 - help needs no cluster

    connection = load_connection(options)
    async with Client(connection, user_agent=agent) as client:
        return await work(Cluster(client, connection.namespace))


def run_each(names: Sequence[str], work: Callable[[Cluster, str], Awaitable[None]]) -> None:
    """Do the work for each name; one that fails is told and does not stop the others."""

    async def all_of_them(cluster: Cluster) -> int:
        return sum([await _is_failure(work(cluster, name)) for name in names])

    if run(all_of_them):
        raise click.exceptions.Exit(1)


async def _is_failure(work: Awaitable[None]) -> bool:
    try:
        with one_line():
            await work
    except Failure as failure:
        say(failure.format_message())
        return True
    return False
