"""A view that is drawn again whenever something changes."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

import click

from serinus.cli.live import Watches
from serinus.cli.screen import is_terminal, redraw

V = TypeVar("V")

REDRAW = 1.0
"""Seconds after which ages are drawn again although nothing has changed."""
REST = 0.2
"""Seconds between two pictures at least."""


async def follow(watched: Watches, look: Callable[[], V], write: Callable[[V], str]) -> None:
    """Draw on every change, and on a terminal every second, until the end of time."""
    last: V | None = None
    async with watched as watches:
        while True:
            view = look()
            if is_terminal():
                redraw(write(view) + _doubt(watches.trouble))
            elif view != last:
                click.echo(write(view))
            last = view
            await asyncio.sleep(REST)
            await watches.wait(REDRAW - REST)


def _doubt(trouble: str) -> str:
    return f"\n⚠ This may be old: {trouble}\n" if trouble else ""
