"""Names from the cluster, for a shell that waits for them."""

import asyncio
import logging

import click

from serinus.api.kinds import ROLLOUT
from serinus.cli.flags import connection_options
from serinus.kube import Client, load_connection

LIMIT = 1.5
"""Seconds that a person who pressed the tab key waits at most."""


def rollout_names(ctx: click.Context, prefix: str) -> list[str]:
    """The Rollouts whose names begin so; none when the cluster does not answer in time, for whatever reason."""
    logging.disable()
    try:
        names = asyncio.run(_names(ctx))
    except Exception:
        return []
    finally:
        logging.disable(logging.NOTSET)
    return sorted(name for name in names if name.startswith(prefix))


async def _names(ctx: click.Context) -> list[str]:
    async with asyncio.timeout(LIMIT):
        connection = load_connection(connection_options(ctx))
        async with Client(connection) as client:
            found = await client.get(ROLLOUT.path(connection.namespace), {"limit": "500"})
    return [item["metadata"]["name"] for item in found["items"]]
