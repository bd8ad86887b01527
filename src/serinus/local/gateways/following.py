"""Keep a proxy true to the cluster: serve every change, and survive what goes wrong."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from serinus.kube import KubeError
from serinus.local.errors import LocalError

DEBOUNCE = 0.01
"""Seconds that a change waits for the others that come with it."""
RETRY = 1.0
"""Seconds between attempts to revive a proxy that went wrong."""

log = logging.getLogger(__name__)


class RefusedError(LocalError):
    """A proxy does not take a configuration."""


async def follow(dirty: asyncio.Event, update: Callable[[], Awaitable[None]]) -> None:
    """Update at every change, for ever; what goes wrong is logged, and what was served before stays.

    A configuration that is refused is not tried again: only a change can mend it.
    """
    while True:
        await dirty.wait()
        await asyncio.sleep(DEBOUNCE)
        dirty.clear()
        try:
            await update()
        except RefusedError as error:
            log.error("%s; what was served before stays in effect", error)
        except (LocalError, KubeError) as error:
            log.error("%s; trying again", error)
            await asyncio.sleep(RETRY)
            dirty.set()
