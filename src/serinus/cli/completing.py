"""Names from the cluster, for a shell that waits for them."""

import asyncio
import logging

import click

from serinus.api.kinds import Kind
from serinus.cli.flags import connection_options
from serinus.kube import Client, load_connection

LIMIT = 1.5
"""Seconds that a person who pressed the tab key waits at most."""


def names_of(kind: Kind, ctx: click.Context, prefix: str) -> list[str]:
    """The objects of a kind whose names begin so; none when the cluster does not answer in time, for any reason."""
    logging.disable()
    try:
        names = asyncio.run(_names(kind, ctx))
    except Exception:
        return []
    finally:
        logging.disable(logging.NOTSET)
    return sorted(name for name in names if name.startswith(prefix))


async def _names(kind: Kind, ctx: click.Context) -> list[str]:
    async with asyncio.timeout(LIMIT):
        connection = load_connection(connection_options(ctx))
        async with Client(connection) as client:
            found = await client.get(kind.path(connection.namespace), {"limit": "500"})
    return [item["metadata"]["name"] for item in found["items"]]
